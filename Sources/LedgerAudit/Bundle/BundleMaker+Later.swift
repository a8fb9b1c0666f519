// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

// What became of words after the events that are here: `later/`, single events under a later
// checkpoint, with the proof that it extends the one here, or of a part under the same.

extension BundleMaker {
  /// Writes the erasures that name words of events here and are not among these, and the rotations
  /// between the two checkpoints, by which the key of the later one is known; nothing where nothing
  /// was erased.
  mutating func writeLater(beside part: BundlePart?) throws {
    let erasing = try part.map { try later(beside: $0) } ?? laterOfWhole()
    guard let last = erasing.last else { return }
    let covering = part == nil ? reader.checkpoint : head.checkpoint
    guard let checkpoint = covering, last.position.value < checkpoint.size else {
      throw BundleFailure.erasedSince(
        last.position, checkpoint: LedgerSize(covering?.size ?? 0))
    }
    let rotations = try later(
      .keyRotated, from: head.size, before: LedgerSize(checkpoint.size))
    let erasures = try reader.read { (snapshot) throws(ReadingError) in try Erasures(snapshot) }
    let proof = try BundleHead.prove(head.checkpoint, before: checkpoint, in: reader)
    try folder.write("later/checkpoint", checkpoint.note.bytes)
    try folder.write(
      "later/consistency", Array(proof.hashes.map { "\($0.base64)\n" }.joined().utf8))
    let lines = try folder.open("later/events.jsonl")
    for position in (erasing + rotations).map(\.position).sorted() {
      _ = try writeEvent(
        at: position, to: lines, proof: "later/proofs", under: checkpoint, erasures
      ) { _ in true }
      summary.proofsOfLater += 1
    }
    try folder.close(lines)
  }

  private func laterOfWhole() throws -> [Event] {
    try later(.textErased, from: head.size, before: nil).filter { event in
      guard case .textErased(let fact) = event.fact else { return false }
      return fact.ranges.contains { $0.from.value < head.size.value }
    }
  }

  /// An erasure is about one subject, so that those of this one tell nothing of another; a window of all
  /// events has those of any.
  private func later(beside part: BundlePart) throws -> [Event] {
    let here = Set(part.positions)
    return try later(.textErased, from: LedgerSize(0), before: head.size).filter { event in
      guard case .textErased(let fact) = event.fact, !here.contains(event.position),
        part.subject == nil || event.subjectID == part.subject
      else { return false }
      return fact.ranges.contains { range in
        part.positions.contains { range.from <= $0 && $0 <= range.to && $0 < event.position }
      }
    }
  }

  /// The events of a type between two sizes.
  private func later(
    _ type: FactCode, from start: LedgerSize, before end: LedgerSize?
  ) throws -> [Event] {
    try reader.read { (snapshot) throws(ReadingError) in
      var found: [Event] = []
      try snapshot.forEachPosition(
        of: type, asOf: end ?? snapshot.size, from: Position(start.value)
      ) { (position) throws(ReadingError) in
        found.append(try snapshot.event(at: position))
        return true
      }
      return found
    }
  }
}
