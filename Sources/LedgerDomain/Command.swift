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
  /// Adds a remark.
  case note(AddNote)
  /// Places a hold, or releases what is held.
  case hold(HoldTarget, places: Bool, reason: Text)
  /// Adds a schedule of a deployment.
  case addSchedule(AddSchedule)
  /// Removes a schedule.
  case removeSchedule(ScheduleID, reason: Text)
  /// Records ticks that no job ran for.
  case missTicks(MissTicks)
  /// Steps the ledger's clock back.
  case correctClock(reason: Text)

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
    case .note: "note"
    case .hold(_, let places, _): places ? "hold-place" : "hold-release"
    case .addSchedule: "schedule-add"
    case .removeSchedule: "schedule-remove"
    case .missTicks: "schedule-miss"
    case .correctClock: "clock-correct"
    }
  }
}

/// A subject, or one version of it.
public struct VersionOrSubject: Equatable, Sendable {
  /// The subject.
  public var subject: SubjectID
  /// The version; nil for the subject as a whole.
  public var number: VersionNumber?
  /// Pairs the two.
  public init(subject: SubjectID, number: VersionNumber?) {
    self.subject = subject
    self.number = number
  }
}

/// Tells what is known of a subject.
public struct DescribeSubject: Equatable, Sendable {
  /// The subject.
  public var subject: SubjectID
  /// Its kind, needed to register it.
  public var kind: SubjectKind
  /// All that is known from here.
  public var described: SubjectDescribed
  /// Description and rationale.
  public var text: EventText
  /// Gathers the members.
  public init(
    subject: SubjectID, kind: SubjectKind, described: SubjectDescribed, text: EventText
  ) {
    self.subject = subject
    self.kind = kind
    self.described = described
    self.text = text
  }
}

/// Grants roles.
public struct GrantRoles: Equatable, Sendable {
  /// To whom.
  public var member: ActorID
  /// In which project; nil for the whole ledger.
  public var project: Name?
  /// Which roles, in addition to those already granted in this scope.
  public var roles: [Role]
  /// The least authentication that they are for.
  public var leastAuth: Authentication
  /// Fingerprints of the keys in the text, in addition to those already there.
  public var keyFingerprints: [Text]
  /// Keys, display name and reason.
  public var text: EventText
  /// Gathers the members.
  public init(
    member: ActorID, project: Name? = nil, roles: [Role], leastAuth: Authentication = .os,
    keyFingerprints: [Text] = [], text: EventText = EventText()
  ) {
    self.member = member
    self.project = project
    self.roles = roles
    self.leastAuth = leastAuth
    self.keyFingerprints = keyFingerprints
    self.text = text
  }
}

/// Creates a job.
public struct CreateJob: Equatable, Sendable {
  /// An identifier that the caller drew and locked; nil to have one drawn.
  public var id: JobID?
  /// Its project, when it has one.
  public var project: Name?
  /// The subject, when it is about one.
  public var subject: SubjectReference?
  /// The version, where it uses an existing one; a training's is given out here.
  public var number: VersionNumber?
  /// What is recorded of it.
  public var fact: JobCreated
  /// The digest of the manifest, which registers or updates the subject.
  public var manifestDigest: Digest?
  /// The runner, when it starts at once.
  public var runner: RunnerIdentity?
  /// Why an occupied target is to be replaced (deployments), or why to retire (retirements).
  public var reason: Text?
  /// Whether an occupied target may be replaced.
  public var replaces: Bool
  /// Whether the effect of a hook will come with a signature, so that no hook acts in vain.
  public var isSigned = false
  /// Which tick of its schedule it is; nil for a job that is none.
  public var tick: TickOrder?
  /// Command, parameters, inputs, paths, purpose.
  public var text: EventText
  /// Gathers the members.
  public init(
    id: JobID? = nil, project: Name? = nil, subject: SubjectReference? = nil,
    number: VersionNumber? = nil, fact: JobCreated, manifestDigest: Digest? = nil,
    runner: RunnerIdentity? = nil, reason: Text? = nil, replaces: Bool = false,
    tick: TickOrder? = nil, text: EventText = EventText()
  ) {
    self.id = id
    self.project = project
    self.subject = subject
    self.number = number
    self.fact = fact
    self.manifestDigest = manifestDigest
    self.runner = runner
    self.reason = reason
    self.replaces = replaces
    self.tick = tick
    self.text = text
  }
}

/// Ends a job.
public struct EndJob: Equatable, Sendable {
  /// What the job made, recorded in the same transaction.
  public enum Result: Equatable, Sendable {
    /// Nothing beside its end.
    case none
    /// The artifacts of the version it reserved.
    case made(VersionMade, text: EventText)
    /// The metrics of the version it evaluated.
    case evaluated(VersionEvaluated, text: EventText)
    /// Statistics of the version.
    case statistics(StatisticsComputed)
    /// Outputs of a prediction, run or batch run.
    case outputs(OutputsMade)
  }
  /// The job.
  public var job: JobID
  /// A final status.
  public var status: JobStatus
  /// Exit, signal, duration and so on.
  public var ending: JobEnding
  /// What it made.
  public var result: Result
  /// What went wrong.
  public var error: Text?
  /// Gathers the members.
  public init(
    job: JobID, status: JobStatus, ending: JobEnding, result: Result = .none, error: Text? = nil
  ) {
    self.job = job
    self.status = status
    self.ending = ending
    self.result = result
    self.error = error
  }
}

