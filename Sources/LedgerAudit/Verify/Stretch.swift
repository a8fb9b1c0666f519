// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

/// What a thread finds in a stretch of the log by itself: what does not depend on the events before.
///
/// Its leaves are hashed and decoded; their words, times, places and index entries are compared. The
/// rest waits for whoever takes the stretches in order.
struct Stretch: Sendable {
  /// What there is to take in order.
  enum Item: Sendable {
    /// An event that is no log line, where it stands, and its index in ``Stretch/events``.
    case event(UInt64, Int)
    /// Consecutive log lines of a job.
    case lines(LineRun)
  }

  /// Log lines of a job at consecutive positions.
  struct LineRun: Sendable {
    var job: JobID
    var first: UInt64
    /// Where they are in ``Stretch/lines``.
    var lines: Range<Int>
  }

  /// What the index of the logs depends on of a line.
  struct Line: Sendable {
    var number: UInt64
    var level: LogLevel
    /// Whether it counts: a line in parts does with its first.
    var begins: Bool
    /// Whether it counts as a record as well: the lines of a traceback are one.
    var opensRecord: Bool

    init(_ line: LogLine) {
      number = line.line
      level = line.level
      begins = line.begins
      opensRecord = line.of == nil
    }
  }

  /// A part of the tree, in order.
  enum Piece: Sendable {
    /// The root of a full block of 256 leaves.
    case block(MerkleHash)
    /// Hashes of single leaves.
    case leaves([MerkleHash])
    /// Missing leaves.
    case missing(Range<UInt64>)
    /// Leaves on pages that cannot be read, which was told.
    case unreadable(Range<UInt64>)
  }

  /// An event with what its time is checked by.
  struct Timing: Sendable {
    var position: UInt64
    var time: Timestamp
    var clock: Timestamp?
    var occurred: Timestamp?
    var correction: ClockCorrected?
  }

  /// Where it begins.
  var start: UInt64
  /// Where the next one begins.
  var end: UInt64
  var pieces: [Piece] = []
  var items: [Item] = []
  var events: [Event] = []
  var lines: [Line] = []
  /// The first event, whose predecessor is in another stretch.
  var firstTiming: Timing?
  /// When the last event was recorded.
  var lastTime: Timestamp?
  var missingTexts = MissingTexts()
  var checked = AuditReport.Checked()
  var found = TableCounts()
  var findings = FindingList()
}

/// Where findings go.
protocol FindingSink {
  mutating func add(_ code: Finding.Code, _ position: UInt64?, _ detail: @autoclosure () -> String)
}

extension FindingLog: FindingSink {}

/// Findings of one stretch: the first of each kind are kept, all are counted.
struct FindingList: FindingSink, Sendable {
  private(set) var kept: [Finding] = []
  private(set) var counts: [Finding.Code: UInt64] = [:]

  mutating func add(_ code: Finding.Code, _ position: UInt64?, _ detail: @autoclosure () -> String)
  {
    counts[code, default: 0] += 1
    guard counts[code, default: 0] <= FindingLog.limitOfKind else { return }
    kept.append(Finding(code, position.map(Position.init), detail()))
  }
}

extension FindingLog {
  /// Takes over what was found in a stretch.
  mutating func take(_ list: FindingList) {
    if list.kept.isEmpty { return }
    var untold = list.counts
    for finding in list.kept {
      add(finding.code, finding.position?.value, finding.detail)
      untold[finding.code, default: 0] -= 1
    }
    for (code, count) in untold where count > 0 { add(code, further: count) }
  }
}
