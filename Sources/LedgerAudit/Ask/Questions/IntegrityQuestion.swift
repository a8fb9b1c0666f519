// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerDomain
import LedgerReading
import Transparency

/// What was verified from where to where, against which signed checkpoint, by which key, and can a third
/// party repeat it offline?
enum IntegrityQuestion: Answering {
  static let columns: [AnswerColumn] = [.check, .from, .to, .root, .key, .result]

  /// Up to this many events, each leaf is hashed for an answer; above it, stored roots of 256 leaves.
  static let leafLimit = TrailScope.hashingLimit

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    guard inquiry.size.value > 0 else {
      return answer.explainIfEmpty([.ledgerCreated], "there is nothing to verify")
    }
    let signed = inquiry.checkpoint.map { LedgerSize($0.size) }
    let end = max(inquiry.size, min(signed ?? inquiry.size, inquiry.snapshot.size))
    let tree = try RecomputedTree(
      inquiry.snapshot, through: end, sizes: [inquiry.size] + [signed].compactMap { $0 },
      hashesLeaves: end.value <= leafLimit)
    try addTree(tree, inquiry, to: &answer)
    addCheckpoint(tree, inquiry, to: &answer)
    let keys = try addKeys(&inquiry, to: &answer)
    try addReceipts(keys, inquiry, to: &answer)
    addOffline(inquiry, to: &answer)
  }

  private static func last(_ size: LedgerSize) -> [Position] {
    size.value == 0 ? [] : [Position(size.value - 1)]
  }

  private static func row(
    _ check: String, from: UInt64 = 0, to size: LedgerSize, root: MerkleHash? = nil,
    key: String? = nil, _ result: String
  ) -> [AnswerValue?] {
    [
      .word(check), .count(from), .count(size.value), root.map { .word($0.base64) },
      key.map { .name($0) }, .word(result),
    ]
  }

  /// The events up to the size, hashed as far as told, against the tree that is stored of them.
  private static func addTree(
    _ tree: RecomputedTree, _ inquiry: Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    let size = inquiry.size
    let root = tree.roots[size.value]
    let stored = try inquiry.snapshot.root(at: size)
    let agrees = tree.altered.isEmpty && root == stored
    answer.add(
      row(
        tree.hashesLeaves ? "events" : "subtree-roots", to: size, root: root,
        !agrees
          ? "the stored tree is another"
          : tree.hashesLeaves
            ? "each event hashed; the stored tree is the same"
            : inquiry.documents.isVerifying
              ? "stored roots of 256 events each hashed; of the events those that answers rest on"
              : "stored roots of 256 events each hashed; of the events none"),
      restingOn: [Position(0)] + last(size))
    if !agrees {
      answer.except(
        .treeAltered, about: nil, restingOn: tree.altered.isEmpty ? last(size) : tree.altered)
    }
  }

  private static func addCheckpoint(
    _ tree: RecomputedTree, _ inquiry: Inquiry, to answer: inout Answer
  ) {
    guard let checkpoint = inquiry.checkpoint else {
      answer.add(
        row("checkpoint", to: LedgerSize(0), "none was ever signed"),
        restingOn: last(inquiry.size))
      return answer.except(.checkpointMissing, about: nil, restingOn: last(inquiry.size))
    }
    let size = LedgerSize(checkpoint.size)
    let isSame = size <= inquiry.snapshot.size && tree.roots[size.value] == checkpoint.root
    let isBehind = size < inquiry.size
    let covered = min(size, inquiry.size)
    answer.add(
      row(
        "checkpoint", to: size, root: checkpoint.root,
        key: checkpoint.note.signers.first?.publicKey.fingerprint,
        !isSame
          ? "signed, and of other events"
          : isBehind
            ? "signed; \(inquiry.size.value - size.value) later events are not"
            : "signed; all events of this answer are among its own"),
      restingOn: last(covered))
    if !isSame { answer.except(.checkpointWrong, about: nil, restingOn: last(covered)) }
    if isBehind {
      answer.except(
        .checkpointBehind, about: nil, restingOn: [Position(size.value)] + last(inquiry.size))
    }
  }

  /// The log's keys: each introduced by the one before it, which signs with it for that.
  private static func addKeys(
    _ inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) -> KeyChain? {
    guard
      case .ledger(let ledger)? = try inquiry.snapshot.entity(.ledger, asOf: inquiry.size),
      let first = ledger.keys.first?.vkey.string,
      var chain = try? KeyChain(first: first, origin: ledger.origin.string)
    else { return nil }
    var rotations: [(Position, KeyRotated)] = []
    var whole = inquiry.ofLedger
    try whole.forEachEvent(of: [.keyRotated], fromTheStart: true) { event, _ in
      if case .keyRotated(let fact) = event.fact { rotations.append((event.position, fact)) }
    }
    for (position, fact) in rotations {
      let root = try inquiry.snapshot.root(at: LedgerSize(position.value))
      do throws(KeyChain.Fault) { try chain.add(fact, at: position, root: root) } catch {
        answer.except(.signatureWrong, about: "key", restingOn: [position])
      }
    }
    for epoch in chain.epochs {
      let isFirst = epoch.position.value == 0
      answer.add(
        row(
          "key", from: epoch.after.map { $0.value + 1 } ?? 1, to: epoch.until ?? inquiry.size,
          key: epoch.key.publicKey.fingerprint,
          isFirst
            ? "the first key of the ledger: compare it with one that you trust"
            : "introduced by the key before it, signed by both"),
        restingOn: [epoch.position])
    }
    return chain
  }

  /// What anchors keep elsewhere: of each the newest receipt.
  private static func addReceipts(
    _ keys: KeyChain?, _ inquiry: Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    guard let directory = inquiry.documents.directory, let keys else { return }
    let receipts = Receipts(directory)
    for anchor in receipts.anchors() {
      let sizes = receipts.sizes(of: anchor).filter { $0 <= inquiry.snapshot.size }
      guard let size = sizes.last else { continue }
      let bytes = (try? receipts.read(anchor, size, .checkpoint)) ?? []
      let note = try? UnverifiedCheckpoint(bytes)
      let verified = try? note?.verified(by: [keys.key(for: size)], origin: .unchecked)
      let root = try inquiry.snapshot.root(at: size)
      let isSame = verified?.size == size.value && verified?.root == root
      let rests = last(min(size, inquiry.size))
      answer.add(
        row(
          "receipt \(anchor)", to: size, root: note?.unchecked.root,
          key: verified?.note.signers.first?.publicKey.fingerprint,
          isSame
            ? "the newest of \(sizes.count): of these events" : "not of these events"),
        restingOn: rests)
      if !isSame { answer.except(.receiptWrong, about: anchor.string, restingOn: rests) }
    }
  }

  /// What somebody else can do without this ledger, and what more there is to be done with it.
  private static func addOffline(_ inquiry: Inquiry, to answer: inout Answer) {
    let covered = min(LedgerSize(inquiry.checkpoint?.size ?? 0), inquiry.size)
    answer.add(
      row(
        "offline", to: covered,
        covered.value == 0
          ? "no: nothing is signed"
          : "yes: 'jobledger replay export --format bundle' or '--proofs', and any verifier of them"
      ),
      restingOn: last(covered))
    answer.add(
      row(
        "not-checked", to: inquiry.size,
        "words, indexes, views, persons' signatures, stored files: 'jobledger replay verify' does"),
      restingOn: last(inquiry.size))
    guard let directory = inquiry.documents.directory,
      (try? PoisonState.read(directory).isPoisoned) ?? true
    else { return }
    answer.add(
      row("writes", to: inquiry.snapshot.size, "the outcome of the last one is unknown"),
      restingOn: last(inquiry.size))
    answer.except(.outcomeUnknown, about: nil, restingOn: last(inquiry.size))
  }
}

