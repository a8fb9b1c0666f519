// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// What every kind of job can be given.
public struct RunSettings: Equatable, Sendable {
  /// Parameters beside those of the manifest, `key=value` with the value typed like a YAML scalar.
  public var set: [String]
  /// Variables of this process that are passed on and of which only the names are recorded.
  public var secrets: [String]
  /// What the job is for.
  public var purpose: Text?
  /// A key that makes a repetition of this request harmless.
  public var request: RequestContent?
  /// Whether every carriage-return line is kept.
  public var allProgress: Bool
  /// What set it off.
  public var trigger: Trigger
  /// The schedule that it is run for; nil for none.
  public var schedule: Name?
  /// When the tick was due that it is; nil for none, and for a run out of turn.
  var nominalTime: Timestamp?
  /// What the worker knew of the schedule's ticks.
  var tick: TickOrder?
  /// Where the command's own streams come from and are copied to as they come; nil for nowhere.
  public var echo: Echo?

  /// Open descriptors, which are not closed.
  public struct Echo: Equatable, Sendable {
    /// What the command reads as its standard input; nil for nothing. The command has it for itself
    /// from then on: in this process `/dev/null` takes its place.
    public var stdin: Int32?
    /// Receives standard output.
    public var stdout: Int32
    /// Receives standard error.
    public var stderr: Int32
    /// Names the descriptors; standard: no input, and this process's own output.
    public init(stdin: Int32? = nil, stdout: Int32 = 1, stderr: Int32 = 2) {
      self.stdin = stdin
      self.stdout = stdout
      self.stderr = stderr
    }
  }

  /// The standard choices.
  public init(
    set: [String] = [], secrets: [String] = [], purpose: Text? = nil,
    request: RequestContent? = nil, allProgress: Bool = false, trigger: Trigger = .manual,
    schedule: Name? = nil, echo: Echo? = nil
  ) {
    self.set = set
    self.secrets = secrets
    self.purpose = purpose
    self.request = request
    self.allProgress = allProgress
    self.trigger = trigger
    self.schedule = schedule
    self.echo = echo
  }
}

extension RunSettings {
  /// Those of a schedule's tick.
  init(
    request: RequestContent, trigger: Trigger, schedule: Name, nominalTime: Timestamp,
    tick: TickOrder
  ) {
    self.init(request: request, trigger: trigger, schedule: schedule)
    self.nominalTime = nominalTime
    self.tick = tick
  }
}

/// A command that is recorded without a manifest.
public struct ExecRequest: Equatable, Sendable {
  /// Program and arguments.
  public var arguments: [String]
  /// Where it runs, absolute.
  public var folder: String
  /// What it counts as; training and evaluation end as those of a manifest do.
  public var kind: JobKind
  /// The project that it belongs to.
  public var project: Name?
  /// The subject that it is about.
  public var subject: SubjectReference?
  /// The version that it is about; for a training, the ledger gives it out.
  public var number: VersionNumber?
  /// A name for it.
  public var name: Text?
  /// The same with other settings.
  public var settings: RunSettings

  /// Gathers the members.
  public init(
    arguments: [String], folder: String, kind: JobKind = .exec, project: Name? = nil,
    subject: SubjectReference? = nil, number: VersionNumber? = nil, name: Text? = nil,
    settings: RunSettings = RunSettings(echo: RunSettings.Echo())
  ) {
    self.arguments = arguments
    self.folder = folder
    self.kind = kind
    self.project = project
    self.subject = subject
    self.number = number
    self.name = name
    self.settings = settings
  }
}
