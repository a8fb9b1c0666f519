// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

@testable import LedgerStorage

/// Never two checkpoints that contradict each other.
struct CheckpointForkTests {
  private let workshop: Workshop

  init() throws { workshop = try Workshop() }

  private func grow(_ ledger: Ledger, to size: Int) throws {
    let now = try ledger.reader.read { (snapshot) throws(ReadingError) in snapshot.size.value }
    for number in Int(now)..<size {
      _ = try workshop.accept(
        ledger, .addProject(Name("p\(number)")!, text: EventText([.path: .string("/p")])))
    }
  }

  private func stored(_ ledger: Ledger) throws -> [UInt8]? {
    try CheckpointFile.read(ledger.directory)
  }

  @Test func `a head that does not extend what was published is not signed`() throws {
    let ledger = try workshop.create()
    try grow(ledger, to: 300)
    let signer = NoteSigner(
      name: try KeyName("example.org/test"),
      key: try SigningKey(
        rawRepresentation: try ledger.directory.key(ledger.directory.logKeyFile)))
    for size in [1, 2, 3, 64, 127, 128, 255, 256, 257, 299, 300] as [UInt64] {
      // What the same key published of another history, as after a database was put back.
      let forged = Checkpoint(
        origin: signer.name, size: size, root: MerkleTree.sha256([1])
      ).signed(by: signer)
      TemporaryFolder.write(forged, to: ledger.directory.checkpointFile)
      guard case .failed(let error) = ledger.signCheckpoint(),
        case .directory(let cause) = error.code
      else {
        Issue.record("two histories are signed, which part at size \(size)")
        continue
      }
      #expect(cause.code == .behind)
      #expect(try stored(ledger) == forged)
      let root = try ledger.reader.read { (snapshot) throws(ReadingError) in
        try snapshot.root(at: LedgerSize(size))
      }
      let genuine = Checkpoint(origin: signer.name, size: size, root: root).signed(by: signer)
      TemporaryFolder.write(genuine, to: ledger.directory.checkpointFile)
      guard case .signed(_, let signed) = ledger.signCheckpoint() else {
        Issue.record("not signed after size \(size)")
        continue
      }
      #expect(signed == LedgerSize(300))
    }
    ledger.close()
  }

  @Test func `a history that is forged under an open ledger is not signed`() throws {
    let ledger = try workshop.create()
    try grow(ledger, to: 40)
    guard case .signed(let note, _) = ledger.signCheckpoint() else {
      Issue.record("not signed")
      return
    }
    // An event of the past becomes another one, and the head's peaks follow: a consistent forgery.
    _ = try ledger.reader.environment.write(growing: true) { (transaction) throws(LMDBError) in
      let (loan, tables) = (transaction.loan, ledger.reader.tables)
      var leaf = try loan.bytes(tables.leaves, BigEndianKey(17)) ?? []
      leaf[leaf.count / 2] ^= 1
      try loan.put(tables.leaves, BigEndianKey(17), leaf, mode: .overwrite)
      var frontier = Frontier()
      for position in 0..<UInt64(40) {
        frontier.append(
          MerkleTree.leafHash(of: try loan.bytes(tables.leaves, BigEndianKey(position)) ?? []))
      }
      guard
        var head = try loan.get(tables.head, HeadKey.head, { Head($0) }) ?? nil
      else { return }
      head.frontier = frontier
      try loan.put(tables.head, HeadKey.head, head.bytes, mode: .overwrite)
    }
    try grow(ledger, to: 41)
    guard case .failed(let error) = ledger.signCheckpoint(), case .directory(let cause) = error.code
    else {
      Issue.record("the forged history was signed")
      return
    }
    #expect(cause.code == .behind)
    #expect(ledger.checkpointFailure == error)
    #expect(try stored(ledger) == note)
    ledger.close()
    #expect(try CheckpointFile.read(LedgerDirectory.open(workshop.path)) == note)
    #expect(throws: StorageError.self) { try workshop.open() }
  }

  @Test func `what is published already is not signed again, and needs no key`() throws {
    let ledger = try workshop.create()
    try grow(ledger, to: 5)
    let first = ledger.signCheckpoint()
    TemporaryFolder.remove(ledger.directory.logKeyFile)
    #expect(ledger.signCheckpoint() == first)
    ledger.close()
  }

  @Test(arguments: [[UInt8](), Array("nothing".utf8)])
  func `a published checkpoint that is none is not replaced`(bytes: [UInt8]) throws {
    let ledger = try workshop.create()
    try grow(ledger, to: 5)
    TemporaryFolder.write(bytes, to: ledger.directory.checkpointFile)
    guard case .failed = ledger.signCheckpoint() else {
      Issue.record("signed over it")
      return
    }
    #expect(try stored(ledger) == bytes)
    ledger.close()
  }
}
