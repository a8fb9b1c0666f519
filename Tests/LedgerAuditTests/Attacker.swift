// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Transparency

/// Somebody who owns the machine: changes history in a ledger's database and makes everything else
/// there anew, so that nothing in it contradicts the change.
struct Attacker {
  /// The ledger's folder; nobody has it open.
  let path: String

  struct Failure: Error {
    var what: String
  }

  /// Changes events, in order, and the words of those for which `words` has new ones. An event for
  /// which nil comes back ends the history.
  func rewrite(
    words: [UInt64: EventText] = [:], _ change: (Event) -> Event?
  ) throws {
    let environment = try Environment.open(
      directory: path + "/db/1", options: Environment.Options())
    let tables = try Tables.open(in: environment, create: false)
    var failure: (any Error)?
    _ = try environment.write { (transaction) throws(LMDBError) in
      do {
        try rewrite(transaction.loan, tables, words, change)
      } catch {
        failure = error
      }
    }
    try environment.close()
    if let failure { throw failure }
  }

  private func rewrite(
    _ loan: WriteLoan, _ tables: Tables, _ words: [UInt64: EventText], _ change: (Event) -> Event?
  ) throws {
    let before = try Snapshot(loan, tables)
    var history: [Event] = []
    for position in 0..<before.size.value {
      guard var event = change(try before.event(at: Position(position))) else { break }
      if let words = words[position] {
        let text = try Disclosure(salt: Salt(words: (1, position)), values: words).encode()
        event.text = Digest(MerkleTree.sha256(text))
        try loan.put(tables.texts, BigEndianKey(position), text, mode: .overwrite)
      }
      history.append(event)
    }
    try loan.clear(tables.leaves)
    for position in UInt64(history.count)..<before.size.value
    where try loan.contains(tables.texts, BigEndianKey(position)) {
      try loan.delete(tables.texts, BigEndianKey(position))
    }
    for table in [tables.tree, tables.types, tables.jobs, tables.revisions, tables.rows] {
      try loan.clear(table)
    }
    var frontier = Frontier()
    var views = MemoryViews()
    for event in history {
      let leaf = try EventCodec.encode(event)
      try loan.put(tables.leaves, BigEndianKey(event.position.value), leaf, mode: .append)
      try frontier.append(MerkleTree.leafHash(of: leaf)) { (height, index, hash) throws in
        guard height >= Int(Snapshot.keptHeight) else { return }
        try IndexKey.treeNode(height: UInt8(height), index: index) { key throws in
          try loan.put(tables.tree, key, hash.bytes, mode: .insert)
        }
      }
      try index(event, loan, tables)
      try fold(event, into: &views, loan, tables)
    }
    var head = before.head
    head.frontier = frontier
    head.lastTime = history.last?.time ?? head.lastTime
    try loan.put(tables.head, HeadKey.head, head.bytes, mode: .overwrite)
    try indexWords(of: history, Snapshot(loan, tables, head: head), loan)
  }

  private func indexWords(of history: [Event], _ snapshot: Snapshot, _ loan: WriteLoan) throws {
    guard let table = snapshot.tables.words else { return }
    try loan.clear(table)
    try loan.delete(snapshot.tables.head, HeadKey.words)
    for event in history {
      guard let words = try WordIndex.words(of: event, in: snapshot) else { continue }
      for word in words {
        try loan.put(table, WordIndex.key(word, event.position), [UInt8](), mode: .insert)
      }
      try loan.put(
        snapshot.tables.head, HeadKey.words, BigEndianKey(event.position.value + 1),
        mode: .overwrite)
    }
  }

  private func index(_ event: Event, _ loan: WriteLoan, _ tables: Tables) throws {
    let code = FactCode(event.fact)
    if code.isIndexed {
      try IndexKey.type(code: code.rawValue, event.position) { key throws in
        try loan.put(tables.types, key, [UInt8](), mode: .insert)
      }
      if let job = event.job {
        try IndexKey.job(job, event.position) { key throws in
          try loan.put(tables.jobs, key, Array(code.bytes), mode: .insert)
        }
      }
    }
    if let subject = event.subjectID, let revision = event.revision {
      try IndexKey.revision(subject, revision) { key throws in
        try loan.put(
          tables.revisions, key, BigEndianKey(event.position.value), mode: .insert)
      }
    }
  }

  private func fold(
    _ event: Event, into views: inout MemoryViews, _ loan: WriteLoan, _ tables: Tables
  ) throws {
    views.changes = []
    try Reducer.fold(event, into: &views)
    for entity in views.changes {
      var row: [UInt8] = []
      RowCodec.encode(entity, into: &row)
      try withRowKey(entity.key, at: event.position) { key throws in
        try loan.put(tables.rows, key, row, mode: .overwrite)
      }
    }
  }

  /// Forgets the runs of log lines that begin at a position or later.
  func clearLogs(from position: UInt64) throws {
    let environment = try Environment.open(
      directory: path + "/db/1", options: Environment.Options())
    let tables = try Tables.open(in: environment, create: false)
    _ = try environment.write { (transaction) throws(LMDBError) in
      let loan = transaction.loan
      let keys = try loan.withCursor(tables.logs) { (cursor) throws(LMDBError) in
        var keys: [[UInt8]] = []
        while let entry = try cursor.next() { keys.append(Array(entry.key)) }
        return keys
      }
      for key in keys {
        let first = key.withUnsafeBytes { IndexKey.parseJob($0)?.1.value }
        if let first, first >= position { try loan.delete(tables.logs, key) }
      }
    }
    try environment.close()
  }

  /// Signs what is there now with the ledger's own key, as its owner can.
  func sign() throws {
    let reader = try environmentHead()
    guard let secret = TemporaryFolder.read(path + "/keys/log"),
      let json = TemporaryFolder.read(path + "/ledger.json"),
      let origin = try CanonicalJSON.decode(json.last == 0x0A ? json.dropLast() : json).object?[
        "origin"]?.text
    else { throw Failure(what: "no key or identity") }
    let signer = NoteSigner(
      name: try KeyName(origin.string), key: try SigningKey(rawRepresentation: secret))
    let note = Checkpoint(
      origin: signer.name, size: reader.size.value, root: reader.frontier.root()
    ).signed(by: signer)
    TemporaryFolder.write(note, to: path + "/checkpoint")
  }

  private func environmentHead() throws -> Head {
    let environment = try Environment.open(
      directory: path + "/db/1", options: Environment.Options())
    let tables = try Tables.open(in: environment, create: false)
    let head = try environment.read { (transaction) throws(ReadingError) in
      try Snapshot(transaction.loan, tables).head
    }
    try environment.close()
    return head
  }
}
