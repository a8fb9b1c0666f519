// SPDX-License-Identifier: Apache-2.0

/// The columns of answers, by the names that stand in JSON and, part by part, above tables.
public enum AnswerColumn: String, CaseIterable, Sendable {
  /// A model or feature task.
  case subject = "subject"
  /// A version.
  case version = "version"
  /// Where a version is or was in production.
  case target = "target"
  /// What serves it.
  case engine = "engine"
  /// From when on.
  case since = "since"
  /// Who did it.
  case actor = "actor"
  /// A deployment.
  case deployment = "deployment"
  /// When a version was deployed.
  case deployed = "deployed"
  /// The approval that something rests on.
  case approval = "approval"
  /// When it was approved.
  case approved = "approved"
  /// Who approved it.
  case approver = "approver"
  /// The last day on which an approval is valid.
  case validUntil = "validUntil"
  /// The digest of a version's files.
  case artifactsDigest = "artifactsDigest"

  /// Above a table: `validUntil` is `valid until`.
  public var heading: String {
    var words = ""
    for scalar in rawValue.unicodeScalars {
      if scalar.properties.isUppercase { words += " " }
      words += scalar.properties.lowercaseMapping
    }
    return words
  }
}
