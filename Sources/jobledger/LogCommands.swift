// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerStorage

/// `jobledger logs`
struct Logs: SimpleCommand {
  static let hasRows = true
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Show what a job wrote, or follow it until it ends.",
    discussion: """
        jobledger logs train-7k2pqx -f
        jobledger logs train-7k2pqx --level warning
        jobledger logs train-7k2pqx --grep 'loss=(nan|inf)' --tail 20
        jobledger logs train-7k2pqx --since 2026-06-30T12:00
      """)

  @Argument(help: "The job.") var job: String
  @Flag(name: [.customShort("f"), .long], help: "Wait for more until the job ends.")
  var follow = false
  @Option(help: "Only lines at least this serious.") var level: LogLevel = .debug
  @Option(help: ArgumentHelp("Only lines that match.", valueName: "regular expression"))
  var grep: String?
  @Option(help: ArgumentHelp("Only the last lines.", valueName: "count")) var tail: UInt64?
  @Option(help: ArgumentHelp("Only lines recorded since.", valueName: "time")) var since: String?
  @Option(help: "Only lines of this stream.") var stream: LogStream?
  @Flag(name: [.customShort("t"), .customLong("times")], help: "Show when each line was recorded.")
  var showsTimes = false
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func validate() throws {
    if follow, moment.asOf != nil { throw ValidationError("-f and --as-of exclude each other") }
  }

  func perform(_ session: Session) throws {
    let pattern = try grep.map { try Failure.telling(pattern: $0) }
    let since = try sinceMoment()
    let (id, size, start, until) = try session.readingOccurred(moment) { view, until in
      let id = try view.job(job)
      session.remarkAsOf(moment, view, occurredBy: until)
      return (id, view.size, try self.start(view, since), until)
    }
    var printer = try LogPrinter(
      session.console, pattern: pattern, stream: stream, showsTimes: showsTimes, tail: tail)
    let lookup = ErasureLookup(session)
    printer.erasedWords = { lookup.words(of: $0) }
    if moment.clock == .occurred { printer.showOccurred(since: since, until: until) }
    let reading = LogReading(session: session, job: id, level: level)
    if follow {
      try reading.follow(from: start, &printer)
    } else {
      try session.paging { try reading.print(from: start, asOf: size, &printer) }
    }
  }

  /// The moment from which lines are wanted.
  private func sinceMoment() throws -> Timestamp? {
    guard let since else { return nil }
    guard let written = WrittenMoment(since) else {
      throw Failure(
        .badInput, code: "time-malformed", what: "show the lines since", on: "'\(since)'",
        why: "it is no time", next: "write it as 2026-06-30T12:00, or a day as 2026-06-30")
    }
    return try written.beginning(in: try moment.zoneRules(), now: ProcessEnvironment.now())
  }

  /// Where the lines that are wanted may begin. What occurred since was recorded since.
  private func start(_ view: View, _ since: Timestamp?) throws -> Position {
    var start = Position(0)
    if let since {
      let before = Timestamp(microseconds: since.microseconds - 1)
      start = Position(try view.snapshot.size(asOf: before).value)
    }
    if let tail, grep == nil, stream == nil, moment.clock == .recorded {
      let reader = LogReader(view.snapshot, of: try view.job(job), asOf: view.size)
      start = max(start, try reader.start(ofLast: tail, minimum: level))
    }
    return start
  }
}

/// Who erased the words of a line, looked up once one is met.
private final class ErasureLookup {
  private let session: Session
  private var marks: ErasureMarks?

  init(_ session: Session) { self.session = session }

  func words(of line: LoggedLine) -> String {
    if let mark = marks?.mark(of: line.position, job: line.job) { return mark.words }
    // Perhaps it was erased since, while the log is followed.
    marks = try? session.read { try ErasureMarks($0) }
    return marks?.mark(of: line.position, job: line.job)?.words ?? "missing"
  }
}

/// Reads a log in snapshots of bounded length.
struct LogReading {
  /// How many lines are read in one snapshot.
  private static let chunk = 50_000

  let session: Session
  let job: JobID
  let level: LogLevel

  /// Prints what there is below a size.
  func print(from start: Position, asOf size: LedgerSize, _ printer: inout LogPrinter) throws {
    if level == .debug, printer.needsMessagesOnly,
      try session.read({ try LogReader($0, of: job, asOf: size).hasOnlyWholeLines() })
    {
      try readMessages(from: start, asOf: size, &printer)
    } else {
      try read(from: start, asOf: size, &printer)
    }
    try printer.finish()
  }

  /// Prints messages as they stand, without looking at what else is known of each line.
  private func readMessages(
    from start: Position, asOf size: LedgerSize, _ printer: inout LogPrinter
  ) throws {
    var next: Position? = start
    while let start = next {
      next = nil
      try session.read { snapshot in
        var count = 0
        var failure: (any Error)?
        let reader = LogReader(snapshot, of: job, asOf: size)
        try reader.forEachMessage(from: start) { (position, message, whole) throws(ReadingError) in
          if count == LogReading.chunk {
            next = position
            return false
          }
          count += 1
          if printer.add(message) { return true }
          let line = try whole()
          do {
            try printer.flushMessages()
            try printer.add(line)
          } catch {
            failure = error
            return false
          }
          return true
        }
        if let failure { throw failure }
        try printer.flushMessages()
      }
    }
  }

  private func read(
    from start: Position, asOf size: LedgerSize, _ printer: inout LogPrinter
  ) throws {
    var next: Position? = start
    while let start = next {
      next = nil
      try session.read { snapshot in
        var count = 0
        var failure: (any Error)?
        let reader = LogReader(snapshot, of: job, asOf: size)
        try reader.forEachLine(from: start, minimum: level) { line in
          if count == LogReading.chunk {
            next = line.logged.position
            return false
          }
          count += 1
          do { try printer.add(line) } catch {
            failure = error
            return false
          }
          return true
        }
        if let failure { throw failure }
      }
    }
  }

  /// Prints what there is and then what comes, until the job has ended.
  func follow(from start: Position, _ printer: inout LogPrinter) throws {
    var start = start
    var rounds = 0
    while true {
      let (size, state) = try session.readingHead { view -> (LedgerSize, Job?) in
        if case .job(let state)? = try view.entity(.job(job)) { return (view.size, state) }
        return (view.size, nil)
      }
      if Position(size.value) > start || size.value == 0 {
        try read(from: start, asOf: size, &printer)
        // The last lines of --tail are told apart only until the end is reached once.
        try printer.catchUp()
        try session.console.out.flush()
        start = Position(size.value)
      }
      guard let state, !state.status.isFinal else { break }
      rounds += 1
      if rounds % 50 == 0, isLost(state) {
        session.console.remark("its runner is gone; nothing more will come")
        break
      }
      usleep(100_000)
    }
    try printer.finish()
  }

  /// Whether the runner of a running job on this machine is gone.
  private func isLost(_ state: Job) -> Bool {
    guard state.status == .running, let directory = try? session.reader().directory,
      state.runner?.boot == Text(LedgerClock.system().read().boot)
    else { return false }
    return (try? RunnerLock.canBeTaken(directory, job)) ?? false
  }
}
