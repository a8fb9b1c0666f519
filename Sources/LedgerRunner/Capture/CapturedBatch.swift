// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerStorage

/// A sign of progress that a command gave by a `::progress` line.
public struct CapturedProgress: Equatable, Sendable {
  /// How far it is.
  public var progress: Progress
  /// Of what; empty when it did not say.
  public var unit: Text
  /// When it was read.
  public var time: Timestamp
}

/// What was read of a command's output: lines in the order read, all their bytes in one buffer,
/// as the log takes them.
public struct CapturedBatch: Sendable {
  /// The raw bytes of all messages.
  public private(set) var bytes: [UInt8] = []
  /// The lines and parts of lines; their ranges lie within `bytes`.
  public private(set) var lines: [LogBatch.Line] = []
  /// The signs of progress.
  public private(set) var progress: [CapturedProgress] = []

  /// Whether nothing was read.
  public var isEmpty: Bool { lines.isEmpty && progress.isEmpty }

  /// The bytes of one line. When it is not `isBase64`, they are valid UTF-8.
  public func message(_ line: LogBatch.Line) -> ArraySlice<UInt8> {
    bytes[line.offset..<(line.offset + line.count)]
  }

  mutating func append(_ fact: LogLine, _ message: UnsafeRawBufferPointer, at time: Timestamp) {
    lines.append(
      LogBatch.Line(fact: fact, offset: bytes.count, count: message.count, read: time))
    bytes.append(contentsOf: message)
  }

  mutating func append(_ progress: CapturedProgress) { self.progress.append(progress) }

  /// Takes over as many of the other's first lines as fit, and its progress; the other keeps the
  /// rest.
  mutating func absorb(_ other: inout CapturedBatch, lines limit: Int, size: Int) {
    if isEmpty, other.lines.count <= limit {
      swap(&self, &other)
      return
    }
    progress.append(contentsOf: other.progress)
    other.progress.removeAll(keepingCapacity: true)
    var taken = 0
    var end = 0
    while taken < other.lines.count, lines.count + taken < limit, bytes.count + end < size {
      end = other.lines[taken].offset + other.lines[taken].count
      taken += 1
    }
    let shift = bytes.count
    bytes.append(contentsOf: other.bytes[..<end])
    for var line in other.lines[..<taken] {
      line.offset += shift
      lines.append(line)
    }
    if taken == other.lines.count {
      other.removeAll()
      return
    }
    other.bytes.removeFirst(end)
    other.lines.removeFirst(taken)
    for index in other.lines.indices { other.lines[index].offset -= end }
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    lines.removeAll(keepingCapacity: true)
    progress.removeAll(keepingCapacity: true)
  }
}
