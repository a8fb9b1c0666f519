// SPDX-License-Identifier: Apache-2.0

/// Rules whose clauses the answers are laid beside. Nothing here says that a rule is complied with.
public enum Profile: String, CaseIterable, Sendable {
  /// Regulation (EU) 2024/1689, the AI Act.
  case euAIAct = "eu-ai-act"
  /// US supervisory guidance on model risk management: SR 26-2, OCC 2026-13.
  case modelRisk = "sr-26-2"
  /// US 21 CFR Part 11: electronic records, electronic signatures.
  case electronicRecords = "21-cfr-11"
  /// US SEC Rule 17a-4(f): the audit-trail alternative.
  case brokerRecords = "17a-4"
  /// ISO/IEC 42001: AI management systems.
  case managementSystem = "iso-42001"

  /// What a clause asks for, which questions help to answer it, and what they leave open.
  struct Clause: Sendable {
    /// Where it stands.
    var citation: String
    /// What it asks for, in our words.
    var asks: Translated
    /// By their numbers.
    var questions: [Question]
    /// What no answer here covers.
    var notCovered: Translated

    /// Where it stands, as it is written in a language.
    func citation(_ language: Language) -> String {
      var written = citation
      for (english, other) in Clause.names { written.replace(english, with: other(language)) }
      return written
    }

    private static let names = [
      ("Annex", Translated("Annex", "Anhang", "annexe", "anexo")),
      ("GDPR", Translated("GDPR", "DSGVO", "RGPD", "RGPD")),
    ]

    init(_ citation: String, _ asks: Translated, _ questions: [Question], _ notCovered: Translated)
    {
      self.citation = citation
      self.asks = asks
      self.questions = questions
      self.notCovered = notCovered
    }
  }

  /// Its name in a language.
  func title(_ language: Language) -> String {
    let title =
      switch self {
      case .euAIAct:
        Translated(
          "EU AI Act, Regulation (EU) 2024/1689", "KI-Verordnung, Verordnung (EU) 2024/1689",
          "Règlement sur l’IA, règlement (UE) 2024/1689",
          "Reglamento de IA, Reglamento (UE) 2024/1689")
      case .modelRisk:
        Translated(
          "SR 26-2 / OCC 2026-13, model risk management (guidance, not binding)",
          "SR 26-2 / OCC 2026-13, Modellrisiken (Leitlinie, nicht bindend)",
          "SR 26-2 / OCC 2026-13, risque de modèle (orientation non contraignante)",
          "SR 26-2 / OCC 2026-13, riesgo de modelo (orientación no vinculante)")
      case .electronicRecords: Translated("21 CFR Part 11")
      case .brokerRecords: Translated("17 CFR 240.17a-4(f)")
      case .managementSystem: Translated("ISO/IEC 42001:2023")
      }
    return title(language)
  }

  /// The clauses, in their own order.
  var clauses: [Clause] {
    switch self {
    case .euAIAct: Profile.euAIActClauses
    case .modelRisk: Profile.modelRiskClauses
    case .electronicRecords: Profile.electronicRecordsClauses
    case .brokerRecords: Profile.brokerRecordsClauses
    case .managementSystem: Profile.managementSystemClauses
    }
  }
}
