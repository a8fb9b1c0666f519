// SPDX-License-Identifier: Apache-2.0

extension ExceptionRule {
  /// What was not kept, or waived, in words.
  func words(_ language: Language) -> String { translated(language) }

  private var translated: Translated {
    switch self {
    case .notApproved:
      Translated(
        "deployed without an approval that came before",
        "in Betrieb genommen ohne vorherige Freigabe", "déployé sans approbation préalable",
        "desplegado sin aprobación previa")
    case .otherArtifacts:
      Translated(
        "deployed with other files than those approved",
        "mit anderen als den freigegebenen Dateien in Betrieb",
        "déployé avec d’autres fichiers que ceux approuvés",
        "desplegado con archivos distintos de los aprobados")
    case .approvalExpired:
      Translated(
        "in production after the last day of its approval",
        "in Produktion nach dem letzten Tag der Freigabe",
        "en production après le dernier jour de l’approbation",
        "en producción tras el último día de la aprobación")
    case .rejectedSince:
      Translated(
        "in production though rejected later", "in Produktion, obwohl später abgelehnt",
        "en production bien que rejeté depuis", "en producción aunque rechazado después")
    }
  }
}
