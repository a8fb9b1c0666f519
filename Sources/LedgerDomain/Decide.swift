// SPDX-License-Identifier: Apache-2.0

/// What `decide` knows beside the views: the moment, and a source of identifiers.
public struct Circumstances: Sendable {
  /// When the events will be recorded.
  public var time: Timestamp
  /// When the latest event was recorded; nil in an empty log.
  public var lastTime: Timestamp?
  /// The size of the log: the position of the first event to come.
  public var size: LedgerSize
  /// The next random bits for a job's identifier.
  public var drawBits: @Sendable () -> UInt64
  /// Gathers the members.
  public init(
    time: Timestamp, lastTime: Timestamp?, size: LedgerSize,
    drawBits: @escaping @Sendable () -> UInt64
  ) {
    self.time = time
    self.lastTime = lastTime
    self.size = size
    self.drawBits = drawBits
  }
}

/// The rules: given a command and the views at the head, the events that follow, or a refusal.
///
/// No events means that the command is already satisfied, so a retry is safe.
public enum Decider {
  /// Decides one command.
  public static func decide(
    _ command: Command, given views: inout some ViewSource, in circumstances: Circumstances
  ) throws(Refusal) -> [Draft] {
    switch command.intent {
    case .addProject(let name, let text):
      try Rights.require([.operator, .admin], of: command, in: nil, given: &views)
      if views.project(name) != nil { throw .projectExists(name) }
      try Limits.require(text)
      return [
        Draft(
          actor: command.actor, occurred: command.occurred, project: name,
          fact: .projectCreated(ProjectNamed(name: name)), text: text)
      ]
    case .updateProject(let name, let text):
      guard views.project(name) != nil else { throw .projectNotFound(name) }
      try Rights.require([.operator, .admin], of: command, in: name, given: &views)
      try Limits.require(text)
      if text.isEmpty { return [] }
      return [
        Draft(
          actor: command.actor, occurred: command.occurred, project: name,
          fact: .projectUpdated(ProjectNamed(name: name)), text: text)
      ]
    case .describeSubject(let request):
      return try decide(request, command, given: &views)
    case .grant(let request): return try MemberRules.decide(request, command, given: &views)
    case .revoke(let member, let reason):
      return try MemberRules.revoke(member, reason: reason, command, given: &views)
    case .setPolicy(let policy, let reason):
      try Rights.require([.admin], of: command, in: nil, given: &views)
      try Rights.requireSignature(for: nil, of: command, given: &views)
      try Limits.requireReason(reason)
      let policy = try policy.canonical()
      if views.policy().policy == policy { return [] }
      return [
        Draft(
          command, fact: .policySet(PolicySet(policy, signature: command.signature)),
          reason: reason)
      ]
    case .createJob(let request):
      return try JobRules.create(request, command, given: &views, in: circumstances)
    case .startJob(let job, let runner):
      return try JobRules.start(job, runner, command, given: &views, in: circumstances)
    case .reportProgress(let job, let progress, let text):
      return try JobRules.progress(job, progress, text, command, given: &views)
    case .requestStop(let job, let reason):
      return try JobRules.requestStop(job, reason: reason, command, given: &views)
    case .endJob(let request): return try JobRules.end(request, command, given: &views)
    case .decide(let request):
      return try DecisionRules.decide(request, command, given: &views, in: circumstances)
    case .deploy(let request):
      return try DeploymentRules.deploy(request, command, given: &views, in: circumstances)
    case .retire(let request):
      return try DeploymentRules.retire(request, command, given: &views, in: circumstances)
    case .assessChange(let target, let substantial, let reason):
      try Rights.require(
        [.operator, .approver, .admin], of: command, in: target.subject.project, given: &views)
      try Limits.requireReason(reason)
      guard let subject = views.subject(target.subject) else {
        throw .subjectNotFound(target.subject)
      }
      if let number = target.number {
        let id = VersionID(subject: target.subject, number: number)
        guard views.version(id) != nil else { throw .versionNotFound(id) }
      }
      return [
        Draft(
          actor: command.actor, occurred: command.occurred, project: target.subject.project,
          subject: subject.reference, number: target.number,
          fact: .changeAssessed(ChangeAssessed(substantial: substantial)),
          text: EventText([.reason: .string(reason)]))
      ]
    case .answerAlert(let request):
      return try DriftRules.answer(request, command, given: &views)
    case .note(let request):
      return try note(request, command, given: &views)
    case .hold(let target, let places, let reason):
      return try HoldRules.decide(
        target, places: places, reason: reason, command, given: &views)
    case .erase(let request):
      return try ErasureRules.decide(request, command, given: &views, in: circumstances)
    case .addSchedule(let request):
      return try ScheduleRules.add(request, command, given: &views)
    case .removeSchedule(let schedule, let reason):
      return try ScheduleRules.remove(schedule, reason: reason, command, given: &views)
    case .missTicks(let request): return try ScheduleRules.miss(request, command, given: &views)
    case .correctClock(let reason):
      try Rights.require([.admin], of: command, in: nil, given: &views)
      try Limits.requireReason(reason)
      return [
        Draft(
          command,
          fact: .clockCorrected(ClockCorrected(from: circumstances.lastTime ?? circumstances.time)),
          reason: reason)
      ]
    case .rotateKey(let rotation, let reason):
      return try KeyRules.rotate(
        rotation, reason: reason, command, given: &views, in: circumstances)
    case .recordExport(let export):
      try Rights.require(Role.allCases, of: command, in: nil, given: &views)
      guard Name(export.report) != nil else { throw .invalid("a report is named by one word") }
      guard export.range.from <= export.range.to, circumstances.size.includes(export.range.to)
      else { throw .invalid("a report covers events that are there") }
      return [
        Draft(
          actor: command.actor, occurred: command.occurred, fact: .reportExported(export))
      ]
    }
  }