/// Approves or rejects a version.
public struct DecideVersion: Equatable, Sendable {
  /// The version.
  public var version: VersionID
  /// Which of the two.
  public var verdict: Verdict
  /// Why.
  public var reason: Text
  /// The size that the decider looked at; nil when that is not known.
  public var seen: LedgerSize?
  /// The size whose evidence a signature is about, where nobody says that it was looked at.
  public var signedSize: LedgerSize?
  /// Whether the evidence was shown.
  public var shown: Bool
  /// Whether thresholds that are not met are overridden.
  public var overridesThresholds: Bool
  /// The last day on which an approval is valid.
  public var validUntil: CalendarDate?
  /// Conditions, printed name and meaning.
  public var text: EventText
  /// The process that decides.
  public var runner: RunnerIdentity
  /// Gathers the members.
  public init(
    version: VersionID, verdict: Verdict, reason: Text, seen: LedgerSize? = nil,
    shown: Bool = false, overridesThresholds: Bool = false, validUntil: CalendarDate? = nil,
    text: EventText = EventText(), runner: RunnerIdentity
  ) {
    self.version = version
    self.verdict = verdict
    self.reason = reason
    self.seen = seen
    self.shown = shown
    self.overridesThresholds = overridesThresholds
    self.validUntil = validUntil
    self.text = text
    self.runner = runner
  }
}

/// Puts a version into production.
public struct PromoteVersion: Equatable, Sendable {
  /// The version.
  public var version: VersionID
  /// Where.
  public var target: Name
  /// How it is run.
  public var engine: Engine
  /// Whether an occupied target may be replaced.
  public var replaces: Bool
  /// Why; needed when something is replaced.
  public var reason: Text?
  /// The running job whose hook acted; nil to make one.
  public var job: JobID?
  /// The end of that job.
  public var ending: JobEnding
  /// The process that deploys.
  public var runner: RunnerIdentity
  /// Gathers the members.
  public init(
    version: VersionID, target: Name, engine: Engine = .batch, replaces: Bool = false,
    reason: Text? = nil, job: JobID? = nil, ending: JobEnding = JobEnding(),
    runner: RunnerIdentity
  ) {
    self.version = version
    self.target = target
    self.engine = engine
    self.replaces = replaces
    self.reason = reason
    self.job = job
    self.ending = ending
    self.runner = runner
  }
}

/// Takes a deployment out of production.
public struct RetireDeployment: Equatable, Sendable {
  /// The deployment.
  public var deployment: DeploymentID
  /// Why.
  public var reason: Text
  /// The running job whose hook acted; nil to make one.
  public var job: JobID?
  /// The end of that job.
  public var ending: JobEnding
  /// The process that retires.
  public var runner: RunnerIdentity
  /// Gathers the members.
  public init(
    deployment: DeploymentID, reason: Text, job: JobID? = nil,
    ending: JobEnding = JobEnding(), runner: RunnerIdentity
  ) {
    self.deployment = deployment
    self.reason = reason
    self.job = job
    self.ending = ending
    self.runner = runner
  }
}

/// Adds a remark.
public struct AddNote: Equatable, Sendable {
  /// What it is on, in its full written form.
  public var on: Text
  /// The project of that.
  public var project: Name?
  /// The subject of that.
  public var subject: SubjectReference?
  /// The version of that.
  public var number: VersionNumber?
  /// The job of that.
  public var job: JobID?
  /// The remark.
  public var note: Text
  /// Gathers the members.
  public init(
    on: Text, project: Name? = nil, subject: SubjectReference? = nil,
    number: VersionNumber? = nil, job: JobID? = nil, note: Text
  ) {
    self.on = on
    self.project = project
    self.subject = subject
    self.number = number
    self.job = job
    self.note = note
  }
}

/// An event that was decided on, before storage gives it position, time, revision and digest.
public struct Draft: Equatable, Sendable {
  /// Who acted.
  public var actor: Actor
  /// When it happened, where that was before.
  public var occurred: Timestamp?
  /// The project.
  public var project: Name?
  /// The subject.
  public var subject: SubjectReference?
  /// The version.
  public var number: VersionNumber?
  /// The job.
  public var job: JobID?
  /// The event that caused this one.
  public var cause: Position?
  /// What happened.
  public var fact: Fact
  /// Its words.
  public var text: EventText
  /// Gathers the members.
  public init(
    actor: Actor, occurred: Timestamp? = nil, project: Name? = nil,
    subject: SubjectReference? = nil, number: VersionNumber? = nil, job: JobID? = nil,
    cause: Position? = nil, fact: Fact, text: EventText = EventText()
  ) {
    self.actor = actor
    self.occurred = occurred
    self.project = project
    self.subject = subject
    self.number = number
    self.job = job
    self.cause = cause
    self.fact = fact
    self.text = text
  }
}