/// The tree over the first events, computed again from leaves, or from stored roots of 256 of them.
private struct RecomputedTree {
  /// Roots by size.
  let roots: [UInt64: MerkleHash]
  /// The last event of each block whose stored root is another.
  private(set) var altered: [Position] = []
  let hashesLeaves: Bool

  init(
    _ snapshot: Snapshot, through end: LedgerSize, sizes: [LedgerSize], hashesLeaves: Bool
  ) throws(ReadingError) {
    self.hashesLeaves = hashesLeaves
    var tree = TreeBuilder()
    tree.expect(sizes: sizes.map(\.value))
    let mixed = sizes.map { $0.value >> 8 }
    var block: UInt64 = 0
    while block << 8 < end.value {
      let stop = min((block + 1) << 8, end.value)
      if hashesLeaves || stop & 255 != 0 || mixed.contains(block) {
        for position in block << 8..<stop {
          let hash = try snapshot.leaf(at: Position(position)) { MerkleTree.leafHash(of: $0) }
          if let root = tree.add(hash), try snapshot.treeNode(height: 8, index: block) != root {
            altered.append(Position(position))
          }
        }
      } else {
        tree.add(block: try snapshot.treeNode(height: 8, index: block))
      }
      block += 1
    }
    roots = tree.roots
  }
}
