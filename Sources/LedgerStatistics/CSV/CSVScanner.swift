// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What takes the cells of a CSV file, in order.
protocol CSVSink: ~Copyable {
  /// One cell without its quotes. The bytes are valid during the call.
  mutating func cell(
    _ column: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int
  ) throws(DataError)
  /// The end of a row of so many cells, which began on this line.
  mutating func endRow(cells: Int, line: UInt64) throws(DataError)
}

/// Splits CSV into cells, eight bytes at a time, whatever the pieces it arrives in.
///
/// Only the field at the end of a piece is kept until the next, so memory is bounded by the longest
/// field allowed. Nothing is allocated per field.
struct CSVScanner<Sink: CSVSink>: ~Copyable where Sink: ~Copyable {
  var sink: Sink
  /// Lines that are blank.
  private(set) var blankLines: UInt64 = 0
  /// The line the next field begins on.
  private(set) var line: UInt64 = 1
  /// Fields with characters between the closing quote and the delimiter, and the first lines.
  private(set) var looseQuotes = LineNotes()

  private let fieldLimit: Int
  private var delimiter: UInt8 = 0
  private var pattern: UInt64 = 0
  private var chosen: CSVOptions.Delimiter?
  private var started = false
  private var column = 0
  /// The line the row begins on.
  private var rowLine: UInt64 = 1
  private var skipsLineFeed = false

  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private var filled = 0
  private var scratch: [UInt8] = []

  /// Bytes behind the buffer's end that may be loaded, never used.
  private static var slack: Int { 16 }
  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
  private static var highs: UInt64 { 0x8080_8080_8080_8080 }

  init(_ options: CSVOptions, sink: consuming Sink) {
    self.sink = sink
    fieldLimit = options.fieldLimitBytes
    chosen = options.delimiter
    capacity = 2 * DelimiterRule.sampleBytes
    buffer = .allocate(capacity: capacity + Self.slack)
    buffer.initialize(repeating: 0, count: capacity + Self.slack)
  }

  deinit { buffer.deallocate() }

  /// The delimiter in use, once the first bytes were seen.
  var usedDelimiter: CSVOptions.Delimiter? { started ? chosen : nil }

