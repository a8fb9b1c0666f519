// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Makes a generation anew from the leaves and texts of another: each is re-hashed on the way, and
/// the tree, every index and every view are folded by the code that appends.
///
/// Works a chunk of events at a time, each in one transaction of the new generation, so memory
/// grows with what is in progress and not with the log. Nothing of the old one is changed.
struct GenerationBuilder {
  private let old: OldGeneration
  private let new: Environment
  private let tables: Tables
  private let tell: (UInt64, UInt64) -> Void
  private var state: State

  /// What goes from one chunk to the next. A chunk that is tried again starts from the same.
  private struct State {
    var head = Head.empty
    var known: [EntityKey: Entity?] = [:]
    var runs = LogRunBuilder()
    var losses = TextLosses()
    var texts: UInt64 = 0
    var open: OpenRequest?
    var decoder = LogLineDecoder()
  }

  /// A request key whose index entry is lost, while the events of its result are counted.
  private struct OpenRequest {
    var mark: RequestMark
    var actor: Actor
    var time: Timestamp
    var first: Position
    var count: UInt64 = 1
  }

  private static let chunkEvents: UInt64 = 4096
  private static let chunkBytes = 8 << 20
  private static let stateLimit = 4096

  init(
    _ old: OldGeneration, into new: Environment, _ tables: Tables,
    tell: @escaping (UInt64, UInt64) -> Void
  ) {
    self.old = old
    self.new = new
    self.tables = tables
    self.tell = tell
    self.state = State()
  }

  /// What was built.
  struct Built {
    var head: Head
    var texts: UInt64
    var erased: UInt64
  }

  /// Builds all of it, and compares the tree's root with that of the old head.
  mutating func build() throws(RepairHalt) -> Built {
    while state.head.size.value < old.size {
      try addChunk()
      tell(state.head.size.value, old.size)
    }
    guard state.head.frontier == old.head.frontier, state.head.lastTime == old.head.lastTime else {
      throw .damage(
        DoctorFinding(
          .treeMismatch, .damage, "the events do not hash to the root that the head holds"))
    }
    if try old.count(old.leaves) != old.size {
      throw .damage(
        DoctorFinding(
          .leafExtra, .damage, position: Position(old.size),
          "there are events beyond the \(old.size) that the head counts"))
    }
    if try old.textCount() != state.texts {
      throw .damage(
        DoctorFinding(.textStray, .damage, "there are texts that no event asks for"))
    }
    if let position = state.losses.unexplained {
      throw .damage(
        DoctorFinding(
          .textMissing, .damage, position: position,
          "the text of event #\(position.value) is gone and no erasure names it"))
    }
    try finish()
    return Built(head: state.head, texts: state.texts, erased: state.losses.count)
  }

  // MARK: A chunk

  private mutating func addChunk() throws(RepairHalt) {
    let (old, tables, before) = (old, tables, state)
    state = try old.environment.read { (reading) throws(RepairHalt) -> State in
      try reading.loan.withCursor(old.leaves) { (cursor) throws(RepairHalt) -> State in
        try writing { (loan) throws(RepairHalt) -> State in
          try GenerationBuilder.copy(old, reading.loan, &cursor, to: loan, tables, after: before)
        }
      }
    }
  }

  private func writing<R>(
    _ body: (WriteLoan) throws(RepairHalt) -> R
  ) throws(RepairHalt) -> R {
    do throws(WriteFailure<RepairHalt>) {
      return try new.write(growing: true) { (transaction) throws(RepairHalt) in
        try body(transaction.loan)
      }
    } catch {
      switch error {
      case .body(let halt): throw halt
      // Whatever became of it, the new generation is thrown away.
      case .begin(let error), .refused(let error), .commit(let error):
        throw .failure(StorageError(lmdb: error))
      }
    }
  }

