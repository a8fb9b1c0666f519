// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading

/// Looks for a pattern in all words of one job: its log, and what its other events say.
struct WordsSearch {
  /// What was found, by position.
  private(set) var matches: [ErasurePlan.Match] = []
  /// How many of its events have lost their words.
  private(set) var goneAlready: UInt64 = 0

  private let snapshot: Snapshot
  private let job: JobID
  private let pattern: TextPattern
  /// The parts so far of the line that each stream is in.
  private var open: [LogStream: [Piece]] = [:]
  private var openLine: [LogStream: UInt64] = [:]

  private struct Piece {
    var position: Position
    var bytes: [UInt8]
  }

  /// How much of one line is looked at together: a match is not longer.
  private static let longestLine = 1 << 22

  init(_ snapshot: Snapshot, _ job: JobID, _ pattern: TextPattern) {
    self.snapshot = snapshot
    self.job = job
    self.pattern = pattern
  }

  /// Reads everything once.
  mutating func run() throws(ReadingError) {
    try searchEvents()
    try LogReader(snapshot, of: job, asOf: snapshot.size).forEachLine { line in
      take(line)
      return true
    }
    for stream in LogStream.allCases { close(stream) }
    matches.sort { $0.position < $1.position }
  }

  // MARK: The log

  /// A line in parts is one line: a match may lie across two of them.
  private mutating func take(_ view: LogLineView) {
    let line = view.logged.line
    if view.message == nil { goneAlready += 1 }
    if openLine[line.stream] != line.line { close(line.stream) }
    let piece = Piece(
      position: view.logged.position, bytes: view.message == nil ? [] : LogPrinter.message(view))
    openLine[line.stream] = line.line
    open[line.stream, default: []].append(piece)
    if line.part == nil
      || (open[line.stream]?.reduce(0) { $0 + $1.bytes.count } ?? 0)
        > WordsSearch.longestLine
    {
      close(line.stream)
    }
  }

  private mutating func close(_ stream: LogStream) {
    guard let pieces = open.removeValue(forKey: stream), let line = openLine[stream] else { return }
    openLine[stream] = nil
    let bytes = pieces.count == 1 ? pieces[0].bytes : pieces.flatMap(\.bytes)
    let found = pattern.ranges(in: bytes)
    if found.isEmpty { return }
    var start = 0
    for piece in pieces {
      let end = start + piece.bytes.count
      if let first = found.first(where: { $0.lowerBound < end && $0.upperBound > start }) {
        matches.append(
          ErasurePlan.Match(
            position: piece.position, job: job, line: line,
            context: TextPattern.context(bytes, of: first, without: found)))
      }
      start = end
    }
  }

  // MARK: Other words

  private mutating func searchEvents() throws(ReadingError) {
    var positions: [Position] = []
    try snapshot.forEachPosition(of: job, asOf: snapshot.size) { position in
      positions.append(position)
      return true
    }
    for position in positions {
      switch try snapshot.text(of: try snapshot.event(at: position)) {
      case .none: break
      case .erased: goneAlready += 1
      case .values(let text):
        for value in text.values.values {
          if let context = firstContext(in: value) {
            matches.append(
              ErasurePlan.Match(position: position, job: job, line: nil, context: context))
            break
          }
        }
      }
    }
  }

  private func firstContext(in value: JSONValue) -> String? {
    switch value {
    case .string(let text):
      let bytes = Array(text.string.utf8)
      let found = pattern.ranges(in: bytes)
      return found.first.map { TextPattern.context(bytes, of: $0, without: found) }
    case .array(let values): return values.lazy.compactMap { firstContext(in: $0) }.first
    case .object(let object):
      for member in object.members {
        if let context = firstContext(in: .string(member.name)) { return context }
        if let context = firstContext(in: member.value) { return context }
      }
      return nil
    default: return nil
    }
  }
}

extension TextPattern {
  /// A few words around one match, with each of the matches blacked out.
  static func context(_ bytes: [UInt8], of match: Range<Int>, without: [Range<Int>]) -> String {
    let reach = 24
    let (from, to) = (max(0, match.lowerBound - reach), min(bytes.count, match.upperBound + reach))
    var words = from > 0 ? "…" : ""
    var at = from
    for range in without where range.upperBound > from && range.lowerBound < to {
      if at < range.lowerBound { words += text(bytes[at..<range.lowerBound]) }
      words += "█████"
      at = max(at, range.upperBound)
    }
    if at < to { words += text(bytes[at..<to]) }
    return words + (max(at, to) < bytes.count ? "…" : "")
  }

  /// What is no UTF-8, at the ends or anywhere, becomes a sign of its own.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}
