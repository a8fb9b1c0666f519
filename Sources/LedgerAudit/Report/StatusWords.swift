// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

extension VersionStatus {
  /// The status in a drawing; tables have the stored word.
  func words(_ language: Language) -> String { translated(language) }

  private var translated: Translated {
    switch self {
    case .building: Translated("building", "entsteht", "en création", "en creación")
    case .built: Translated("built", "gebaut", "construit", "construido")
    case .evaluated: Translated("evaluated", "bewertet", "évalué", "evaluado")
    case .approved: Translated("approved", "freigegeben", "approuvé", "aprobado")
    case .rejected: Translated("rejected", "abgelehnt", "rejeté", "rechazado")
    case .deployed: Translated("deployed", "im Einsatz", "déployé", "desplegado")
    case .retired: Translated("retired", "stillgelegt", "retiré", "retirado")
    case .failed: Translated("failed", "gescheitert", "échoué", "fallido")
    }
  }
}
