// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// A reader that counts what a proof asks for.
private final class Counting: SubtreeReader {
  let snapshot: Snapshot
  private(set) var roots = 0
  private(set) var leaves = 0

  init(_ snapshot: Snapshot) { self.snapshot = snapshot }

  func subtreeRoot(height: Int, index: UInt64) throws(ReadingError) -> MerkleHash {
    let isPeak = snapshot.head.frontier.size >> UInt64(height) == index + 1 && index & 1 == 0
    if height >= 7 || isPeak { roots += 1 } else { leaves += 1 << height }
    return try snapshot.subtreeRoot(height: height, index: index)
  }
}

struct EventProofTests {
  /// Every leaf of a ledger, as it is stored.
  static func tree(_ reader: LedgerReader) throws -> (leaves: [MerkleHash], tree: StoredTree) {
    let leaves = try reader.read { (snapshot) throws(ReadingError) in
      var leaves: [MerkleHash] = []
      for position in 0..<snapshot.size.value {
        leaves.append(MerkleTree.leafHash(of: try snapshot.leafBytes(at: Position(position))))
      }
      return leaves
    }
    return (leaves, StoredTree(leaves: leaves))
  }

  static func head(_ size: UInt64, _ tree: StoredTree) throws -> VerifiedCheckpoint {
    let signer = NoteSigner(
      name: try KeyName("example.org/store"),
      key: try SigningKey(rawRepresentation: [UInt8](repeating: 7, count: 32)))
    let note = Checkpoint(origin: signer.name, size: size, root: tree.root(at: size))
      .signed(by: signer)
    return try UnverifiedCheckpoint(note).verified(by: [signer.verifierKey])
  }

  @Test func `proofs from a ledger are those from its leaves, with few reads`() throws {
    let store = try Store(HistoryGenerator.history(seed: 61, length: 3_000))
    let reader = try #require(store.ledger?.reader)
    let (leaves, tree) = try Self.tree(reader)
    let whole = UInt64(leaves.count)
    let depth = UInt64.bitWidth - whole.leadingZeroBitCount
    var random = SplitMix64(seed: 61)
    let edges = [1, 2, 255, 256, 257, 511, 512, 1_024, 2_047, 2_048, 2_049, whole - 1, whole]
    let sizes = edges + (0..<200).map { _ in UInt64(random.below(Int(whole)) + 1) }
    for size in sizes {
      let head = try Self.head(size, tree)
      try reader.read { (snapshot) throws(ReadingError) in
        for index in [0, size - 1, size / 2, UInt64(random.below(Int(size)))] {
          let counting = Counting(snapshot)
          let proof = try counting.inclusionProof(of: index, in: size)
          #expect(proof == tree.inclusionProof(of: index, in: size))
          #expect(throws: Never.self) { try head.verify(proof, of: leaves[Int(index)]) }
          #expect(counting.roots <= 2 * depth)
          #expect(counting.leaves <= (size == whole ? 127 : 254))
        }
        for older in [0, 1, size / 2, size - 1, size, UInt64(random.below(Int(size) + 1))] {
          let counting = Counting(snapshot)
          let proof = try counting.consistencyProof(from: older, to: size)
          #expect(proof == tree.consistencyProof(from: older, to: size))
          #expect(counting.roots <= 2 * depth + 1)
          #expect(counting.leaves <= (size == whole ? 128 : 255))
        }
        #expect(try snapshot.root(at: LedgerSize(size)) == tree.root(at: size))
      }
    }
  }

