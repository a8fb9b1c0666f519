// SPDX-License-Identifier: Apache-2.0
import Glibc
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

@Suite struct ExportTests {
  private func lines(_ reader: LedgerReader, through size: LedgerSize? = nil) throws -> (
    lines: [[UInt8]], summary: Exporter.Summary
  ) {
    let end =
      try size ?? reader.read { (snapshot) throws(ReadingError) in snapshot.size }
    var bytes: [UInt8] = []
    let summary = try Exporter.export(reader, through: end) { bytes += $0 }
    return (bytes.split(separator: 0x0A).map(Array.init), summary)
  }

  @Test(arguments: UInt64(0)..<4)
  func `each line gives back its leaf and its words`(seed: UInt64) throws {
    let store = try Store(HistoryGenerator.history(seed: 700 + seed, length: 500))
    let reader = try #require(store.ledger?.reader)
    let head = try store.head()
    let (lines, summary) = try lines(reader)
    #expect(summary.events == head.size.value)
    #expect(summary.missing == 0)
    #expect(lines.count == Int(head.size.value))
    var frontier = Frontier()
    var erased: UInt64 = 0
    for line in lines {
      #expect(try CanonicalJSON.encode(CanonicalJSON.decode(line)) == line)
      let parts = try FullForm.split(line)
      frontier.append(MerkleTree.leafHash(of: parts.leaf))
      let event = try EventCodec.decode(parts.leaf)
      if let disclosure = parts.disclosure {
        #expect(event.text == Digest(MerkleTree.sha256(disclosure)))
      } else {
        #expect((event.text != nil) == parts.isErased)
      }
      if parts.isErased { erased += 1 }
    }
    #expect(erased == summary.erased)
    // Nothing but the lines is needed to come to the root that was signed.
    #expect(frontier.root() == head.frontier.root())
  }

  @Test func `an export of a prefix is the beginning of the whole`() throws {
    let store = try Store(HistoryGenerator.history(seed: 710, length: 500))
    let reader = try #require(store.ledger?.reader)
    let whole = try lines(reader).lines
    for size in [0, 1, 2, 255, 256, 257, 400] {
      #expect(try lines(reader, through: LedgerSize(UInt64(size))).lines == Array(whole[..<size]))
    }
    #expect(throws: ReadingError.self) {
      _ = try lines(reader, through: LedgerSize(UInt64(whole.count + 1)))
    }
  }

  @Test func `damage ends an export, and a text that is gone is told`() throws {
    let store = try Store(HistoryGenerator.history(seed: 711, length: 500))
    try store.tamper { (loan, tables) throws(LMDBError) in
      try loan.withCursor(tables.texts) { (cursor) throws(LMDBError) in
        guard let entry = try cursor.first() else { return }
        try loan.delete(tables.texts, Array(entry.key))
      }
    }
    var reader = try store.reader()
    let summary = try lines(reader).summary
    #expect(summary.missing == 1)
    #expect(summary.firstMissing != nil)
    reader.close()
    try store.tamper { (loan, tables) throws(LMDBError) in
      guard var leaf = try loan.bytes(tables.leaves, BigEndianKey(300)) else { return }
      guard let at = leaf.firstRange(of: Array("Z\",\"type\"".utf8)) else { return }
      leaf[at.lowerBound - 1] = leaf[at.lowerBound - 1] == 0x30 ? 0x31 : 0x30
      try loan.put(tables.leaves, BigEndianKey(300), leaf, mode: .overwrite)
    }
    // Opening compares with the checkpoint and refuses already; reading on in place does not.
    #expect(throws: ReadingError.self) {
      reader = try store.reader()
      _ = try lines(reader)
    }
  }

  @Test func `a file of results appears whole, for its owner alone`() throws {
    let folder = TemporaryFolder()
    let path = folder.file("out.jsonl")
    TemporaryFolder.write(Array("old".utf8), to: path)
    do {
      let dropped = try ReplacingFile(path)
      #expect(write(dropped.descriptor, "half", 4) == 4)
    }
    #expect(TemporaryFolder.read(path) == Array("old".utf8))
    let file = try ReplacingFile(path)
    #expect(write(file.descriptor, "new", 3) == 3)
    #expect(TemporaryFolder.read(path) == Array("old".utf8))
    try file.finish()
    #expect(TemporaryFolder.read(path) == Array("new".utf8))
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(TemporaryFolder.names(in: folder.path) == ["out.jsonl"])
    #expect(throws: DirectoryError.self) { _ = try ReplacingFile(folder.file("no/such")) }
  }

  @Test func `a folder, a link and a device are not replaced by results`() throws {
    let folder = TemporaryFolder()
    #expect(mkdir(folder.file("taken"), 0o700) == 0)
    #expect(symlink("elsewhere", folder.file("link")) == 0)
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    for name in ["taken", "link", "pipe"] {
      let error = #expect(throws: DirectoryError.self) { _ = try ReplacingFile(folder.file(name)) }
      #expect(error?.code == .cannotCreate)
    }
    #expect(TemporaryFolder.names(in: folder.path).sorted() == ["link", "pipe", "taken"])
  }
}
