// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerDomain
import LedgerReading

// What each event must have left in the views.

extension Auditor {
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
      try snapshot.loan.get(snapshot.tables.rows, row.key) { $0.hasSameBytes(as: row.value) }
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
