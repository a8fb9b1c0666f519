// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Trail — every event of a subject, version, job, deployment, schedule, actor or ledger, in a
// window or ever, in order, with who, what, why, and what it changed.
// Reads: indexes for what to show, each event held against the tree. Never: the clock.
// Invariant: the same size gives the same bytes, but for words that were erased since.
// Start at: Trail.forEach(_:). Tests: TrailTests in LedgerAuditTests.

public import LedgerDomain
public import LedgerReading
import Synchronization
import Transparency

/// The audit trail of a scope as of a size.
public struct Trail: Sendable {
  /// What it is about.
  public let scope: TrailScope
  /// As of when.
  public let size: LedgerSize
  /// Whether log lines are entries of their own; else they are counted.
  public let includesLogs: Bool
  /// Which part of it.
  public let window: TrailWindow
  private let reader: LedgerReader
  private let blocks = CheckedBlocks()

  /// Describes a trail; nothing is read yet. The size is at most that of the ledger.
  public init(
    _ reader: LedgerReader, of scope: TrailScope, asOf size: LedgerSize,
    in window: TrailWindow = .all, includingLogs: Bool = false
  ) {
    self.reader = reader
    self.scope = scope
    self.size = size
    self.includesLogs = includingLogs
    self.window = window
  }

  /// Up to where events are looked for.
  private var end: LedgerSize { min(window.until ?? size, size) }

  /// Its events, found by the indexes. A log's lines need the jobs that ran when the window began.
  private var positions: TrailPositions {
    TrailPositions(scope, asOf: end, from: includesLogs ? Position(0) : window.since)
  }

  /// Calls `body` with each entry in the order of the log. Read transactions are short.
  public func forEachEntry(_ body: (TrailEntry) throws -> Void) throws {
    var positions = positions
    var followed = TrailFollowed()
    var lines = TrailLines(from: window.since.value)
    var isDone = false
    while !isDone {
      try reader.withSnapshot { snapshot in
        var documents = Documents(
          snapshot, asOf: size, directory: reader.directory, verifying: true)
        documents.checker = blocks.checker
        defer { blocks.checker = documents.checker }
        guard let batch = try positions.batch(snapshot) else {
          isDone = true
          if includesLogs {
            try lines.forEach(before: end.value, snapshot) { line in
              try tell(line, &documents, body)
            }
          }
          return
        }
        for position in batch {
          let event = try documents.event(at: position)
          guard scope.includes(event, &followed) else { continue }
          if includesLogs {
            try lines.forEach(before: position.value, snapshot) { line in
              try tell(line, &documents, body)
            }
            lines.follow(event)
          }
          if window.includes(event) { try body(try documents.trailEntry(of: event)) }
        }
      }
    }
  }

  private func tell(
    _ line: Position, _ documents: inout Documents, _ body: (TrailEntry) throws -> Void
  ) throws {
    let event = try documents.event(at: line)
    if window.includes(event) { try body(try documents.trailEntry(of: event)) }
  }

  /// Where its events are, in the order of the log, without log lines.
  public func eventPositions() throws -> [Position] {
    var found: [Position] = []
    var positions = TrailPositions(scope, asOf: end, from: window.since)
    var followed = TrailFollowed()
    var isDone = false
    while !isDone {
      try reader.withSnapshot { snapshot in
        guard let batch = try positions.batch(snapshot) else {
          isDone = true
          return
        }
        for position in batch {
          let event = try snapshot.event(at: position)
          if scope.includes(event, &followed), window.includes(event) { found.append(position) }
        }
      }
    }
    return found
  }

  /// One of its entries, as of just after it.
  public func entry(at position: Position) throws -> TrailEntry {
    try reader.withSnapshot { snapshot in
      var documents = Documents(
        snapshot, asOf: LedgerSize(after: position), directory: reader.directory, verifying: true)
      return try documents.trailEntry(at: position)
    }
  }

