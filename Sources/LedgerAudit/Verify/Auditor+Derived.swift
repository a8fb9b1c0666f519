// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerDomain
import LedgerReading

// What each event must have left in the indexes and views.

extension Auditor {
  func checkIndexes(
    of event: Event, at position: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) {
    let place = Position(position)
    let code = FactCode(event.fact)
    if code.isIndexed {
      try IndexKey.type(code: code.rawValue, place) { (key) throws(ReadingError) in
        try expect(key, [], in: snapshot.tables.types, "types", \.types, place, snapshot)
      }
      if let job = event.job {
        try IndexKey.job(job, place) { (key) throws(ReadingError) in
          try expect(key, code.bytes, in: snapshot.tables.jobs, "jobs", \.jobs, place, snapshot)
        }
      }
    }
    if let subject = event.subjectID, let revision = event.revision {
      var value: [UInt8] = []
      RowKey.append(position, to: &value)
      try IndexKey.revision(subject, revision) { (key) throws(ReadingError) in
        try expect(
          key, value, in: snapshot.tables.revisions, "revisions", \.revisions, place, snapshot)
      }
    }
    if let request = event.request { try check(request, of: event, at: place, snapshot) }
  }

  private func expect(
    _ key: UnsafeRawBufferPointer, _ value: [UInt8], in table: Table, _ name: String,
    _ count: WritableKeyPath<TableCounts, UInt64>, _ position: Position, _ snapshot: Snapshot
  ) throws(ReadingError) {
    report.checked.entries += 1
    let isEqual = try moving { () throws(LMDBError) in
      try snapshot.loan.get(table, key) { $0.elementsEqual(value) }
    }
    guard let isEqual else {
      return log.add(
        .indexMissing, position.value,
        "event #\(position.value) is not in the index '\(name)'")
    }
    found[keyPath: count] += 1
    if !isEqual {
      log.add(
        .indexWrong, position.value,
        "event #\(position.value) has another value in the index '\(name)'")
    }
  }

  private func check(
    _ request: RequestMark, of event: Event, at position: Position, _ snapshot: Snapshot
  ) throws(ReadingError) {
    report.checked.entries += 1
    let name = "the request key of event #\(position.value)"
    let stored: StoredRequest?
    do throws(ReadingError) {
      stored = try snapshot.request(request.key, of: event.actor.id)
    } catch {
      guard case .rowDamaged = error.code else { throw error }
      found.requests += 1
      return log.add(.indexWrong, position.value, "\(name) cannot be read in the index")
    }
    guard let stored else {
      return log.add(.indexMissing, position.value, "\(name) is not in the index")
    }
    found.requests += 1
    let (end, overflow) = stored.first.value.addingReportingOverflow(stored.count)
    if stored.first != position || stored.digest != request.digest || stored.count == 0
      || overflow || end > size
    {
      log.add(
        .indexWrong, position.value, "\(name) leads to another event or content in the index")
    }
  }

  // MARK: Views

  func fold(_ event: Event, in snapshot: Snapshot) throws(ReadingError) {
    do {
      try folder.fold(event) { row in try compare(row, in: snapshot) }
    } catch let failure as FoldFailure {
      log.add(
        .unfoldable, event.position.value,
        "event #\(event.position.value) cannot follow what is before it: \(failure.reason.words)")
    } catch let error as ReadingError {
      throw error
    } catch {
      // `compare` throws nothing else.
    }
  }

  private func compare(_ row: Rebuild.Row, in snapshot: Snapshot) throws(ReadingError) {
    report.checked.rows += 1
    let isEqual = try moving { () throws(LMDBError) in
      try snapshot.loan.get(snapshot.tables.rows, row.key) { $0.elementsEqual(row.value) }
    }
    let position = row.position.value
    guard let isEqual else {
      return log.add(
        .rowMissing, position, "event #\(position) has left no row of \(row.entity.key.words)")
    }
    found.rows += 1
    if !isEqual {
      log.add(
        .rowWrong, position,
        "the row of \(row.entity.key.words) at #\(position) differs from what the events say")
    }
  }
}

extension EntityKey {
  /// What it is, in words.
  var words: String {
    switch self {
    case .ledger: "the ledger"
    case .policy: "the policy"
    case .project(let name): "project \(name)"
    case .subject(let id): "\(id)"
    case .version(let id): "version \(id)"
    case .job(let id): "job \(id)"
    case .deployment(let id): "deployment \(id)"
    case .slot(let subject, let target): "target \(target) of \(subject)"
    case .member(let id): "member \(id)"
    case .holds: "the holds"
    case .schedule(let project, let name): "schedule \(project)/\(name)"
    }
  }
}

extension FoldFailure.Reason {
  /// The reason in words.
  var words: String {
    switch self {
    case .missing(let key): "there is no \(key.words)"
    case .exists(let key): "\(key.words) exists already"
    case .incomplete(let member): "its member '\(member)' is missing"
    }
  }
}