  private static func copy(
    _ old: OldGeneration, _ reading: Loan, _ cursor: inout Cursor, to loan: WriteLoan,
    _ tables: Tables, after before: State
  ) throws(RepairHalt) -> State {
    var state = before
    var appender = Appender(
      rebuilding: loan, tables, head: before.head,
      known: before.known.count <= stateLimit ? before.known : [:])
    let start = before.head.size.value
    var (position, bytes) = (start, 0)
    var entry = try seek(&cursor, start)
    while position < old.size, position - start < chunkEvents, bytes < chunkBytes {
      let place = Position(position)
      guard let found = entry, BigEndianKey(found.key)?.number == position else {
        throw .damage(
          DoctorFinding(
            .leafMissing, .damage, position: place, "event #\(position) is missing"))
      }
      let leaf = try CheckedLeaf(found.value, at: place, with: &state.decoder)
      try put(tables.leaves, BigEndianKey(position), found.value, .append, loan)
      bytes += found.value.count
      bytes += try copyText(of: leaf, at: place, old, reading, to: loan, tables, &state)
      try storing { () throws(StorageError) in try appender.grow(by: leaf.hash) }
      try derive(from: leaf, at: place, old, reading, &appender, &state)
      state.head.lastTime = leaf.time
      entry = try step(&cursor)
      position += 1
    }
    try storing { () throws(StorageError) in _ = try appender.indexWords() }
    state.head.frontier = appender.head.frontier
    state.known = appender.views.known
    return state
  }

  /// Copies the words of a leaf after comparing them with its digest; returns their length.
  private static func copyText(
    of leaf: CheckedLeaf, at position: Position, _ old: OldGeneration, _ reading: Loan,
    to loan: WriteLoan, _ tables: Tables, _ state: inout State
  ) throws(RepairHalt) -> Int {
    guard let digest = leaf.text else { return 0 }
    let length = try reading.get(old.texts, BigEndianKey(position.value)) {
      (bytes) throws(RepairHalt) -> Int in
      guard Digest(MerkleTree.sha256(bytes)) == digest else {
        throw .damage(
          DoctorFinding(
            .textAltered, .damage, position: position,
            "the text of event #\(position.value) does not match its digest"))
      }
      try put(tables.texts, BigEndianKey(position.value), bytes, .append, loan)
      return bytes.count
    }
    if let length {
      state.texts += 1
      return length
    }
    state.losses.note(missing: position, job: leaf.job)
    return 0
  }

  /// Writes what follows from a leaf: indexes, views, the index of the logs, request keys.
  private static func derive(
    from leaf: CheckedLeaf, at position: Position, _ old: OldGeneration, _ reading: Loan,
    _ appender: inout Appender, _ state: inout State
  ) throws(RepairHalt) {
    switch leaf.content {
    case .line(let line):
      if let run = state.runs.add(line.line, of: line.job, at: position) {
        try storing { () throws(StorageError) in try appender.put(run) }
      }
      try close(&state.open, appender)
    case .event(let event):
      state.losses.note(event)
      try storing { () throws(StorageError) in
        try appender.index(event)
        try appender.fold(event)
      }
      if let job = event.job, event.fact.endsJob, let run = state.runs.end(job) {
        try storing { () throws(StorageError) in try appender.put(run) }
      }
      try noteRequest(of: event, old, reading, appender, &state)
      try noteRefusal(event, old, reading, appender)
    }
  }

  // MARK: Request keys and refusals

  private static func noteRequest(
    of event: Event, _ old: OldGeneration, _ reading: Loan, _ appender: borrowing Appender,
    _ state: inout State
  ) throws(RepairHalt) {
    if let open = state.open {
      // A refusal told in the same commit, even of the same actor, is nobody's answer.
      if event.request == nil, event.actor == open.actor, event.time == open.time,
        FactCode(event.fact) != .commandRefused
      {
        state.open?.count += 1
        return
      }
      try close(&state.open, appender)
    }
    guard let mark = event.request else { return }
    if let stored = old.request(mark, of: event, in: reading) {
      try put(mark, stored, of: event.actor.id, appender)
    } else {
      // How many events an answer had is in no leaf: those of the same moment and actor.
      state.open = OpenRequest(
        mark: mark, actor: event.actor, time: event.time, first: event.position)
    }
  }

