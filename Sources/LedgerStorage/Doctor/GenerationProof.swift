// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Reads a new generation back from its file and compares it with what was to be built.
///
/// Every leaf and text is re-hashed; every view is folded again from event 0 and compared with its
/// rows; every index entry that an event asks for must be there, and none beside them.
struct GenerationProof {
  private let environment: Environment
  private let tables: Tables
  private var decoder = LogLineDecoder()
  private var frontier = Frontier()
  private var views = ProvingViews.Memory()
  private var runs = LogRunBuilder()
  private var counts = Counts()

  private struct Counts {
    var texts = 0
    var tree = 0
    var types = 0
    var jobs = 0
    var revisions = 0
    var requests = 0
    var logs = 0
    var words = 0
  }

  private static let stretch: UInt64 = 8192

  init(_ environment: Environment, _ tables: Tables) {
    self.environment = environment
    self.tables = tables
  }

  /// Throws `rowDamaged` or what else is wrong; returns the head.
  mutating func check(
    against built: GenerationBuilder.Built, tell: (UInt64, UInt64) -> Void
  ) throws(ReadingError) -> Head {
    let size = built.head.size.value
    while frontier.size < size {
      let end = min(frontier.size + GenerationProof.stretch, size)
      var copy = self
      try environment.read { (transaction) throws(ReadingError) in
        let snapshot = try Snapshot(transaction.loan, copy.tables)
        while copy.frontier.size < end { try copy.look(in: snapshot) }
      }
      self = copy
      tell(frontier.size, size)
    }
    return try environment.read { (transaction) throws(ReadingError) in
      let snapshot = try Snapshot(transaction.loan, tables)
      try checkEnd(built, in: snapshot)
      return snapshot.head
    }
  }

  private mutating func checkEnd(
    _ built: GenerationBuilder.Built, in snapshot: Snapshot
  ) throws(ReadingError) {
    for run in runs.unfinished { try expect(run, in: snapshot) }
    guard snapshot.head == built.head, frontier == built.head.frontier else {
      throw ReadingError(.headDamaged, GenerationProof.operation)
    }
    try checkCounts(built, in: snapshot)
  }

  private static let operation = "reading the new generation back"

  private mutating func look(in snapshot: Snapshot) throws(ReadingError) {
    let position = Position(frontier.size)
    let leaf = try snapshot.leaf(at: position) { (bytes) throws(ReadingError) in
      do throws(RepairHalt) {
        return try CheckedLeaf(bytes, at: position, with: &decoder)
      } catch { throw ReadingError(.leafAltered(position), GenerationProof.operation) }
    }
    if let digest = leaf.text {
      let isRight = try snapshot.loan.get(tables.texts, BigEndianKey(position.value)) {
        (bytes) throws(ReadingError) in
        Digest(MerkleTree.sha256(bytes)) == digest
      }
      if let isRight {
        guard isRight else {
          throw ReadingError(.textAltered(position), GenerationProof.operation)
        }
        counts.texts += 1
      }
    }
    var kept = 0
    try frontier.append(leaf.hash) { (height, index, node) throws(ReadingError) in
      guard height >= Int(Snapshot.keptHeight) else { return }
      kept += 1
      guard try snapshot.treeNode(height: UInt8(height), index: index) == node else {
        throw ReadingError(
          .treeDamaged(height: UInt8(height), index: index), GenerationProof.operation)
      }
    }
    counts.tree += kept
    switch leaf.content {
    case .line(let line):
      if let run = runs.add(line.line, of: line.job, at: position) {
        try expect(run, in: snapshot)
      }
    case .event(let event):
      try checkIndexes(of: event, in: snapshot)
      try checkWords(of: event, in: snapshot)
      try fold(event, in: snapshot)
      if let job = event.job, event.fact.endsJob, let run = runs.end(job) {
        try expect(run, in: snapshot)
      }
    }
  }

  // MARK: What follows from an event

  private mutating func checkIndexes(
    of event: Event, in snapshot: Snapshot
  ) throws(ReadingError) {
    let position = event.position
    let code = FactCode(event.fact)
    if code.isIndexed {
      try IndexKey.type(code: code.rawValue, position) { (key) throws(ReadingError) in
        try expect(key, [], in: tables.types, snapshot)
      }
      counts.types += 1
      if let job = event.job {
        try IndexKey.job(job, position) { (key) throws(ReadingError) in
          try expect(key, code.bytes, in: tables.jobs, snapshot)
        }
        counts.jobs += 1
      }
    }
    if let subject = event.subjectID, let revision = event.revision {
      var value: [UInt8] = []
      RowKey.append(position.value, to: &value)
      try IndexKey.revision(subject, revision) { (key) throws(ReadingError) in
        try expect(key, value, in: tables.revisions, snapshot)
      }
      counts.revisions += 1
    }
    if let mark = event.request {
      guard let stored = try snapshot.request(mark.key, of: event.actor.id),
        stored.digest == mark.digest, stored.first == position
      else { throw wrong("a request key") }
      counts.requests += 1
    }
  }

