// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Glibc
public import LedgerDomain
public import LedgerReading

/// What every command understands.
public struct GlobalOptions: ParsableArguments {
  /// Where the ledger is.
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The ledger's directory.",
      discussion: "Else JOBLEDGER_DIR, else the nearest .jobledger upward.",
      valueName: "dir"),
    completion: .directory)
  public var ledger: String?

  /// Whether to print JSON.
  @Flag(help: "Print one JSON object, or for lists one a line.")
  public var json = false

  /// Whether to print CSV.
  @Flag(help: "Print lists as comma-separated values.")
  public var csv = false

  /// Who acts.
  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "Act under this name, where the policy allows claims (else JOBLEDGER_ACTOR).",
      valueName: "name"))
  public var actor: String?

  /// What makes a repeated command recognisable.
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A key of your choice: the same command with the same key is done once.",
      valueName: "key"))
  public var request: String?

  /// Whether long lists go straight to the terminal.
  @Flag(name: .customLong("no-pager"), help: "Do not page long lists.")
  public var noPager = false

  /// When output is coloured.
  @Option(name: .long, help: "Colour the output: auto, always or never.")
  public var color: ColorChoice = .auto

  /// Nothing was given.
  public init() {}

  /// Refuses two formats at once.
  public func validate() throws {
    if json, csv { throw ValidationError("--json and --csv exclude each other") }
  }

  /// How lists are printed.
  public var format: ListFormat { json ? .json : csv ? .csv : .table }

  /// The path of the ledger that is meant; nothing of it is checked.
  public func ledgerPath() throws(DirectoryError) -> String {
    try LedgerLocator.find(
      explicit: ledger, environment: ProcessEnvironment["JOBLEDGER_DIR"],
      workingDirectory: ProcessEnvironment.workingDirectory())
  }

  /// The name that is claimed; nil when the kernel's user acts. 65 when it is no name.
  public func claimedActor() throws(Failure) -> ActorID? {
    guard let given = actor ?? ProcessEnvironment["JOBLEDGER_ACTOR"], !given.isEmpty else {
      return nil
    }
    if let name = ActorID(given) { return name }
    throw Failure(
      .badInput, code: "name-malformed", what: "act as", on: "'\(given)'",
      why: "names are letters, digits, '.', '_' and '-', at most 63, a letter or digit first")
  }

  /// The request key; nil when none was given. 65 when it is none.
  public func requestKey() throws(Failure) -> RequestKey? {
    guard let request else { return nil }
    if let key = RequestKey(request) { return key }
    throw Failure(
      .badInput, code: "request-key-malformed", what: "use the request key",
      on: "'\(request)'",
      why: "keys are 1 to 128 letters, digits and '.', '_', ':', '/', '-'")
  }
}

extension ColorChoice: ExpressibleByArgument {}

/// How a list is printed.
public enum ListFormat: Equatable, Sendable {
  /// For people.
  case table
  /// One canonical JSON object a line.
  case json
  /// Comma-separated values.
  case csv
}

/// By which time lists are ordered and filtered.
public enum ClockChoice: String, CaseIterable, Sendable, ExpressibleByArgument {
  /// When events were recorded.
  case recorded
  /// When what they tell happened.
  case occurred
}

/// From where a reading command looks.
public struct AsOfOptions: ParsableArguments {
  /// The moment or size.
  @Option(
    name: .customLong("as-of"),
    help: ArgumentHelp(
      "Answer as of then: a size (42), just after an event ('#41'), a time, a day, a checkpoint.",
      discussion: """
        A time includes every event recorded up to it: 2026-06-30T12:00:00Z, '2026-06-30T17:00 \
        Europe/Berlin', 'yesterday 17:00', now, '2 hours ago'. A day, today or yesterday is its \
        last microsecond. Days and times without offset or zone are those of --zone; a time \
        that the zone's clocks showed twice or jumped over is refused. A file that has such a \
        name is ./today.
        """,
      valueName: "when"))
  public var asOf: String?

  /// The zone of days and local times.
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The time zone of days and local times, such as Europe/Berlin (default: UTC).",
      valueName: "zone"))
  public var zone: String?

  /// The clock that orders lists.
  @Option(name: .long, help: "Order and filter lists by the time recorded or occurred.")
  public var clock: ClockChoice = .recorded

  /// Nothing was given.
  public init() {}

  /// The rules of the zone given, else universal time.
  public func zoneRules() throws(TimeZoneError) -> TimeZoneRules {
    guard let zone else { return .utc }
    return try TimeZoneDatabase.system().rules(of: zone)
  }

  /// Refuses `--clock occurred` (64), for answers that have only one order.
  public func requireRecordedClock(for command: String) throws {
    if clock == .occurred {
      throw ValidationError("'\(command)' knows only --clock recorded")
    }
  }
}

/// The environment of the process.
public enum ProcessEnvironment {
  /// The value of a variable; nil when unset or no UTF-8.
  public static subscript(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(validatingCString: value)
  }

  /// The words of the command line, the program's own first.
  ///
  /// Swift looks for them in front of the environment, and finds none where a preloaded library has
  /// moved that, as libfaketime does: then the kernel is asked.
  public static func arguments() -> [String] {
    let known = CommandLine.arguments
    guard known.isEmpty, let file = fopen("/proc/self/cmdline", "re") else { return known }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while true {
      let byte = getc(file)
      if byte == EOF { break }
      bytes.append(UInt8(truncatingIfNeeded: byte))
    }
    // Each word ends with a zero, the last one too.
    return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// The absolute path of the working directory; `/` where it has none any more.
  public static func workingDirectory() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }

  /// The present moment by the system's clock.
  public static func now() -> Timestamp {
    var time = timespec()
    _ = clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }
}
