// SPDX-License-Identifier: Apache-2.0

/// Why a command was refused. Nothing was appended for it, save perhaps `command.refused`.
public enum Refusal: Error, Equatable, Sendable {
  /// The actor has no role at all in this scope.
  case notAMember(ActorID)
  /// The actor lacks every role that would do.
  case roleMissing(ActorID, needs: [Role])
  /// The actor's authentication is weaker than grant or policy asks.
  case authenticationTooWeak(ActorID, has: Authentication, needs: Authentication)
  /// The policy does not allow claimed names.
  case claimsNotAllowed(ActorID)
  /// A reason is needed and has no visible character.
  case reasonBlank
  /// The policy asks for a signature.
  case signatureRequired(Policy.SignedAct?)
  /// The key that signed is not one of the actor's.
  case keyNotGranted(ActorID, fingerprint: Text)
  /// The signature is none that can be accepted: why, in words.
  case signatureInvalid(String)
  /// The signed statement says something else than what would be recorded: which member of it.
  case statementDiffers(member: String)
  /// The statement was signed too long ago, or in the future.
  case statementUntimely(signedAt: Timestamp)
  /// There is no such project.
  case projectNotFound(Name)
  /// There is such a project already.
  case projectExists(Name)
  /// There is no such subject.
  case subjectNotFound(SubjectID)
  /// The name belongs to a subject of the other kind.
  case subjectOfOtherKind(SubjectID, is: SubjectKind)
  /// There is no such version.
  case versionNotFound(VersionID)
  /// Its training or import has not completed.
  case versionNotBuilt(VersionID, VersionStatus)
  /// It has no completed evaluation (or run, for a feature task).
  case notEvaluated(VersionID, SubjectKind)
  /// Metrics are missing or outside the policy's thresholds.
  case thresholdsNotMet(VersionID, metrics: [Text])
  /// Decider and maker are one person.
  case fourEyes(VersionID, maker: ActorID)
  /// Something that the decider must have seen was appended since.
  case evidenceChanged(VersionID, at: Position)
  /// The size that was looked at lies beyond the head.
  case seenBeyondHead(LedgerSize)
  /// The version's latest decision is no approval, or there is none.
  case notApproved(VersionID, Verdict?)
  /// The approval was valid until an earlier day.
  case approvalExpired(VersionID, on: CalendarDate)
  /// The approval is of other artifacts.
  case approvalOfOtherArtifacts(VersionID)
  /// A deployment is active there.
  case targetOccupied(target: Name, by: DeploymentID)
  /// A running job is about to deploy there.
  case targetReserved(target: Name, by: JobID)
  /// There is no such deployment.
  case deploymentNotFound(DeploymentID)
  /// It is no longer in production.
  case deploymentRetired(DeploymentID)
  /// There is no such job.
  case jobNotFound(JobID)
  /// It ended already.
  case jobEnded(JobID, JobStatus)
  /// It runs already.
  case jobRunning(JobID)
  /// It does not run.
  case jobNotRunning(JobID, JobStatus)
  /// The identifier that the caller drew is in use.
  case jobIdentifierTaken(JobID)
  /// There is no such member.
  case memberNotFound(ActorID)
  /// Who asks would no longer be let in as admin, so perhaps nobody would be.
  case lastAdmin(ActorID)
  /// There is no hold on it.
  case notHeld(Text)
  /// A hold forbids its erasure: on what, and since which event.
  case held(Text, since: Position)
  /// The policy's minimum retention forbids its erasure until then.
  case retained(until: Timestamp)
  /// The files are in production.
  case inProduction(VersionID, DeploymentID)
  /// There is no such schedule, or it was removed.
  case scheduleNotFound(ScheduleID)
  /// There is such a schedule already.
  case scheduleExists(ScheduleID)
  /// A tick of it was recorded since the caller looked.
  case scheduleMoved(ScheduleID)
  /// The key that signs, or the size at which it was to be replaced, is another by now.
  case keyMoved
  /// The same key was used for another command.
  case requestReused(RequestKey)
  /// A value that the stored form cannot hold.
  case invalid(String)

  /// What follows from a refusal for the caller.
  public enum Class: Equatable, Sendable {
    /// A rule, role or policy forbids it (exit 77).
    case rule
    /// What it names does not exist (exit 66).
    case notFound
    /// What it says cannot be (exit 65).
    case badInput
    /// It may do later, or after looking again (exit 75).
    case tryAgain
  }

  /// What follows for the caller.
  public var `class`: Class {
    switch self {
    case .projectNotFound, .subjectNotFound, .versionNotFound, .deploymentNotFound, .jobNotFound,
      .memberNotFound, .notHeld, .scheduleNotFound:
      .notFound
    case .projectExists, .subjectOfOtherKind, .requestReused, .invalid, .seenBeyondHead,
      .scheduleExists:
      .badInput
    case .statementDiffers(let member)
    where ["evidence", "exceptions", "decision", "replaces"].contains(member):
      .tryAgain
    case .evidenceChanged, .jobIdentifierTaken, .jobRunning, .targetReserved, .scheduleMoved,
      .keyMoved:
      .tryAgain
    default: .rule
    }
  }

  /// The rule's word, as `command.refused` records it.
  public var word: String {
    switch self {
    case .notAMember: "not-a-member"
    case .roleMissing: "role-missing"
    case .authenticationTooWeak: "authentication-too-weak"
    case .claimsNotAllowed: "claims-not-allowed"
    case .reasonBlank: "reason-blank"
    case .signatureRequired: "signature-required"
    case .keyNotGranted: "key-not-granted"
    case .signatureInvalid: "signature-invalid"
    case .statementDiffers: "statement-differs"
    case .statementUntimely: "statement-untimely"
    case .projectNotFound: "project-not-found"
    case .projectExists: "project-exists"
    case .subjectNotFound: "subject-not-found"
    case .subjectOfOtherKind: "subject-of-other-kind"
    case .versionNotFound: "version-not-found"
    case .versionNotBuilt: "version-not-built"
    case .notEvaluated: "not-evaluated"
    case .thresholdsNotMet: "thresholds-not-met"
    case .fourEyes: "four-eyes"
    case .evidenceChanged: "evidence-changed"
    case .seenBeyondHead: "seen-beyond-head"
    case .notApproved: "not-approved"
    case .approvalExpired: "approval-expired"
    case .approvalOfOtherArtifacts: "approval-of-other-artifacts"
    case .targetOccupied: "target-occupied"
    case .targetReserved: "target-reserved"
    case .deploymentNotFound: "deployment-not-found"
    case .deploymentRetired: "deployment-retired"
    case .jobNotFound: "job-not-found"
    case .jobEnded: "job-ended"
    case .jobRunning: "job-running"
    case .jobNotRunning: "job-not-running"
    case .jobIdentifierTaken: "job-identifier-taken"
    case .memberNotFound: "member-not-found"
    case .lastAdmin: "last-admin"
    case .notHeld: "not-held"
    case .held: "held"
    case .retained: "retained"
    case .inProduction: "in-production"
    case .scheduleNotFound: "schedule-not-found"
    case .scheduleExists: "schedule-exists"
    case .scheduleMoved: "schedule-moved"
    case .keyMoved: "key-moved"
    case .requestReused: "request-reused"
    case .invalid: "invalid"
    }
  }
}