  private mutating func checkWords(of event: Event, in snapshot: Snapshot) throws(ReadingError) {
    guard let table = tables.words, event.fact.isDecision else { return }
    guard try snapshot.wordIndexEnd().includes(event.position) else {
      throw wrong("the end of the index of words")
    }
    for word in WordIndex.words(of: event.fact, try snapshot.text(of: event)) ?? [] {
      try expect(WordIndex.key(word, event.position), [], in: table, snapshot)
      counts.words += 1
    }
  }

  private mutating func expect(_ run: LogRun, in snapshot: Snapshot) throws(ReadingError) {
    var value: [UInt8] = []
    run.encode(into: &value)
    try IndexKey.job(run.job, run.first) { (key) throws(ReadingError) in
      try expect(key, value, in: tables.logs, snapshot)
    }
    counts.logs += 1
  }

  private func expect(
    _ key: borrowing some ByteSource & ~Copyable & ~Escapable, _ value: [UInt8], in table: Table,
    _ snapshot: Snapshot
  ) throws(ReadingError) {
    let isRight = try snapshot.loan.get(table, key) { (bytes) throws(ReadingError) in
      bytes.elementsEqual(value)
    }
    guard isRight == true else { throw wrong("an index entry") }
  }

  private func wrong(_ what: String) -> ReadingError {
    ReadingError(.rowDamaged("\(what) is not what was written"), GenerationProof.operation)
  }

  private mutating func fold(_ event: Event, in snapshot: Snapshot) throws(ReadingError) {
    // Moved, not copied: the states would be copied with every event.
    var memory = ProvingViews.Memory()
    swap(&memory, &views)
    var proving = ProvingViews(snapshot, at: event.position, memory)
    memory = ProvingViews.Memory()
    do throws(FoldFailure) { try Reducer.fold(event, into: &proving) } catch {
      throw proving.failure ?? wrong("the state before event #\(event.position.value)")
    }
    if let failure = proving.failure { throw failure }
    views = try proving.finish()
  }

  // MARK: Nothing beside it

  private func checkCounts(
    _ built: GenerationBuilder.Built, in snapshot: Snapshot
  ) throws(ReadingError) {
    let expected: [(Table?, Int)] = [
      (tables.leaves, Int(built.head.size.value)), (tables.texts, Int(built.texts)),
      (tables.texts, counts.texts), (tables.tree, counts.tree), (tables.types, counts.types),
      (tables.jobs, counts.jobs), (tables.revisions, counts.revisions),
      (tables.requests, counts.requests), (tables.logs, counts.logs), (tables.rows, views.rows),
      (tables.words, counts.words),
    ]
    for case (let table?, let count) in expected {
      let found: Int
      do throws(LMDBError) { found = try snapshot.loan.entryCount(table) } catch {
        throw ReadingError(lmdb: error)
      }
      guard found == count else { throw wrong("the number of entries of a table") }
    }
  }
}

/// A view store that writes nothing: each state that an event makes is compared with the row that
/// is stored for it, and states are read from earlier rows.
private struct ProvingViews: ViewStore {
  /// What goes from one event to the next.
  struct Memory {
    var known: [EntityKey: Entity?] = [:]
    var rows = 0
  }

  private let snapshot: Snapshot
  private let position: Position
  private var memory: Memory
  private var changed: [EntityKey: Entity] = [:]
  private(set) var failure: ReadingError?

  private static let limit = 4096

  init(_ snapshot: Snapshot, at position: Position, _ memory: consuming Memory) {
    self.snapshot = snapshot
    self.position = position
    self.memory = memory
    if memory.known.count > ProvingViews.limit { self.memory.known = [:] }
  }

  mutating func entity(_ key: EntityKey) -> Entity? {
    if let known = memory.known[key] { return known }
    do throws(ReadingError) {
      let entity = try snapshot.entity(key, asOf: LedgerSize(position.value))
      memory.known[key] = .some(entity)
      return entity
    } catch {
      if failure == nil { failure = error }
      return nil
    }
  }

  mutating func store(_ entity: Entity) {
    memory.known[entity.key] = .some(entity)
    changed[entity.key] = entity
  }

  /// Compares the rows of the event.
  consuming func finish() throws(ReadingError) -> Memory {
    for (key, entity) in changed {
      var row: [UInt8] = []
      RowCodec.encode(entity, into: &row)
      let isRight = try withRowKey(key, at: position) { (bytes) throws(ReadingError) in
        try snapshot.loan.get(snapshot.tables.rows, bytes) { (stored) throws(ReadingError) in
          stored.elementsEqual(row)
        }
      }
      guard isRight == true else {
        throw ReadingError(
          .rowDamaged("the row of \(key) at #\(position.value) is not what follows from it"),
          "reading the new generation back")
      }
      memory.rows += 1
    }
    return memory
  }
}
