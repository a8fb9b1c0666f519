// SPDX-License-Identifier: Apache-2.0

/// A job: created → running → completed, failed, stopped or lost.
///
/// What may be absent is spelled `Optional<…>`, here and in what a row holds besides: a variable
/// spelled with `?` starts as nil, and a structure with such ones is copied once more by its `init`.
/// That was a fifth of the time of reading a row.
public struct Job: Equatable, Sendable {
  /// Its identifier.
  public var id: JobID
  /// Its project, when it has one.
  public var project: Optional<Name>
  /// The subject that it is about.
  public var subject: Optional<SubjectReference>
  /// The version that it makes or uses.
  public var number: Optional<VersionNumber>
  /// What was asked for when it was created.
  public var request: JobCreated
  /// Who asked for it.
  public var createdBy: Actor
  /// How far it has come.
  public var status: JobStatus
  /// When it was created.
  public var created: Mark
  /// When it started.
  public var started: Optional<Mark>
  /// When it ended.
  public var ended: Optional<Mark>
  /// The first request to stop it.
  public var stopRequested: Optional<Mark>
  /// What runs it.
  public var runner: Optional<RunnerIdentity>
  /// How it ended.
  public var ending: Optional<JobEnding>
  /// Gathers the members.
  public init(
    id: JobID, project: Name?, subject: SubjectReference?, number: VersionNumber?,
    request: JobCreated, createdBy: Actor, status: JobStatus, created: Mark,
    started: Mark? = nil, ended: Mark? = nil, stopRequested: Mark? = nil,
    runner: RunnerIdentity? = nil, ending: JobEnding? = nil
  ) {
    self.id = id
    self.project = project
    self.subject = subject
    self.number = number
    self.request = request
    self.createdBy = createdBy
    self.status = status
    self.created = created
    self.started = started
    self.ended = ended
    self.stopRequested = stopRequested
    self.runner = runner
    self.ending = ending
  }

  /// What it does.
  public var kind: JobKind { request.kind }

  /// The subject with its project.
  public var subjectID: SubjectID? {
    guard let project, let subject else { return nil }
    return SubjectID(project: project, name: subject.name)
  }

  /// The version that it makes or uses.
  public var versionID: VersionID? {
    guard let subjectID, let number else { return nil }
    return VersionID(subject: subjectID, number: number)
  }

  /// Whether success makes the version whose number it holds.
  public var makesVersion: Bool { kind.makesVersion }

  /// The state after its first event.
  static func created(_ fact: JobCreated, id: JobID, by event: Event) -> Job {
    Job(
      id: id, project: event.project, subject: event.subject, number: event.number,
      request: fact, createdBy: event.actor, status: .created, created: Mark(event))
  }

  /// The state after one of its later events.
  mutating func evolve(with event: Event) {
    switch event.fact {
    case .jobStarted(let runner):
      status = .running
      started = Mark(event)
      self.runner = runner
    case .jobStopRequested:
      if stopRequested == nil { stopRequested = Mark(event) }
    case .jobCompleted(let ending): end(.completed, ending, event)
    case .jobFailed(let ending): end(.failed, ending, event)
    case .jobStopped(let ending): end(.stopped, ending, event)
    case .jobLost(let ending): end(.lost, ending, event)
    default: break
    }
  }

  private mutating func end(_ status: JobStatus, _ ending: JobEnding, _ event: Event) {
    self.status = status
    self.ending = ending
    // Row bytes must not depend on log lines: their counts stand in the event and are joined.
    self.ending?.lines = nil
    ended = Mark(event)
  }
}