  /// Takes the next bytes.
  mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    var rest = bytes
    while rest.count > 0 {
      if filled == capacity { grow() }
      let taken = min(rest.count, capacity - filled)
      (buffer + filled).update(
        from: rest.baseAddress!.assumingMemoryBound(to: UInt8.self), count: taken)
      filled += taken
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
      if started || filled >= DelimiterRule.sampleBytes { try advance(isLast: false) }
    }
  }

  /// Takes the end of the file.
  mutating func finish() throws(DataError) {
    try advance(isLast: true)
  }

  /// Moves the unfinished field to the front, into a buffer that is larger where it must be.
  private mutating func grow() {
    let larger = capacity * 2
    let next = UnsafeMutablePointer<UInt8>.allocate(capacity: larger + Self.slack)
    next.initialize(repeating: 0, count: larger + Self.slack)
    next.update(from: buffer, count: filled)
    buffer.deallocate()
    buffer = next
    capacity = larger
  }

  private mutating func advance(isLast: Bool) throws(DataError) {
    var start = 0
    if !started {
      start = try begin()
      started = true
    }
    let used = try scan(from: start, isLast: isLast)
    let left = filled - used
    if left > fieldLimit {
      throw .fieldTooLong(line: line, limit: fieldLimit, quoted: buffer[used] == 0x22)
    }
    if used > 0, left > 0 { memmove(buffer, buffer + used, left) }
    filled = left
  }

  /// Looks at the first bytes; returns how many are no content.
  private mutating func begin() throws(DataError) -> Int {
    let seen = UnsafeBufferPointer(start: buffer, count: filled)
    if let kind = Self.otherKind(seen) { throw .notText(kind) }
    let mark = seen.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    let sample = UnsafeBufferPointer(rebasing: seen[mark...].prefix(DelimiterRule.sampleBytes))
    let delimiter = chosen ?? DelimiterRule.delimiter(of: sample)
    chosen = delimiter
    self.delimiter = delimiter.rawValue
    pattern = UInt64(delimiter.rawValue) &* Self.ones
    return mark
  }

  /// What the first bytes say the file is, if it is certainly no CSV.
  private static func otherKind(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    let kinds: [([UInt8], String)] = [
      ([0x1f, 0x8b], "compressed with gzip"), ([0x50, 0x4b, 3, 4], "a zip archive"),
      ([0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd"),
      ([0x42, 0x5a, 0x68], "compressed with bzip2"),
      ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "compressed with xz"), (Array("PAR1".utf8), "Parquet"),
      (Array("ARROW1".utf8), "an Arrow file"), ([0xff, 0xfe], "UTF-16"), ([0xfe, 0xff], "UTF-16"),
    ]
    guard let kind = kinds.first(where: { bytes.starts(with: $0.0) }) else { return nil }
    // "BZh" may begin a header; the digit and block mark behind it do not.
    if kind.0.count == 3, !bytes.dropFirst(4).starts(with: [0x31, 0x41, 0x59]) { return nil }
    return kind.1
  }

  /// Marks delimiters and line ends; the lowest mark is exact (Hacker's Delight §6-1).
  @inline(__always)
  private static func marks(_ word: UInt64, _ pattern: UInt64) -> UInt64 {
    let delimiter = word ^ pattern
    let lineFeed = word ^ 0x0a0a_0a0a_0a0a_0a0a
    let carriage = word ^ 0x0d0d_0d0d_0d0d_0d0d
    return
      ((delimiter &- ones) & ~delimiter | (lineFeed &- ones) & ~lineFeed
      | (carriage &- ones) & ~carriage) & highs
  }

  /// The first delimiter or line end at or after `at`, or `end`.
  @inline(__always)
  private static func stop(
    _ base: UnsafeMutablePointer<UInt8>, _ at: Int, _ end: Int, _ pattern: UInt64
  ) -> Int {
    var stop = at
    while stop < end {
      let word = UInt64(
        littleEndian: UnsafeRawPointer(base + stop).loadUnaligned(as: UInt64.self))
      let found = marks(word, pattern)
      if found != 0 { return min(stop &+ found.trailingZeroBitCount >> 3, end) }
      stop &+= 8
    }
    return end
  }

  /// Delivers all complete fields; returns where the first incomplete one begins.
  private mutating func scan(from start: Int, isLast: Bool) throws(DataError) -> Int {
    let base = buffer
    let end = filled
    let pattern = pattern
    let delimiter = delimiter
    var at = start
    while at < end {
      if skipsLineFeed {
        skipsLineFeed = false
        if base[at] == 0x0a {
          at &+= 1
          continue
        }
      }
      if base[at] == 0x22 {
        guard let next = try quotedField(at, isLast: isLast) else { return at }
        at = next
        continue
      }
      let stop = Self.stop(base, at, end, pattern)
      if stop == end, !isLast { return at }
      if stop &- at > fieldLimit {
        throw .fieldTooLong(line: line, limit: fieldLimit, quoted: false)
      }
      if stop < end, base[stop] == delimiter {
        try sink.cell(column, UnsafePointer(base + at), stop &- at)
        column &+= 1
        at = stop &+ 1
        continue
      }
      if column == 0, stop == at {
        blankLines &+= 1
      } else {
        try sink.cell(column, UnsafePointer(base + at), stop &- at)
        try endRow()
      }
      at = endLine(stop)
    }
    // A delimiter as the very last byte has an empty field behind it.
    if isLast, column > 0 {
      try sink.cell(column, UnsafePointer(base), 0)
      try endRow()
    }
    return end
  }

  @inline(__always)
  private mutating func endRow() throws(DataError) {
    try sink.endRow(cells: column &+ 1, line: rowLine)
    column = 0
  }

  /// Steps over a line end, or over nothing at the end of the file.
  @inline(__always)
  private mutating func endLine(_ at: Int) -> Int {
    guard at < filled else { return at }
    skipsLineFeed = buffer[at] == 0x0d
    line &+= 1
    rowLine = line
    return at &+ 1
  }

  /// Delivers a field that begins with a quote; nil where its end is not here yet.
  private mutating func quotedField(_ at: Int, isLast: Bool) throws(DataError) -> Int? {
    let base = buffer
    let end = filled
    var close = at + 1
    var isClean = true
    while true {
      guard close < end, let found = memchr(base + close, 0x22, end - close) else {
        if isLast { throw .unclosedQuote(line: line) }
        return nil
      }
      close = UnsafeRawPointer(found) - UnsafeRawPointer(base)
      if close + 1 == end, !isLast { return nil }
      guard close + 1 < end, base[close + 1] == 0x22 else { break }
      isClean = false
      close += 2
    }
    let stop = Self.stop(base, close + 1, end, pattern)
    if stop == end, !isLast { return nil }
    if stop - at > fieldLimit {
      throw .fieldTooLong(line: line, limit: fieldLimit, quoted: true)
    }
    if isClean, stop == close + 1 {
      try sink.cell(column, UnsafePointer(base + at + 1), close - at - 1)
    } else {
      try unescaped(at + 1, close, stop)
    }
    line += lineEnds(at + 1, close)
    if stop < end, base[stop] == delimiter {
      column += 1
      // The end of the file right here: the empty field behind the delimiter is still to come.
      return stop + 1
    }
    try endRow()
    return endLine(stop)
  }

  private mutating func unescaped(_ start: Int, _ close: Int, _ stop: Int) throws(DataError) {
    scratch.removeAll(keepingCapacity: true)
    var at = start
    while at < close {
      scratch.append(buffer[at])
      at += buffer[at] == 0x22 ? 2 : 1
    }
    if stop > close + 1 {
      looseQuotes.note(line)
      scratch.append(
        contentsOf: UnsafeBufferPointer(start: buffer + close + 1, count: stop - close - 1))
    }
    // Taken out, so that the sink may be changed while its bytes are lent.
    let bytes = scratch
    try bytes.withUnsafeBufferPointer { cell throws(DataError) in
      let base = cell.baseAddress ?? UnsafePointer(buffer)
      try sink.cell(column, base, cell.count)
    }
  }

  /// How many line ends a quoted field holds.
  private func lineEnds(_ start: Int, _ close: Int) -> UInt64 {
    var count: UInt64 = 0
    var at = Self.stop(buffer, start, close, 0x0a0a_0a0a_0a0a_0a0a)
    while at < close {
      count += 1
      let isPair = buffer[at] == 0x0d && at + 1 < close && buffer[at + 1] == 0x0a
      at = Self.stop(buffer, at + (isPair ? 2 : 1), close, 0x0a0a_0a0a_0a0a_0a0a)
    }
    return count
  }
}

/// How often something was found, and on which lines first.
public struct LineNotes: Equatable, Sendable {
  /// So many lines are named.
  public static let limit = 10
  /// How often.
  public private(set) var count: UInt64 = 0
  /// The first lines, ascending, each once.
  public private(set) var lines: [UInt64] = []

  /// Nothing was found.
  public init() {}

  init(count: UInt64, lines: [UInt64]) {
    self.count = count
    self.lines = lines
  }

  mutating func note(_ line: UInt64) {
    count += 1
    if lines.count < Self.limit, lines.last != line { lines.append(line) }
  }
}
