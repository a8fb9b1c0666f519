// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Looks at every event and text of a generation after a repair met one that is wrong, and says
/// which are and up to where all is well. Changes nothing.
struct LeafSurvey {
  private let old: OldGeneration
  private var decoder = LogLineDecoder()
  private var findings: [DoctorFinding] = []
  /// The first event that is in doubt.
  private var firstBad: UInt64?
  private var block = Frontier()
  private var whole: Frontier? = Frontier()
  private var losses = TextLosses()
  private var texts: UInt64 = 0

  /// As many findings are told; each is as good a reason as the next.
  private static let limit = 1000
  private static let stretch: UInt64 = 16_384

  /// What was found, and how many events from the first on are as they were written.
  struct Result {
    var findings: [DoctorFinding]
    var knownGood: LedgerSize
  }

  init(_ old: OldGeneration) { self.old = old }

  consuming func run() throws(RepairHalt) -> Result {
    var position: UInt64 = 0
    while position < old.size {
      let end = min(position + LeafSurvey.stretch, old.size)
      try survey(position..<end)
      position = end
    }
    if let whole, whole != old.head.frontier {
      let start = old.size & ~255
      note(
        DoctorFinding(
          .treeMismatch, .damage, position: Position(start),
          "the events do not hash to the root that the head holds"), at: firstBad ?? start)
    }
    if try old.count(old.leaves) > old.size {
      note(
        DoctorFinding(
          .leafExtra, .damage, position: Position(old.size),
          "there are events beyond the \(old.size) that the head counts"), at: nil)
    }
    if try old.textCount() > texts {
      note(
        DoctorFinding(.textStray, .damage, "there are texts that no event asks for"), at: nil)
    }
    if let position = losses.unexplained {
      note(
        DoctorFinding(
          .textMissing, .damage, position: position,
          "the text of event #\(position.value) is gone and no erasure names it"),
        at: position.value)
    }
    return Result(findings: findings, knownGood: LedgerSize(firstBad ?? old.size))
  }

  private mutating func survey(_ range: Range<UInt64>) throws(RepairHalt) {
    var copy = self
    try old.environment.read { (reading) throws(RepairHalt) in
      for position in range { try copy.look(at: position, in: reading.loan) }
    }
    self = copy
  }

  private mutating func look(at position: UInt64, in loan: Loan) throws(RepairHalt) {
    let place = Position(position)
    var leaf: CheckedLeaf?
    var hash: MerkleHash?
    do throws(RepairHalt) {
      let read = try loan.get(old.leaves, BigEndianKey(position)) {
        (bytes) throws(RepairHalt) -> CheckedLeaf in
        // The bytes count in the tree even if they say nothing.
        hash = MerkleTree.leafHash(of: bytes)
        return try CheckedLeaf(bytes, at: place, with: &decoder)
      }
      guard let read else {
        throw .damage(
          DoctorFinding(
            .leafMissing, .damage, position: place, "event #\(position) is missing"))
      }
      leaf = read
    } catch {
      guard case .damage(let finding) = error else { throw error }
      // The others of its block are vouched for by nothing.
      note(finding, at: position & ~255)
    }
    take(hash, at: position, in: loan)
    guard let leaf else { return }
    if case .event(let event) = leaf.content { losses.note(event) }
    do throws(RepairHalt) { try checkText(of: leaf, at: place, in: loan) } catch {
      guard case .damage(let finding) = error else { throw error }
      note(finding, at: position)
    }
  }

  private mutating func take(_ hash: MerkleHash?, at position: UInt64, in loan: Loan) {
    if let hash {
      block.append(hash)
      whole?.append(hash)
    } else {
      whole = nil
    }
    guard position & 255 == 255 else { return }
    // A block with a gap was told of by that gap.
    if block.size == 256, let stored = old.block(position >> 8, in: loan),
      stored != block.root()
    {
      let start = position - 255
      note(
        DoctorFinding(
          .treeMismatch, .damage, position: Position(start),
          "events #\(start) to #\(position) do not hash to what the tree holds for them"),
        at: start)
    }
    block = Frontier()
  }

  private mutating func checkText(
    of leaf: CheckedLeaf, at position: Position, in loan: Loan
  ) throws(RepairHalt) {
    guard let digest = leaf.text else { return }
    let isRight = try loan.get(old.texts, BigEndianKey(position.value)) {
      (bytes) throws(RepairHalt) in
      Digest(MerkleTree.sha256(bytes)) == digest
    }
    guard let isRight else { return losses.note(missing: position, job: leaf.job) }
    texts += 1
    if !isRight {
      note(
        DoctorFinding(
          .textAltered, .damage, position: position,
          "the text of event #\(position.value) does not match its digest"), at: position.value)
    }
  }

  private mutating func note(_ finding: DoctorFinding, at position: UInt64?) {
    if findings.count < LeafSurvey.limit { findings.append(finding) }
    if let position { firstBad = min(firstBad ?? position, position) }
  }
}
