// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

// What several questions look up: jobs, and what was in force when something happened.

extension Inquiry {
  /// The same about all of the subject, where it is about a version of one.
  var ofSubject: Inquiry {
    guard case .version(let id) = scope else { return self }
    return about(.subject(id.subject))
  }

  /// The same about the whole ledger: rules and roles bind everybody.
  var ofLedger: Inquiry { about(.ledger) }

  /// The same about something else around it.
  func about(_ scope: TrailScope) -> Inquiry {
    var inquiry = Inquiry(
      about: scope, since: since, at: moment, in: documents, checkpoint: checkpoint)
    inquiry.rowLimit = rowLimit
    inquiry.stretchLength = stretchLength
    if inquiry.subject == subject { inquiry.memory = memory }
    return inquiry
  }

  /// Whether a job belongs to what is asked about.
  func includes(_ job: Job) -> Bool {
    if case .version(let id) = scope { return job.versionID == id }
    return includes(job.subjectID, in: job.project)
  }

  /// Calls `body` with the state of each job in scope, of a version with each job of its subject.
  ///
  /// In no order. Of a subject: its revisions are passed. Of a ledger or project: all jobs are.
  mutating func forEachJob(
    _ body: (Job) throws(ReadingError) -> Void
  ) throws(ReadingError) {
    guard subject != nil else {
      try snapshot.forEachEntity(of: .job, asOf: size) { (entity) throws(ReadingError) in
        if case .job(let job) = entity, includes(job) { try body(job) }
        return true
      }
      return
    }
    for position in try positions(of: [.jobCreated]) {
      guard let id = try event(at: position).job,
        case .job(let job)? = try snapshot.entity(.job(id), asOf: size)
      else { throw Documents.missing("the job of event #\(position.value)") }
      try body(job)
    }
  }

  /// Calls `body` with what each job in scope is about, and how many lines of its log are in the window.
  ///
  /// In no order. Of a ledger or project, rows of jobs and the index of logs are passed once.
  mutating func forEachJobLog(
    _ body: (JobLogLength) throws(ReadingError) -> Void
  ) throws(ReadingError) {
    let inquiry = self
    guard subject != nil else {
      try snapshot.forEachJobLog(asOf: size, from: Position(since.value)) {
        (job) throws(ReadingError) in
        if inquiry.includes(job.subject, in: job.project) { try body(job) }
      }
      return
    }
    try forEachJob { (job) throws(ReadingError) in
      if inquiry.includes(job) { try body(try inquiry.log(of: job)) }
    }
  }

  private func log(of job: Job) throws(ReadingError) -> JobLogLength {
    let all = try snapshot.logSummary(of: job.id, asOf: size)?.counts.lines.total ?? 0
    let before =
      since.value == 0 ? 0 : try snapshot.logSummary(of: job.id, asOf: since)?.counts.lines.total
    return JobLogLength(
      project: job.project, subject: job.subjectID, lines: all - min(all, before ?? 0))
  }

  /// Calls `body` with events of some types that are about something around what is asked about: a
  /// hold on the ledger or project, an erasure of all of the subject.
  mutating func forEachWider(
    of types: [FactCode], _ body: (Event) -> Void
  ) throws(ReadingError) {
    if case .ledger = scope { return }
    let inquiry = self
    var ledger = ofLedger
    try ledger.forEachEvent(of: types) { event, _ in
      if inquiry.isWider(event) { body(event) }
    }
  }

  private func isWider(_ event: Event) -> Bool {
    guard event.job == nil else { return false }
    if case .version(let id) = scope, event.subjectID == id.subject { return event.number == nil }
    // An erasure without a subject is of what has none.
    switch event.fact {
    case .textErased, .artifactErased: return false
    default: break
    }
    guard event.subjectID == nil else { return false }
    return event.project == nil || subject != nil && event.project == subject?.project
  }

  /// Every policy up to the size, by the event that set it. One read of each.
  mutating func policies() throws(ReadingError) -> Policies {
    var policies = Policies()
    var ledger = ofLedger
    try ledger.forEachEvent(of: [.policySet], fromTheStart: true) { event, _ in
      if case .policySet(let fact) = event.fact { policies.set.append((event, fact.policy)) }
    }
    return policies
  }
}

/// The policies of a ledger, oldest first.
struct Policies {
  /// Each with the event that set it.
  var set: [(event: Event, policy: Policy)] = []

  /// The one in force when an event was recorded; the default before the first.
  func inForce(at position: Position) -> Policy {
    set.last { $0.event.position < position }?.policy ?? .default
  }
}
