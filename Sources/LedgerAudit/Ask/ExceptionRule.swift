// SPDX-License-Identifier: Apache-2.0

/// What an answer brings to light, by the words that stand in JSON: stable, since others look for them.
public enum ExceptionRule: String, CaseIterable, Sendable {
  /// In production on an approval that was never given, or not before.
  case notApproved = "not-approved"
  /// In production with other files than those that were approved.
  case otherArtifacts = "other-artifacts"
  /// In production after the last day of its approval.
  case approvalExpired = "approval-expired"
  /// In production though rejected later.
  case rejectedSince = "rejected-since"
}