  private static func close(
    _ open: inout OpenRequest?, _ appender: borrowing Appender
  ) throws(RepairHalt) {
    guard let request = open else { return }
    open = nil
    try put(
      request.mark,
      StoredRequest(digest: request.mark.digest, first: request.first, count: request.count),
      of: request.actor.id, appender)
  }

  private static func put(
    _ mark: RequestMark, _ stored: StoredRequest, of actor: ActorID,
    _ appender: borrowing Appender
  ) throws(RepairHalt) {
    let (loan, table) = (appender.loan, appender.tables.requests)
    try IndexKey.request(actor, mark.key) { (key) throws(RepairHalt) in
      try put(table, key, stored.bytes, .insert, loan)
    }
  }

  private static func noteRefusal(
    _ event: Event, _ old: OldGeneration, _ reading: Loan, _ appender: borrowing Appender
  ) throws(RepairHalt) {
    guard case .commandRefused(let fact) = event.fact else { return }
    let key = PendingRefusals.key(of: event.actor.id, command: fact.command, rule: fact.rule)
    var pending = PendingRefusals(toldBy: event)
    // Those not yet told by an event stand nowhere else; the last event of a key decides.
    if let stored = old.pendingRefusals(key, in: reading), stored.position == pending.position {
      pending.count = stored.count
    }
    try put(appender.tables.head, key, pending.bytes, .overwrite, appender.loan)
  }

  // MARK: The end

  private mutating func finish() throws(RepairHalt) {
    let (state, tables) = (state, tables)
    var head = state.head
    head.boot = old.head.boot
    head.bootMicroseconds = old.head.bootMicroseconds
    head.reducer = Reducer.version
    try writing { (loan) throws(RepairHalt) in
      let appender = Appender(rebuilding: loan, tables, head: state.head, known: [:])
      var open = state.open
      try GenerationBuilder.close(&open, appender)
      for run in state.runs.unfinished {
        try GenerationBuilder.storing { () throws(StorageError) in try appender.put(run) }
      }
      try GenerationBuilder.put(tables.head, HeadKey.head, head.bytes, .overwrite, loan)
    }
    self.state.head = head
  }

  // MARK: Parts

  private static func seek(
    _ cursor: inout Cursor, _ position: UInt64
  ) throws(RepairHalt) -> Entry? {
    do throws(LMDBError) { return try cursor.seek(exactly: BigEndianKey(position)) } catch {
      throw RepairHalt(lmdb: error)
    }
  }

  private static func step(_ cursor: inout Cursor) throws(RepairHalt) -> Entry? {
    do throws(LMDBError) { return try cursor.next() } catch { throw RepairHalt(lmdb: error) }
  }

  private static func put<
    Key: ByteSource & ~Copyable & ~Escapable, Value: ByteSource & ~Copyable & ~Escapable
  >(
    _ table: Table, _ key: borrowing Key, _ value: borrowing Value, _ mode: PutMode,
    _ loan: WriteLoan
  ) throws(RepairHalt) {
    do throws(LMDBError) { try loan.put(table, key, value, mode: mode) } catch {
      throw .failure(StorageError(lmdb: error))
    }
  }

  private static func storing(
    _ body: () throws(StorageError) -> Void
  ) throws(RepairHalt) {
    do throws(StorageError) { try body() } catch {
      guard case .unfoldable(let failure) = error.code else { throw .failure(error) }
      throw .damage(
        DoctorFinding(
          .unfoldable, .damage, position: failure.position,
          "event #\(failure.position.value) cannot follow what is before it (\(failure.reason))"))
    }
  }
}

extension Appender {
  /// Stores a whole run of log lines.
  func put(_ run: LogRun) throws(StorageError) {
    var value: [UInt8] = []
    run.encode(into: &value)
    try IndexKey.job(run.job, run.first) { (key) throws(StorageError) in
      try put(tables.logs, key, value, mode: .overwrite)
    }
  }
}

extension Fact {
  /// Whether a job's log cannot go on after it.
  var endsJob: Bool {
    switch self {
    case .jobCompleted, .jobFailed, .jobStopped, .jobLost: true
    default: false
    }
  }
}
