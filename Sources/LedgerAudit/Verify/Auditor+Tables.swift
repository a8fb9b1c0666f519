// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading

// What is stored that no event asks for. What the events ask for was found before, so a table with
// no more entries than that has none too many; only in others is each entry looked at again.

extension Auditor {
  func checkTables() throws {
    progress("verifying indexes", 0, 7)
    try check("types", source.tables.types, found.types) { (key, _, snapshot) in
      guard let (code, position) = IndexKey.parseType(key) else { return .unreadable }
      if position.value >= self.size { return .later }
      guard let event = snapshot.eventIfReadable(at: position) else { return .wrong(position) }
      let own = FactCode(event.fact)
      return own.rawValue == code && own.isIndexed ? .right : .wrong(position)
    }
    progress("verifying indexes", 1, 7)
    try check("jobs", source.tables.jobs, found.jobs) { (key, _, snapshot) in
      guard let (job, position) = IndexKey.parseJob(key) else { return .unreadable }
      if position.value >= self.size { return .later }
      guard let event = snapshot.eventIfReadable(at: position) else { return .wrong(position) }
      return event.job == job && FactCode(event.fact).isIndexed ? .right : .wrong(position)
    }
    progress("verifying indexes", 2, 7)
    try check("revisions", source.tables.revisions, found.revisions) { (key, value, snapshot) in
      guard let (subject, revision) = IndexKey.parseRevision(key),
        let number = BigEndianKey(value)?.number
      else { return .unreadable }
      let position = Position(number)
      if number >= self.size { return .later }
      guard let event = snapshot.eventIfReadable(at: position) else { return .wrong(position) }
      return event.subjectID == subject && event.revision == revision ? .right : .wrong(position)
    }
    progress("verifying indexes", 3, 7)
    try check("requests", source.tables.requests, found.requests) { (key, value, snapshot) in
      guard let (actor, request) = IndexKey.parseRequest(key), let stored = StoredRequest(value)
      else { return .unreadable }
      if stored.first.value >= self.size { return .later }
      guard let event = snapshot.eventIfReadable(at: stored.first) else {
        return .wrong(stored.first)
      }
      return event.actor.id == actor && event.request?.key == request
        ? .right : .wrong(stored.first)
    }
    progress("verifying indexes", 4, 7)
    try checkRuns()
    progress("verifying indexes", 5, 7)
    try checkWords()
    progress("verifying indexes", 6, 7)
    try checkRows()
    _ = try walk("tree", source.tables.tree)
    try walkHead()
  }

  /// What an entry is when it is held against its event.
  enum EntryJudgement {
    /// The event asks for it.
    case right
    /// The event, if there is one, does not.
    case wrong(Position)
    /// It came after what is verified.
    case later
    /// Neither key nor value say anything.
    case unreadable
  }

  private func check(
    _ name: String, _ table: Table, _ wanted: UInt64, mayGrow: Bool = false,
    _ judge:
      @escaping (
        UnsafeRawBufferPointer, UnsafeRawBufferPointer, Snapshot
      ) throws(ReadingError) -> EntryJudgement
  ) throws(ReadingError) {
    // One more event may have been appended between two counts; then there is just more to do.
    let entries = try source.read { (snapshot) throws(ReadingError) in
      try moving { () throws(LMDBError) in UInt64(try snapshot.loan.entryCount(table)) }
    }
    guard try walk(name, table, mayShrink: mayGrow), entries > wanted else { return }
    var right: UInt64 = 0
    var extra: UInt64 = 0
    do throws(ReadingError) {
      try source.forEach(in: table) { (entry, snapshot) throws(ReadingError) in
        switch try judge(entry.key, entry.value, snapshot) {
        case .right: right += 1
        case .later: break
        case .wrong(let position):
          extra += 1
          log.add(
            .indexExtra, position.value,
            "the index '\(name)' has an entry for #\(position.value) that belongs to no event")
        case .unreadable:
          extra += 1
          log.add(.indexExtra, nil, "the index '\(name)' has an entry that says nothing")
        }
      }
    } catch {
      guard case .rowDamaged(let what) = error.code else { throw error }
      return log.add(.table, nil, "\(what) ('\(name)')")
    }
    if extra == 0, !mayGrow, right > wanted {
      log.add(.indexExtra, nil, "the index '\(name)' has \(right - wanted) entries too many")
    }
  }