  @Test func `sizes and positions beyond the head are refused`() throws {
    let store = try Store(HistoryGenerator.history(seed: 62, length: 300))
    let reader = try #require(store.ledger?.reader)
    try reader.read { (snapshot) throws(ReadingError) in
      let size = snapshot.size
      let more = LedgerSize(size.value + 1)
      for (position, size) in [
        (0, more), (size.value, size), (5, LedgerSize(5)), (0, LedgerSize(0)),
        (0, LedgerSize(.max)), (.max, size), (.max, LedgerSize(.max)),
      ] {
        #expect(throws: ReadingError.self) {
          try snapshot.inclusionProof(of: Position(position), in: size)
        }
      }
      for (older, newer) in [
        (LedgerSize(0), more), (more, more), (LedgerSize(6), LedgerSize(5)),
        (LedgerSize(.max), size),
      ] {
        #expect(throws: ReadingError.self) {
          try snapshot.consistencyProof(from: older, to: newer)
        }
      }
    }
  }

  @Test(arguments: [nil, 1_100] as [UInt64?])
  func `a proof reads no leaf but around its event and at its size's end`(
    older: UInt64?
  ) throws {
    let store = try Store(HistoryGenerator.history(seed: 63, length: 1_500))
    let (leaves, tree) = try Self.tree(try #require(store.ledger?.reader))
    let size = UInt64(leaves.count)
    let index: UInt64 = 700
    try store.tamper { (loan, tables) throws(LMDBError) in
      for position in 0..<size where position >> 7 != index >> 7 {
        if let older, position >> 7 == older >> 7, position < older { continue }
        try loan.delete(tables.leaves, BigEndianKey(position))
      }
    }
    let reader = try store.reader()
    defer { reader.close() }
    let proof = try reader.read { (snapshot) throws(ReadingError) in
      try snapshot.inclusionProof(of: Position(index), in: LedgerSize(older ?? size))
    }
    #expect(proof == tree.inclusionProof(of: index, in: older ?? size))
  }

  @Test func `every event is proved by the last checkpoint, with its words unless erased`() throws {
    let store = try Store(HistoryGenerator.history(seed: 64, length: 900))
    let size = try store.head().size.value
    store.close()
    let reader = try store.reader()
    defer { reader.close() }
    let key = try VerifierKey(reader.identity.vkey)
    var (erased, disclosed) = (0, 0)
    for position in 0..<size {
      let proof = try EventProof.make(of: Position(position), in: reader)
      let file = try UnverifiedProofFile(proof.bytes)
      let lines = try #require(file.extra).split(separator: 0x0A).map(Array.init)
      // What a stranger does: the leaf from the file, the key from elsewhere.
      let proven = try file.verified(entry: lines[0], by: [key])
      #expect(proven.index == position && proof.position.value == position)
      #expect(lines[0] == proof.leaf)
      let event = try EventCodec.decode(lines[0])
      #expect(event.position.value == position)
      if lines.count == 2 {
        disclosed += 1
        #expect(event.text == Digest(MerkleTree.sha256(lines[1])))
      } else {
        #expect(lines.count == 1 && proof.disclosure == nil)
        if event.text != nil { erased += 1 }
      }
    }
    #expect(erased > 0 && disclosed > 0)
  }

  @Test func `an event is proved by a checkpoint that was kept, and by none that covers less`()
    throws
  {
    let house = try House()
    guard case .signed(let note, let size) = house.ledger.signCheckpoint() else {
      Issue.record("no checkpoint")
      return
    }
    for number in 0..<20 {
      let name = try #require(Name("project-\(number)"))
      try house.ask(.alice, .addProject(name, text: EventText([.path: .string("/srv/\(number)")])))
    }
    guard case .signed = house.ledger.signCheckpoint() else {
      Issue.record("no checkpoint")
      return
    }
    let path = house.ledger.directory.path
    house.ledger.close()
    let reader = try LedgerReader.open(path)
    defer { reader.close() }
    let kept = try EventProof.make(of: Position(0), in: reader, by: note)
    #expect(kept.size == size)
    let last = try EventProof.make(of: Position(0), in: reader)
    #expect(last.size > size && last.leaf == kept.leaf)
    #expect(throws: EventProof.Failure.notCovered(Position(size.value), checkpoint: size)) {
      try EventProof.make(of: Position(size.value), in: reader, by: note)
    }
    let stranger = NoteSigner(
      name: try KeyName("example.org/house"),
      key: try SigningKey(rawRepresentation: [UInt8](repeating: 7, count: 32)))
    let forged = last.proven.checkpoint.checkpoint.signed(by: stranger)
    #expect(throws: EventProof.Failure.self) {
      try EventProof.make(of: Position(0), in: reader, by: forged)
    }
    #expect(throws: EventProof.Failure.self) {
      try EventProof.make(of: Position(0), in: reader, by: Array("nothing\n".utf8))
    }
  }

  @Test func `a changed leaf, and words that were changed or are gone, are not given out`() throws {
    let history = HistoryGenerator.history(seed: 65, length: 600)
    let whole = try Store(history)
    let position = try #require(whole.ledger?.reader).read { (snapshot) throws(ReadingError) in
      var position = Position(300)
      while try snapshot.disclosure(at: position) == nil { position = position.next }
      return position
    }
    whole.close()
    func failure(
      _ change: (WriteLoan, Tables) throws(LMDBError) -> Void
    ) throws -> EventProof.Failure? {
      let store = try Store(history)
      try store.tamper(change)
      let reader = try store.reader()
      defer { reader.close() }
      do throws(EventProof.Failure) {
        _ = try EventProof.make(of: position, in: reader)
        return nil
      } catch {
        return error
      }
    }
    let key = BigEndianKey(position.value)
    #expect(try failure { (_, _) throws(LMDBError) in } == nil)
    for neighbour in [position.value, position.value ^ 1, position.value ^ 100] {
      let found = try failure { (loan, tables) throws(LMDBError) in
        let key = BigEndianKey(neighbour)
        var leaf = try loan.bytes(tables.leaves, key) ?? []
        let time = Array("\"time\":\"2".utf8)
        for start in leaf.indices where leaf[start...].starts(with: time) {
          leaf[start + time.count] ^= 1
        }
        try loan.put(tables.leaves, key, leaf, mode: .overwrite)
      }
      #expect(found == .reading(ReadingError(.leafAltered(position), "")))
    }
    let altered = try failure { (loan, tables) throws(LMDBError) in
      try loan.put(tables.texts, key, Array("[\"\",{}]".utf8), mode: .overwrite)
    }
    #expect(altered == .reading(ReadingError(.textAltered(position), "")))
    let missing = try failure { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.texts, key)
    }
    #expect(missing == .reading(ReadingError(.textMissing(position), "")))
  }

  @Test func `the tree takes less than a byte an event`() throws {
    let folder = TemporaryFolder()
    var options = Environment.Options()
    options.maximumTables = 4
    options.createsFiles = true
    options.unsafeNoSync = true
    let environment = try Environment.open(directory: folder.path, options: options)
    let table = try environment.openTables(["tree"], create: true)[0]
    let events: UInt64 = 1_000_000
    _ = try environment.write { (transaction) throws(LMDBError) in
      // One leaf stands for the root of a block: what is kept begins at height 7.
      var blocks = Frontier()
      let leaf = MerkleTree.leafHash(of: [])
      for _ in 0..<events >> 7 {
        try blocks.append(leaf) { (height, index, hash) throws(LMDBError) in
          try IndexKey.treeNode(height: UInt8(height + 7), index: index) {
            (key) throws(LMDBError) in
            try hash.withUnsafeBytes { (bytes) throws(LMDBError) in
              try transaction.loan.put(table, key, bytes, mode: .append)
            }
          }
        }
      }
    }
    let taken = try environment.statistics(table)
    let bytes = (taken.branchPages + taken.leafPages + taken.overflowPages) * taken.pageSizeBytes
    #expect(bytes < Int(events), "\(bytes) bytes")
    try environment.close()
  }
}
