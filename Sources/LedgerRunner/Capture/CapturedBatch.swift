// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// One thing read from a command's output: a line, a part of one, or a sign of progress.
public struct CapturedRecord: Sendable {
  /// What it is.
  public enum Kind: Equatable, Sendable {
    /// A line or part; the bytes are its message, without its end.
    case line(LogLine)
    /// A `::progress` line; the bytes are the unit, empty when none was given.
    case progress(Progress)
  }

  /// What it is, with everything but its bytes.
  public var kind: Kind
  /// Where its bytes begin in ``CapturedBatch/bytes``.
  public var offset: Int
  /// How many bytes it has.
  public var count: Int
  /// When it was read.
  public var time: Timestamp
}

/// Records in the order read, all their bytes in one buffer.
public struct CapturedBatch: Sendable {
  /// The raw bytes of all messages.
  public private(set) var bytes: [UInt8] = []
  /// The records; their ranges lie within `bytes`.
  public private(set) var records: [CapturedRecord] = []

  /// Whether nothing was read.
  public var isEmpty: Bool { records.isEmpty }

  /// The bytes of one record. When its line is not `isBase64`, they are valid UTF-8.
  public func message(_ record: CapturedRecord) -> ArraySlice<UInt8> {
    bytes[record.offset..<(record.offset + record.count)]
  }

  mutating func append(
    _ kind: CapturedRecord.Kind, _ message: UnsafeRawBufferPointer, at time: Timestamp
  ) {
    records.append(
      CapturedRecord(kind: kind, offset: bytes.count, count: message.count, time: time))
    bytes.append(contentsOf: message)
  }

  /// Takes over as many of the other's first records as fit; the other keeps the rest.
  mutating func absorb(_ other: inout CapturedBatch, lines: Int, size: Int) {
    if records.isEmpty, other.records.count <= lines {
      swap(&self, &other)
      return
    }
    var taken = 0
    var end = 0
    while taken < other.records.count, records.count + taken < lines, bytes.count + end < size {
      end = other.records[taken].offset + other.records[taken].count
      taken += 1
    }
    let shift = bytes.count
    bytes.append(contentsOf: other.bytes[..<end])
    for var record in other.records[..<taken] {
      record.offset += shift
      records.append(record)
    }
    if taken == other.records.count {
      other.removeAll()
      return
    }
    other.bytes.removeFirst(end)
    other.records.removeFirst(taken)
    for index in other.records.indices { other.records[index].offset -= end }
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    records.removeAll(keepingCapacity: true)
  }
}
