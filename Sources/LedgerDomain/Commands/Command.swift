// SPDX-License-Identifier: Apache-2.0

/// What somebody asks of the ledger.
public struct Command: Equatable, Sendable {
  /// Who asks.
  public var actor: Actor
  /// When it happened, where that was before the asking.
  public var occurred: Timestamp?
  /// What is asked.
  public var intent: Intent
  /// The signature that made the actor known as `ssh`, checked before the command came here.
  public var signature: Signature?
  /// Gathers the members.
  public init(
    actor: Actor, occurred: Timestamp? = nil, intent: Intent, signature: Signature? = nil
  ) {
    self.actor = actor
    self.occurred = occurred
    self.intent = intent
    self.signature = signature
  }
}

/// One thing that can be asked. Imperatives; the facts that follow are in ``Fact``.
public enum Intent: Equatable, Sendable {
  /// Adds a project.
  case addProject(Name, text: EventText)
  /// Changes a project's path or description: the text is whole from here.
  case updateProject(Name, text: EventText)
  /// Tells what is known of a subject, registering it when it is new.
  case describeSubject(DescribeSubject)
  /// Grants roles in a scope, in addition to those already granted there.
  case grant(GrantRoles)
  /// Takes all roles of a member.
  case revoke(ActorID, reason: Text)
  /// Sets the whole policy.
  case setPolicy(Policy, reason: Text)
  /// Creates a job, and starts it when a runner is given.
  case createJob(CreateJob)
  /// Starts a job that was created.
  case startJob(JobID, RunnerIdentity)
  /// Says how far a running job is.
  case reportProgress(JobID, Progress, text: EventText)
  /// Asks a job to stop.
  case requestStop(JobID, reason: Text)
  /// Ends a running job, with what it made.
  case endJob(EndJob)
  /// Approves or rejects a version.
  case decide(DecideVersion)
  /// Puts a version into production: as the effect of a running job, or at once.
  case deploy(PromoteVersion)
  /// Takes a deployment out of production: as the effect of a running job, or at once.
  case retire(RetireDeployment)
  /// Says whether a change is substantial.
  case assessChange(VersionOrSubject, substantial: Bool, reason: Text)
  /// Records what was done about an alert.
  case answerAlert(AnswerAlert)
  /// Adds a remark.
  case note(AddNote)
  /// Places a hold, or releases what is held.
  case hold(HoldTarget, places: Bool, reason: Text)
  /// Erases words of events, or stored files.
  case erase(Erase)
  /// Adds a schedule of a deployment.
  case addSchedule(AddSchedule)
  /// Removes a schedule.
  case removeSchedule(ScheduleID, reason: Text)
  /// Records ticks that no job ran for.
  case missTicks(MissTicks)
  /// Steps the ledger's clock back.
  case correctClock(reason: Text)
  /// Replaces the key that signs checkpoints; both keys have signed what the fact says.
  case rotateKey(KeyRotated, reason: Text?)
  /// Records that a report was given out.
  case recordExport(ReportExported)

  /// The command's word, as `command.refused` records it.
  public var word: String {
    switch self {
    case .addProject: "project-add"
    case .updateProject: "project-update"
    case .describeSubject: "subject-set"
    case .grant: "member-grant"
    case .revoke: "member-revoke"
    case .setPolicy: "policy-set"
    case .createJob(let request): request.fact.kind.rawValue
    case .startJob: "start"
    case .reportProgress: "progress"
    case .requestStop: "stop"
    case .endJob: "end"
    case .decide(let request): request.verdict == .approved ? "approve" : "reject"
    case .deploy: "deploy"
    case .retire: "retire"
    case .assessChange: "change-assess"
    case .answerAlert: "answer"
    case .note: "note"
    case .hold(_, let places, _): places ? "hold-place" : "hold-release"
    case .erase: "erase"
    case .addSchedule: "schedule-add"
    case .removeSchedule: "schedule-remove"
    case .missTicks: "schedule-miss"
    case .correctClock: "clock-correct"
    case .rotateKey: "key-rotate"
    case .recordExport: "report-record"
    }
  }
}
