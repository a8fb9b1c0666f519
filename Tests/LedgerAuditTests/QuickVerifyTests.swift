// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// `verify --quick`: leaves, tree, head and checkpoints, hashed on both cores.
struct QuickVerifyTests {
  @Test(arguments: [1, 200, 700, 4_500])
  func `a whole ledger comes to the same root as by the whole verification`(length: Int) throws {
    let store = try Store(HistoryGenerator.history(seed: 71, length: length))
    let whole = try store.audit()
    let quick = try store.audit(depth: .tree)
    #expect(quick.isOK && quick.isQuick && !whole.isQuick)
    #expect(quick.size == whole.size)
    #expect(quick.root == whole.root)
    #expect(quick.checkpoint == whole.checkpoint)
    #expect(quick.checked.events == whole.checked.events)
    #expect(quick.checked.nodes == whole.checked.nodes)
    #expect(quick.checked.texts == 0 && quick.checked.rows == 0)
    #expect(AuditReport(json: quick.json()) == quick)
  }

  @Test func `a kept checkpoint is found at any size, and a forged one is not`() throws {
    let store = try Store(HistoryGenerator.history(seed: 72, length: 900))
    let reader = try #require(store.ledger?.reader)
    let secret = try reader.directory.key(reader.directory.logKeyFile)
    let signer = NoteSigner(
      name: try KeyName("example.org/store"), key: try SigningKey(rawRepresentation: secret))
    let sizes: [UInt64] = [0, 1, 255, 256, 257, 511, 512, 700]
    let roots = try reader.read { (snapshot) throws(ReadingError) in
      try sizes.map { (size) throws(ReadingError) in try snapshot.root(at: LedgerSize(size)) }
    }
    for (size, root) in zip(sizes, roots) {
      let note = Checkpoint(origin: signer.name, size: size, root: root).signed(by: signer)
      #expect(try store.audit(against: note, depth: .tree).isOK)
      let forged = Checkpoint(origin: signer.name, size: size, root: MerkleTree.sha256([1]))
      let report = try store.audit(against: forged.signed(by: signer), depth: .tree)
      #expect(codes(report) == ["checkpoint-root"])
    }
  }

  @Test(arguments: [0, 1, 2, 3, 4])
  func `any node of the tree that is changed or gone is found, the last half of a block too`(
    index: UInt64
  ) throws {
    // Five halves of blocks, the last of them without a block that would vouch for it.
    let history = HistoryGenerator.history(seed: 74, length: 700)
    for isGone in [false, true] {
      let store = try Store(history)
      let size = try store.head().size.value
      #expect(size >> 7 == 5, "\(size) events")
      try store.tamper { (loan, tables) throws(LMDBError) in
        try IndexKey.treeNode(height: 7, index: index) { (key) throws(LMDBError) in
          let name = Array(key)
          var node = try loan.bytes(tables.tree, name) ?? []
          #expect(node.count == 32)
          node[31] ^= 1
          if isGone {
            try loan.delete(tables.tree, name)
          } else {
            try loan.put(tables.tree, name, node, mode: .overwrite)
          }
        }
      }
      let report = try store.audit(depth: .tree)
      let expected = isGone ? "tree-node-missing" : "tree-node-wrong"
      #expect(codes(report) == [expected], "\(report.findings)")
      #expect(report.knownGood == LedgerSize(size))
    }
  }

  @Test(arguments: [0, 3, 255, 256, 300, 700, 4_095, 4_096, 4_200, 4_499] as [UInt64])
  func `a changed or a missing leaf is found wherever it stands`(position: UInt64) throws {
    let history = HistoryGenerator.history(seed: 73, length: 4_600)
    let changed = try Store(history)
    try changed.tamper { (loan, tables) throws(LMDBError) in
      let key = BigEndianKey(position)
      var leaf = try loan.bytes(tables.leaves, key) ?? []
      leaf[leaf.count / 2] ^= 1
      try loan.put(tables.leaves, key, leaf, mode: .overwrite)
    }
    #expect(try !changed.audit(depth: .tree).isOK)
    let missing = try Store(history)
    try missing.tamper { (loan, tables) throws(LMDBError) in
      try loan.delete(tables.leaves, BigEndianKey(position))
    }
    let report = try missing.audit(depth: .tree)
    #expect(
      report.findings.contains { $0.code == .leafMissing && $0.position == Position(position) })
    #expect(report.root == nil)
  }
}
