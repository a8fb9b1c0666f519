// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// The events of one write transaction in the making: position, time, revision, salt and digest
/// are given here, and leaf, text, indexes, views and tree are written together.
struct Appender: ~Copyable {
  let loan: WriteLoan
  let tables: Tables
  private(set) var head: Head
  var views: LiveViews
  let stamp: StampedTime
  private let reading: ClockReading
  private var revisions: [SubjectID: UInt64] = [:]
  private var leaf = ByteBuffer(capacity: 2048)
  /// Whether an event was appended after which a checkpoint is signed.
  private(set) var asksForCheckpoint = false
  /// How many texts this transaction took away.
  var erased: UInt64 = 0
  /// How many decisions it appended.
  private(set) var decisions = 0
  /// How many entries it put anywhere in the index of words.
  var scattered: UInt64 = 0
  /// Whether it emptied that index: then it is built anew in other transactions, whose page buffers
  /// were cleared of what was erased.
  var forgetsWords = false

  /// Begins a transaction's events after `head`. Only `ledger.clock_corrected` may step the time
  /// back. `known` are states that are certainly those at the head.
  init(
    _ loan: WriteLoan, _ tables: Tables, head: Head, reading: ClockReading,
    isCorrection: Bool = false, known: [EntityKey: Entity?] = [:]
  ) throws(StorageError) {
    self.loan = loan
    self.tables = tables
    self.head = head
    self.reading = reading
    self.stamp = try StampedTime(reading, after: head, isCorrection: isCorrection)
    self.views = LiveViews(loan, Snapshot(loan, tables, head: head), known: known)
  }

  /// Begins a transaction that takes up events of an earlier generation, which keep their times.
  init(
    rebuilding loan: WriteLoan, _ tables: Tables, head: Head, known: [EntityKey: Entity?]
  ) {
    self.loan = loan
    self.tables = tables
    self.head = head
    self.reading = ClockReading(
      time: head.lastTime, boot: head.boot, bootMicroseconds: head.bootMicroseconds)
    self.stamp = StampedTime(time: head.lastTime)
    self.views = LiveViews(loan, Snapshot(loan, tables, head: head), known: known)
  }

  /// The time that the events of this transaction get.
  var time: Timestamp { stamp.time }

  /// Whether the events of this transaction get a time before the latest event's.
  var stepsBack: Bool { head.size.value > 0 && stamp.time < head.lastTime }

  /// Appends one event. On an error the transaction cannot be committed any more.
  mutating func append(
    _ draft: Draft, request: RequestMark?, salt: Salt? = nil, random: inout RandomSupply
  ) throws(StorageError) -> Event {
    let position = Position(head.size.value)
    var event = Event(
      position: position, time: stamp.time, clock: stamp.clock, actor: draft.actor,
      project: draft.project, subject: draft.subject, number: draft.number, job: draft.job,
      cause: draft.cause, request: request, fact: draft.fact)
    if let occurred = draft.occurred,
      stamp.time.microseconds - occurred.microseconds > 1_000_000
    {
      event.occurred = occurred
    }
    if let subject = event.subjectID, draft.fact.bearsRevision {
      event.revision = Revision(try nextRevision(of: subject))
    }
    if !draft.text.isEmpty {
      let disclosure = try disclose(draft.text, salt, random: &random)
      event.text = Digest(MerkleTree.sha256(disclosure))
      try put(tables.texts, BigEndianKey(position.value), disclosure, mode: .append)
    }
    leaf.removeAll()
    do throws(CodecError) { try EventCodec.encode(event, into: &leaf) } catch {
      throw StorageError(.unencodable(error), "appending an event")
    }
    let hash = try leaf.withBytes { (bytes) throws(StorageError) in
      try put(tables.leaves, BigEndianKey(position.value), bytes, mode: .append)
      return MerkleTree.leafHash(of: bytes)
    }
    try grow(by: hash)
    try index(event)
    try fold(event)
    if draft.fact.asksForCheckpoint { asksForCheckpoint = true }
    if draft.fact.isDecision { decisions += 1 }
    return event
  }