  /// Goes along a table once, as lists do: false where its keys are out of order, or where it is not
  /// as long as it says. An entry of the past, which a page shows again, is not found by a search.
  private func walk(
    _ name: String, _ table: Table, mayShrink: Bool = false
  ) throws(ReadingError) -> Bool {
    func count() throws(ReadingError) -> UInt64 {
      try source.read { (snapshot) throws(ReadingError) in
        try moving { () throws(LMDBError) in UInt64(try snapshot.loan.entryCount(table)) }
      }
    }
    let before = try count()
    var walked: UInt64 = 0
    do throws(ReadingError) {
      try source.forEach(in: table) { (_, _) in walked += 1 }
    } catch {
      guard case .rowDamaged(let what) = error.code else { throw error }
      log.add(.table, nil, "\(what) ('\(name)')")
      return false
    }
    // Somebody may append meanwhile; nothing is ever taken out but of the index of words, by an erasure.
    let after = try count()
    if mayShrink, after != before { return true }
    if (before...max(before, after)).contains(walked) { return true }
    log.add(
      .table, nil, "the table '\(name)' says that it has \(before) entries, and has \(walked)")
    return false
  }

  /// The same of the head's few values, which come and go.
  private func walkHead() throws(ReadingError) {
    try source.read { (snapshot) throws(ReadingError) in
      try moving { () throws(LMDBError) in
        let table = snapshot.tables.head
        var walked = 0
        try snapshot.loan.withCursor(table) { (cursor) throws(LMDBError) in
          var entry = try cursor.first()
          while entry != nil {
            walked += 1
            entry = try cursor.next()
          }
        }
        let said = try snapshot.loan.entryCount(table)
        if walked == said { return }
        log.add(.table, nil, "the table 'head' says that it has \(said) entries, and has \(walked)")
      }
    }
  }

  /// What the index of words has beside the words of the texts that are there. No word is told: it
  /// may be one that was erased.
  private func checkWords() throws(ReadingError) {
    guard let table = source.tables.words else { return }
    // The index may reach further than when the events were read.
    try check("words", table, found.words, mayGrow: true) {
      (key, value, snapshot) throws(ReadingError) in
      guard let (word, position) = WordIndex.parse(key), value.isEmpty else { return .unreadable }
      if position.value >= self.size { return .later }
      guard try snapshot.wordIndexEnd().includes(position) else { return .wrong(position) }
      guard let event = snapshot.eventIfReadable(at: position), event.fact.isDecision else {
        return .wrong(position)
      }
      // Where the text was altered, or is gone and nobody erased it, that is told, and no more can be.
      guard let words = try WordIndex.words(of: event, in: snapshot) else { return .right }
      if words.isEmpty, self.erasures.erasure(of: position, job: event.job) == nil {
        return .right
      }
      return words.contains(word) ? .right : .wrong(position)
    }
  }

  private func checkRuns() throws(ReadingError) {
    var previous: LogRun?
    try check("logs", source.tables.logs, found.logs) {
      (key, value, snapshot) throws(ReadingError) in
      guard let run = try? LogRun.decode(key: key, value) else { return .unreadable }
      defer { previous = run }
      if run.first.value >= self.size { return .later }
      guard let event = snapshot.eventIfReadable(at: run.first), event.job == run.job,
        case .jobLogged = event.fact
      else { return .wrong(run.first) }
      if let previous, previous.job == run.job, previous.last >= run.first {
        return .wrong(run.first)
      }
      return .right
    }
  }

  /// Names the rows that no event made: a second rebuild tells which keys there may be.
  private func checkRows() throws {
    let table = source.tables.rows
    let entries = try source.read { (snapshot) throws(ReadingError) in
      try moving { () throws(LMDBError) in UInt64(try snapshot.loan.entryCount(table)) }
    }
    guard try walk("rows", table), entries > found.rows else { return }
    var expected = Set<Int>(minimumCapacity: Int(clamping: folder.rows))
    var walk = LeafScan(source, end: size)
    var again = ViewFolder()
    while let events = try walk.batch() {
      for event in events { try? again.fold(event) { row in expected.insert(hash(row.key)) } }
    }
    do throws(ReadingError) {
      try source.forEach(in: table) { (entry, _) throws(ReadingError) in
        guard let (key, position) = RowKey.parse(entry.key) else {
          return log.add(.rowExtra, nil, "a row's key names nothing")
        }
        if position.value < size, !expected.contains(hash(entry.key)) {
          log.add(
            .rowExtra, position.value,
            "a row of \(key.words) at #\(position.value) was made by no event")
        }
      }
    } catch {
      guard case .rowDamaged(let what) = error.code else { throw error }
      log.add(.table, nil, "\(what) ('rows')")
    }
  }

  /// A hash whose seed is drawn for this process, so that nobody can prepare two equal ones.
  private func hash(_ key: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: key)
    return hasher.finalize()
  }
}

extension Snapshot {
  /// The event at a position; nil where there is none that can be understood.
  func eventIfReadable(at position: Position) -> Event? {
    do throws(ReadingError) { return try event(at: position) } catch { return nil }
  }
}