  /// All entries in the order of when they happened. Memory grows with the trail.
  public func entriesByOccurrence() throws -> [TrailEntry] {
    var entries: [TrailEntry] = []
    try forEachEntry { entries.append($0) }
    entries.sort { first, second in
      (first.event.happened, first.event.position) < (second.event.happened, second.event.position)
    }
    return entries
  }

  /// Counts what the trail holds and lacks: one pass without details.
  public func header() throws -> TrailHeader {
    var header = TrailHeader(
      scope: scope, window: window, id: reader.identity.id, origin: reader.identity.origin,
      asOf: ResolvedSize(size: size, time: nil), includesLogs: includesLogs)
    var positions = positions
    var followed = TrailFollowed()
    var logged: Set<JobID> = []
    var isDone = false
    while !isDone {
      try reader.withSnapshot { snapshot in
        guard let batch = try positions.batch(snapshot) else {
          isDone = true
          header.asOf = try ResolvedSize(size, in: snapshot)
          header.checkpoint = checkpoint()
          for job in logged {
            guard let summary = try snapshot.logSummary(of: job, asOf: end) else { continue }
            header.log.add(summary.counts)
            let start = LedgerSize(window.since.value)
            if let before = try snapshot.logSummary(of: job, asOf: start) {
              header.log.remove(before.counts)
            }
          }
          return
        }
        var documents = Documents(snapshot, asOf: size, verifying: true)
        documents.checker = blocks.checker
        defer { blocks.checker = documents.checker }
        for position in batch {
          let event = try documents.event(at: position)
          guard scope.includes(event, &followed) else { continue }
          if let job = event.job { logged.insert(job) }
          guard window.includes(event) else { continue }
          try header.count(event, &documents)
        }
      }
    }
    return header
  }

  /// The last signed checkpoint that the trail lies within, as far as it does.
  private func checkpoint() -> TrailHeader.SignedHead? {
    reader.checkpoint.map {
      TrailHeader.SignedHead(
        size: LedgerSize($0.size), root: $0.root.base64, covers: $0.size >= size.value)
    }
  }
}

extension LogCounts {
  /// Takes away what was counted before.
  fileprivate mutating func remove(_ earlier: LogCounts) {
    for level in LogLevel.allCases {
      lines[level] -= min(lines[level], earlier.lines[level])
      records[level] -= min(records[level], earlier.records[level])
    }
  }
}

/// The log lines of the jobs that a trail has met, between one of its events and the next.
private struct TrailLines {
  private static let stretch: UInt64 = 8192

  private var next: UInt64
  private var jobs: Set<JobID> = []

  init(from start: UInt64) { next = start }

  mutating func follow(_ event: Event) {
    guard let job = event.job else { return }
    switch event.fact {
    case .jobCreated, .jobStarted: jobs.insert(job)
    case .jobCompleted, .jobFailed, .jobStopped, .jobLost: jobs.remove(job)
    default: break
    }
  }

  mutating func forEach(
    before end: UInt64, _ snapshot: Snapshot, _ body: (Position) throws -> Void
  ) throws {
    while next < end {
      let stop = jobs.isEmpty ? end : min(end, next + TrailLines.stretch)
      var found: [Position] = []
      for job in jobs {
        try snapshot.forEachLogRun(of: job, asOf: LedgerSize(stop), from: Position(next)) { run in
          let first = max(run.first.value, next)
          let last = min(run.last.value, stop - 1)
          if first <= last { found += (first...last).map(Position.init) }
          return true
        }
      }
      next = stop
      for position in found.sorted() { try body(position) }
    }
    next = max(next, end + 1)
  }
}

/// The blocks that one pass found to match the tree, so that the next does not hash them again.
private final class CheckedBlocks: Sendable {
  private let known = Mutex(BlockChecker())

  var checker: BlockChecker {
    get { known.withLock { $0 } }
    set { known.withLock { $0 = newValue } }
  }
}