  /// Remembers what a request key led to.
  mutating func bind(
    _ mark: RequestMark, of actor: ActorID, to events: [Event]
  ) throws(StorageError) {
    guard let first = events.first else { return }
    let stored = StoredRequest(
      digest: mark.digest, first: first.position, count: UInt64(events.count))
    try IndexKey.request(actor, mark.key) { (key) throws(StorageError) in
      try put(tables.requests, key, stored.bytes, mode: .insert)
    }
  }

  /// Brings the index of words up to date, and writes where the log ends now.
  mutating func finish() throws(StorageError) {
    if decisions > 0, !forgetsWords { try indexWords() }
    head.lastTime = stamp.time
    head.boot = reading.boot
    head.bootMicroseconds = reading.bootMicroseconds
    head.reducer = Reducer.version
    try put(tables.head, HeadKey.head, head.bytes, mode: .overwrite)
  }

  // MARK: Parts

  private mutating func nextRevision(of subject: SubjectID) throws(StorageError) -> UInt64 {
    let next: UInt64
    if let known = revisions[subject] {
      next = known
    } else {
      do throws(ReadingError) {
        next = try Snapshot(loan, tables, head: head).revisionCount(of: subject)
      } catch {
        throw StorageError(.reading(error), "appending an event")
      }
    }
    revisions[subject] = next + 1
    return next
  }

  private func disclose(
    _ text: EventText, _ given: Salt?, random: inout RandomSupply
  ) throws(StorageError) -> [UInt8] {
    let salt: Salt
    if let given {
      salt = given
    } else {
      salt = Salt(words: (try random.nextBits(), try random.nextBits()))
    }
    do throws(CodecError) {
      return try Disclosure(salt: salt, values: text).encode()
    } catch {
      throw StorageError(.unencodable(error), "appending an event")
    }
  }

  /// Adds a leaf's hash to the tree and keeps every full subtree from height 7 up.
  mutating func grow(by hash: MerkleHash) throws(StorageError) {
    let (loan, table) = (loan, tables.tree)
    try head.frontier.append(hash) { (height, index, node) throws(StorageError) in
      guard height >= Int(Snapshot.keptHeight) else { return }
      do throws(LMDBError) {
        try IndexKey.treeNode(height: UInt8(height), index: index) { (key) throws(LMDBError) in
          try loan.put(table, key, node.bytes, mode: .append)
        }
      } catch {
        throw StorageError(lmdb: error)
      }
    }
  }

  func index(_ event: Event) throws(StorageError) {
    let code = FactCode(event.fact)
    if code.isIndexed {
      try IndexKey.type(code: code.rawValue, event.position) { (key) throws(StorageError) in
        try put(tables.types, key, [], mode: .insert)
      }
      if let job = event.job {
        try IndexKey.job(job, event.position) { (key) throws(StorageError) in
          try put(tables.jobs, key, code.bytes, mode: .insert)
        }
      }
    }
    if let subject = event.subjectID, let revision = event.revision {
      try IndexKey.revision(subject, revision) { (key) throws(StorageError) in
        try BigEndianKey(event.position.value).withBytes { (value) throws(StorageError) in
          try put(tables.revisions, key, value, mode: .insert)
        }
      }
    }
  }

  mutating func fold(_ event: Event) throws(StorageError) {
    views.position = event.position
    do throws(FoldFailure) {
      try Reducer.fold(event, into: &views)
    } catch {
      // A view that could not be read looks like one that is missing.
      throw views.failure ?? StorageError(.unfoldable(error), "folding an event")
    }
    if let failure = views.failure { throw failure }
  }

  func put<Key: ByteSource & ~Copyable & ~Escapable, Value: ByteSource & ~Copyable & ~Escapable>(
    _ table: Table, _ key: borrowing Key, _ value: borrowing Value, mode: PutMode
  ) throws(StorageError) {
    do throws(LMDBError) { try loan.put(table, key, value, mode: mode) } catch {
      throw StorageError(lmdb: error)
    }
  }
}
