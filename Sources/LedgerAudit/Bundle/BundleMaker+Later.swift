// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

// What became of a whole ledger's words after the checkpoint that it is under: `later/`, a part of
// its own under a later checkpoint, with the proof that this one extends that one.

extension BundleMaker {
  /// Writes the erasures that name words of before the checkpoint, and the rotations between the two
  /// checkpoints, by which the key of the later one is known. Nothing where nothing was erased.
  mutating func writeLater() throws {
    let erasing = try later(.textErased, before: nil).filter { event in
      guard case .textErased(let fact) = event.fact else { return false }
      return fact.ranges.contains { $0.from.value < head.size.value }
    }
    guard let last = erasing.last else { return }
    guard let checkpoint = reader.checkpoint, last.position.value < checkpoint.size else {
      throw BundleFailure.erasedSince(
        last.position, checkpoint: LedgerSize(reader.checkpoint?.size ?? 0))
    }
    let rotations = try later(.keyRotated, before: LedgerSize(checkpoint.size))
    let erasures = try reader.read { (snapshot) throws(ReadingError) in try Erasures(snapshot) }
    let proof = try BundleHead.prove(head.checkpoint, before: checkpoint, in: reader)
    try folder.write("later/checkpoint", checkpoint.note.bytes)
    try folder.write(
      "later/consistency", Array(proof.hashes.map { "\($0.base64)\n" }.joined().utf8))
    let lines = try folder.open("later/events.jsonl")
    for position in (erasing + rotations).map(\.position).sorted() {
      _ = try writeEvent(
        at: position, to: lines, proof: "later/proofs", under: checkpoint, erasures, wordsOf: nil)
      summary.proofsOfLater += 1
    }
    try folder.close(lines)
  }

  /// The events of a type from the checkpoint on.
  private func later(_ type: FactCode, before end: LedgerSize?) throws -> [Event] {
    try reader.read { (snapshot) throws(ReadingError) in
      var found: [Event] = []
      try snapshot.forEachPosition(
        of: type, asOf: end ?? snapshot.size, from: Position(head.size.value)
      ) { (position) throws(ReadingError) in
        found.append(try snapshot.event(at: position))
        return true
      }
      return found
    }
  }
}
