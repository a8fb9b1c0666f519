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
  /// Words or files were erased.
  case erased = "erased"
  /// There are later or earlier events than those that were asked about.
  case cutOff = "cut-off"
  /// Done under a name that was claimed.
  case claimedName = "claimed-name"
  /// Done by somebody who had no role then.
  case withoutRole = "without-role"
  /// Recorded more than an hour after it happened.
  case recordedLate = "recorded-late"
  /// The clock had been wrong, and was corrected.
  case clockCorrected = "clock-corrected"
  /// Approved without a completed evaluation.
  case noEvaluation = "no-evaluation"
  /// Approved though a threshold of the policy was not met.
  case thresholdOverridden = "threshold-overridden"
  /// Decided without the evidence in sight.
  case notShown = "not-shown"
  /// The evidence of the decision in force is older than what came since.
  case evidenceChanged = "evidence-changed"
  /// The evidence says something else than the events that it names.
  case evidenceDiffers = "evidence-differs"
  /// Evidence of a decision was erased.
  case evidenceErased = "evidence-erased"
  /// Approved by whoever had it made.
  case selfApproval = "self-approval"
  /// Two persons only if a claimed name is believed.
  case separationClaimed = "separation-claimed"
  /// Deployed by whoever approved it.
  case selfDeployment = "self-deployment"
  /// Approved after a rejection, and nothing was evaluated or made in between.
  case approvedUnchanged = "approved-unchanged"
  /// Made from code that no digest or commit names.
  case codeUnknown = "code-unknown"
  /// Made from files that differ from the commit.
  case codeNotCommitted = "code-not-committed"
  /// Made from data that no digest names.
  case dataUnknown = "data-unknown"
  /// Made in an environment that nobody described.
  case environmentUnknown = "environment-unknown"
  /// Imported, and nobody said from where.
  case originUnknown = "origin-unknown"
  /// Imported, and nobody said in which format.
  case formatUnknown = "format-unknown"
  /// In production, and never evaluated before.
  case neverEvaluated = "never-evaluated"
  /// Evaluated, and nobody answers for it.
  case responsibleUnknown = "responsible-unknown"
}