  private static func note(
    _ request: AddNote, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    var request = request
    if let id = request.job {
      guard let job = views.job(id) else { throw .jobNotFound(id) }
      // The leaf of a remark on a job names what the job is about, so that it stands alone.
      (request.project, request.subject, request.number) = (job.project, job.subject, job.number)
    }
    try Rights.require(Role.allCases, of: command, in: request.project, given: &views)
    try Limits.requireReason(request.note)
    if let project = request.project, views.project(project) == nil {
      throw .projectNotFound(project)
    }
    if let reference = request.subject {
      guard let project = request.project else {
        throw .invalid("a remark on a subject names its project")
      }
      let id = SubjectID(project: project, name: reference.name)
      guard let subject = views.subject(id) else { throw .subjectNotFound(id) }
      guard subject.kind == reference.kind else {
        throw .subjectOfOtherKind(id, is: subject.kind)
      }
      if let number = request.number {
        let version = VersionID(subject: id, number: number)
        guard views.version(version) != nil else { throw .versionNotFound(version) }
      }
    }
    return [
      Draft(
        actor: command.actor, occurred: command.occurred, project: request.project,
        subject: request.subject, number: request.number, job: request.job,
        fact: .noteAdded(NoteAdded(on: request.on)),
        text: EventText([.note: .string(request.note)]))
    ]
  }

  private static func decide(
    _ request: DescribeSubject, _ command: Command, given views: inout some ViewSource
  ) throws(Refusal) -> [Draft] {
    guard views.project(request.subject.project) != nil else {
      throw .projectNotFound(request.subject.project)
    }
    try Rights.require(
      [.operator, .admin], of: command, in: request.subject.project, given: &views)
    let existing = views.subject(request.subject)
    if let existing, existing.kind != request.kind {
      throw .subjectOfOtherKind(request.subject, is: existing.kind)
    }
    try Limits.require(request.text)
    if existing?.described == request.described, request.text.isEmpty { return [] }
    return [
      Draft(
        actor: command.actor, occurred: command.occurred, project: request.subject.project,
        subject: SubjectReference(kind: request.kind, name: request.subject.name),
        fact: existing == nil
          ? .subjectRegistered(request.described) : .subjectUpdated(request.described),
        text: request.text)
    ]
  }
}

extension Draft {
  /// An event about the ledger as a whole, with a reason.
  init(_ command: Command, fact: Fact, reason: Text) {
    self.init(
      actor: command.actor, occurred: command.occurred, fact: fact,
      text: EventText([.reason: .string(reason)]))
  }
}
