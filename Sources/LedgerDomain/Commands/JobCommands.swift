// SPDX-License-Identifier: Apache-2.0

// What is asked of jobs.

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
    /// Outputs of a prediction, run or batch run, and how far a prediction's data have moved.
    case outputs(OutputsMade, drift: DriftFigures? = nil)
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
