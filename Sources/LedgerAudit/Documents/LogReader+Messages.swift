// SPDX-License-Identifier: Apache-2.0
import LMDB
public import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// The words of a log line without the rest of it, lent while its pages are.
public struct LogMessage {
  /// The message as a JSON string without its quotes, as it is stored; nil once it was erased.
  ///
  /// Nothing tells here whether it is the base64 form of bytes that are no UTF-8.
  public let stored: UnsafeRawBufferPointer?

  /// Whether it could be such a form. Most lines are told by their length or their first space.
  public var mayBeBase64: Bool {
    guard let stored, !stored.isEmpty, stored.count & 3 == 0 else { return false }
    for byte in stored {
      let isLetter = (0x61...0x7A).contains(byte | 0x20)
      guard isLetter || (0x2F...0x39).contains(byte) || byte == 0x2B || byte == 0x3D else {
        return false
      }
    }
    return true
  }

  /// Appends what the stored string stands for.
  public func append(to buffer: inout ByteBuffer) {
    if let stored { CanonicalText.appendUnescaped(stored, to: &buffer) }
  }
}

extension LogReader {
  /// Whether every line is stored whole, none in parts, so that each message is a line of its own.
  ///
  /// Reads every run of the index once, and at most 256 leaves when the size falls inside a run.
  public func hasOnlyWholeLines() throws(ReadingError) -> Bool {
    var events: UInt64 = 0
    try snapshot.forEachLogRun(of: job, asOf: size) { run in
      events += min(run.last.value + 1, size.value) - run.first.value
      return true
    }
    // Lines are counted by their first part alone.
    return try events == snapshot.logSummary(of: job, asOf: size)?.counts.lines.total ?? 0
  }

  /// Calls `body` with the position and the message of each line from `start` on, until it says no.
  ///
  /// Leaves are not read, which is most of what a line costs. `whole` reads the leaf of this line
  /// where its words do not say enough.
  public func forEachMessage(
    from start: Position = Position(0),
    _ body: (
      _ position: Position, _ message: LogMessage, _ whole: () throws(ReadingError) -> LogLineView
    ) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    var decoder = LogLineDecoder()
    try snapshot.loan.withCursor(snapshot.tables.leaves) { (leaves) throws(ReadingError) in
      try snapshot.loan.withCursor(snapshot.tables.texts) { (texts) throws(ReadingError) in
        try snapshot.forEachLogRun(of: job, asOf: size, from: start) { (run) throws(ReadingError) in
          let first = max(run.first.value, start.value)
          let end = min(run.last.value + 1, size.value)
          guard first < end else { return true }
          var text = try seek(&texts, first)
          for index in first..<end {
            let position = Position(index)
            var stored: UnsafeRawBufferPointer?
            if let words = text, RowKey.position(words.key) == index {
              stored = try LogReader.message(words.value, position)
              // Erased words leave a gap: what stands behind it waits.
              if index + 1 < end { text = try next(&texts) }
            }
            let goesOn = try body(
              position,
              LogMessage(stored: stored.map { .init(rebasing: $0[1..<$0.count - 1]) })
            ) { () throws(ReadingError) in
              guard let leaf = try seek(&leaves, index), RowKey.position(leaf.key) == index else {
                throw ReadingError(.leafMissing(position), "reading a log")
              }
              let logged = try LogReader.decode(leaf.value, position, &decoder)
              return LogLineView(logged: logged, message: stored)
            }
            if !goesOn { return false }
          }
          return true
        }
      }
    }
  }
}
