// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Makes the lines of an export, a stretch at a time.
struct ExportWalk {
  struct Lines: Sendable {
    var bytes: [UInt8]
    /// Of the export so far.
    var summary: Exporter.Summary
  }

  private static let bytes = 1 << 18

  let reader: LedgerReader
  let end: UInt64
  let erasures: Erasures
  /// What each full form is put into; nil for nothing.
  let envelope: CloudEvent?
  private var next: UInt64
  private var summary = Exporter.Summary()
  private var checker = BlockChecker()
  private var decoder = LogLineDecoder()

  init(
    reader: LedgerReader, from start: UInt64, end: UInt64, erasures: Erasures,
    envelope: CloudEvent? = nil
  ) {
    self.reader = reader
    self.end = end
    self.erasures = erasures
    self.envelope = envelope
    next = start
  }

  /// The next lines; nil after the last one.
  mutating func lines() throws(ReadingError) -> Lines? {
    guard next < end else { return nil }
    var buffer = ByteBuffer(capacity: ExportWalk.bytes + 65_536)
    var (position, summary, checker, decoder) = (next, summary, checker, decoder)
    let (end, erasures, envelope) = (end, erasures, envelope)
    try reader.read { (snapshot) throws(ReadingError) in
      while position < end, buffer.count < ExportWalk.bytes {
        let place = Position(position)
        try snapshot.verifiedLeaf(at: place, using: &checker) {
          (leaf) throws(ReadingError) in
          let read = try LeafWalk.decode(leaf, at: position, with: &decoder)
          envelope?.open(into: &buffer)
          try ExportWalk.append(leaf, read, in: snapshot, erasures, &summary, to: &buffer)
          envelope?.close(read, into: &buffer)
          buffer.append(0x0A)
        }
        position += 1
        summary.events += 1
      }
    }
    (next, self.summary, self.checker, self.decoder) = (position, summary, checker, decoder)
    return Lines(bytes: buffer.array(), summary: summary)
  }

  /// Appends the full form of an event, and counts what became of its words.
  static func append(
    _ leaf: UnsafeRawBufferPointer, _ read: ReadLeaf, in snapshot: Snapshot,
    _ erasures: Erasures, _ summary: inout Exporter.Summary, to buffer: inout ByteBuffer
  ) throws(ReadingError) {
    let place = read.position
    let operation = "exporting event #\(place.value)"
    guard let digest = read.text else { return buffer.append(leaf) }
    let written: Bool? = try snapshot.loan.get(
      snapshot.tables.texts, BigEndianKey(place.value)
    ) { (text) throws(ReadingError) in
      guard Digest(MerkleTree.sha256(text)) == digest else {
        throw ReadingError(.textAltered(place), operation)
      }
      try encode(leaf, .disclosed(text), place, to: &buffer)
      return true
    }
    if written != nil { return }
    let isErased = erasures.erasure(of: place, job: read.job) != nil
    if isErased {
      summary.erased += 1
    } else {
      summary.missing += 1
      if summary.firstMissing == nil { summary.firstMissing = place }
    }
    try encode(leaf, isErased ? .erased : .absent, place, to: &buffer)
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
