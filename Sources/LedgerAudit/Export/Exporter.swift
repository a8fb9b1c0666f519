// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Export — events in full form, in order, as they leave the ledger.
// Reads: leaves, texts, erasures. Never: view rows; an event that was not held against the tree.
// Invariant: put the digest back for the text, apply JCS, and each line is its leaf again.
// Start at: Exporter.export(_:through:_:). Tests: ExportTests in LedgerAuditTests.

import LMDB
import LedgerCodec
public import LedgerDomain
public import LedgerReading
import Transparency

/// Writes events as JSON Lines.
public enum Exporter {
  /// What an export held.
  public struct Summary: Equatable, Sendable {
    /// How many events.
    public var events: UInt64 = 0
    /// How many of their texts were erased.
    public var erased: UInt64 = 0
    /// How many of their texts are gone though no erasure names them; those have a digest alone.
    public var missing: UInt64 = 0
    /// The first of those.
    public var firstMissing: Position?
  }

  /// Calls `write` with the events 0…size−1 in full form, one a line, some hundred lines a call.
  ///
  /// Every block of leaves is hashed and compared with the tree, every text with its digest;
  /// damage ends the export with a ``ReadingError``. Memory is bounded. `progress` gets the number
  /// of events written.
  public static func export(
    _ reader: LedgerReader, through size: LedgerSize,
    _ write: ([UInt8]) throws -> Void, progress: (UInt64) -> Void = { _ in }
  ) throws -> Summary {
    let erasures = try reader.read { (snapshot) throws(ReadingError) in
      guard size <= snapshot.size else {
        throw ReadingError(.beyondHead(asked: size, head: snapshot.size), "exporting events")
      }
      return try Erasures(snapshot)
    }
    var summary = Summary()
    try Pipeline.run { emit in
      var walk = ExportWalk(reader: reader, end: size.value, erasures: erasures)
      while let lines = try walk.lines(), emit(lines) {}
    } consume: { (lines: ExportWalk.Lines) in
      try write(lines.bytes)
      summary = lines.summary
      progress(summary.events)
    }
    return summary
  }
}

/// Makes the lines of an export, a stretch at a time.
private struct ExportWalk {
  struct Lines: Sendable {
    var bytes: [UInt8]
    /// Of the export so far.
    var summary: Exporter.Summary
  }

  private static let bytes = 1 << 18

  let reader: LedgerReader
  let end: UInt64
  let erasures: Erasures
  private var next: UInt64 = 0
  private var summary = Exporter.Summary()
  private var checker = BlockChecker()
  private var decoder = LogLineDecoder()

  init(reader: LedgerReader, end: UInt64, erasures: Erasures) {
    self.reader = reader
    self.end = end
    self.erasures = erasures
  }

  mutating func lines() throws(ReadingError) -> Lines? {
    guard next < end else { return nil }
    var buffer = ByteBuffer(capacity: ExportWalk.bytes + 65_536)
    var (position, summary, checker, decoder) = (next, summary, checker, decoder)
    let (end, erasures) = (end, erasures)
    try reader.read { (snapshot) throws(ReadingError) in
      while position < end, buffer.count < ExportWalk.bytes {
        let place = Position(position)
        try snapshot.verifiedLeaf(at: place, using: &checker) {
          (leaf) throws(ReadingError) in
          let read = try LeafWalk.decode(leaf, at: position, with: &decoder)
          try ExportWalk.append(leaf, read, in: snapshot, erasures, &summary, to: &buffer)
        }
        position += 1
        summary.events += 1
      }
    }
    (next, self.summary, self.checker, self.decoder) = (position, summary, checker, decoder)
    return Lines(bytes: buffer.array(), summary: summary)
  }

  private static func append(
    _ leaf: UnsafeRawBufferPointer, _ read: ReadLeaf, in snapshot: Snapshot,
    _ erasures: Erasures, _ summary: inout Exporter.Summary, to buffer: inout ByteBuffer
  ) throws(ReadingError) {
    let place = read.position
    let operation = "exporting event #\(place.value)"
    guard let digest = read.text else {
      buffer.append(leaf)
      return buffer.append(0x0A)
    }
    let written: Bool? = try snapshot.loan.get(
      snapshot.tables.texts, BigEndianKey(place.value)
    ) { (text) throws(ReadingError) in
      guard Digest(MerkleTree.sha256(text)) == digest else {
        throw ReadingError(.textAltered(place), operation)
      }
      try encode(leaf, .disclosed(text), place, to: &buffer)
      return true
    }
    if written == nil {
      let isErased = erasures.erasure(of: place, job: read.job) != nil
      if isErased {
        summary.erased += 1
      } else {
        summary.missing += 1
        if summary.firstMissing == nil { summary.firstMissing = place }
      }
      try encode(leaf, isErased ? .erased : .absent, place, to: &buffer)
    }
    buffer.append(0x0A)
  }

  private static func encode(
    _ leaf: UnsafeRawBufferPointer, _ words: FullForm.Words, _ place: Position,
    to buffer: inout ByteBuffer
  ) throws(ReadingError) {
    do throws(CodecError) { try FullForm.encode(leaf: leaf, words: words, into: &buffer) } catch {
      throw ReadingError(.textAltered(place), "exporting event #\(place.value)")
    }
  }
}
