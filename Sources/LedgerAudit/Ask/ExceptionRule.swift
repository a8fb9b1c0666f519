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
  /// Words are gone, and no erasure names them.
  case wordsMissing = "words-missing"
  /// A job's runner died, and nobody knows how far it came.
  case jobLost = "job-lost"
  /// A job that did not succeed left an effect outside, or may have.
  case effectRemains = "effect-remains"
  /// Nothing ran when a schedule said so.
  case tickMissed = "tick-missed"
  /// Nothing ran since the schedule's owner or deployment was no longer fit for it.
  case scheduleSuspended = "schedule-suspended"
  /// Two jobs ran for one tick.
  case tickDoubled = "tick-doubled"
  /// A tick was due, and nothing tells of it.
  case tickOverdue = "tick-overdue"
  /// Nobody answered an alert.
  case alertUnanswered = "alert-unanswered"
  /// A value was above the threshold in force, and no alert was raised.
  case alertMissing = "alert-missing"
  /// Drift was held against another threshold than that of the policy in force.
  case thresholdDiffers = "threshold-differs"
  /// In production and used, and its drift was never measured.
  case notMonitored = "not-monitored"
  /// In production after a substantial change on an approval from before it.
  case notReapproved = "not-reapproved"
  /// Another version went into production, and nobody said whether that is substantial.
  case changeNotAssessed = "change-not-assessed"
  /// No reason was given where one is due.
  case noReason = "no-reason"
  /// Outputs were made with what had been taken out of production.
  case usedAfterRetirement = "used-after-retirement"
  /// The day for its next review has passed.
  case reviewOverdue = "review-overdue"
  /// Erased though held.
  case erasedUnderHold = "erased-under-hold"
  /// Erased before the end of the minimum retention.
  case erasedInRetention = "erased-in-retention"
  /// Files of a version were erased while it was in production.
  case erasedInProduction = "erased-in-production"
  /// A policy was set that asks for less than it could.
  case controlWaived = "control-waived"
  /// Somebody granted roles to themselves.
  case selfGranted = "self-granted"
  /// The stored tree is not that of the events.
  case treeAltered = "tree-altered"
  /// No signed checkpoint vouches for the events.
  case checkpointMissing = "checkpoint-missing"
  /// A signed checkpoint is not of these events, or not signed by the ledger's key.
  case checkpointWrong = "checkpoint-wrong"
  /// Events follow the last signed checkpoint.
  case checkpointBehind = "checkpoint-behind"
  /// What an anchor keeps is not of these events.
  case receiptWrong = "receipt-wrong"
  /// A write failed, and nobody knows whether it is on disk.
  case outcomeUnknown = "outcome-unknown"
  /// What is derived is not what the events say.
  case viewsDiffer = "views-differ"
  /// Words were erased after the moment that is asked about: an older report had them.
  case erasedSince = "erased-since"
  /// A signature does not hold.
  case signatureWrong = "signature-wrong"
  /// Not signed, though the policy in force asked for it.
  case signatureMissing = "signature-missing"
}
