// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Which jobs failed, were stopped or lost, or repeat another; who stopped them, and what remained?
enum FailuresQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .job, .kind, .version, .status, .ended, .ending, .error, .actor, .stoppedBy, .stopReason,
    .attempt, .retryOf, .retriedBy, .lastSeen, .effectRemaining,
  ]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    var found: [Job] = []
    var retries: [JobID: [Job]] = [:]
    let copy = inquiry
    try inquiry.forEachJob { job in
      if let original = job.request.retryOf { retries[original, default: []].append(job) }
      let isTold =
        job.request.retryOf != nil || job.stopRequested != nil
        || [.failed, .stopped, .lost].contains(job.status)
      if isTold, copy.includes(job), latest(job) >= copy.since.value { found.append(job) }
    }
    found.sort { $0.created.position < $1.created.position }
    for job in found {
      let again = retries[job.id, default: []].sorted { $0.created.position < $1.created.position }
      try add(job, again, in: &inquiry, to: &answer)
    }
    answer.explainIfEmpty(
      [.jobStopRequested, .jobFailed, .jobStopped, .jobLost],
      "no job failed, was stopped, lost or run again")
  }

  private static func latest(_ job: Job) -> UInt64 {
    [job.created, job.stopRequested, job.ended].compactMap { $0?.position.value }.max() ?? 0
  }

  private static func add(
    _ job: Job, _ again: [Job], in inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    var positions = [job.created.position]
    var error: AnswerValue?
    var stopper: Actor?
    var reason: AnswerValue?
    if let ended = job.ended {
      positions.append(ended.position)
      let event = try inquiry.event(at: ended.position)
      error = try inquiry.documents.value(of: .error, in: event)
      if job.status == .stopped { stopper = event.actor }
    }
    if let asked = job.stopRequested {
      positions.append(asked.position)
      let event = try inquiry.event(at: asked.position)
      stopper = event.actor
      reason = try inquiry.documents.value(of: .reason, in: event)
    }
    let version = try job.versionID.map { id throws(ReadingError) in
      try inquiry.documents.label(of: id)
    }
    answer.add(
      [
        .name(job.id.string), .word(job.kind.rawValue), version.map { .name($0) },
        .word(job.status.rawValue), (job.ended?.time).map { .time($0) },
        job.ending.flatMap(words).map { .word($0) }, error, .actor(job.createdBy),
        stopper.map { .actor($0) }, reason, .count(try attempt(job, in: inquiry)),
        job.request.retryOf.map { .name($0.string) },
        again.isEmpty ? nil : .names(again.map(\.id.string)),
        (job.ending?.lastSeen).map { .time($0) },
        (job.ending?.effectRemaining).map { .word($0.rawValue) },
      ], restingOn: positions + again.map(\.created.position))
    if job.status == .lost { answer.except(.jobLost, about: job.id.string, restingOn: positions) }
    switch job.ending?.effectRemaining {
    case .hook, .unknown:
      answer.except(.effectRemains, about: job.id.string, restingOn: positions)
    default: break
    }
  }

  private static func words(_ ending: JobEnding) -> String? {
    ending.signal ?? ending.exit.map { "exit \($0)" }
  }

  /// 1 for a job that repeats none; what it repeats came before it.
  private static func attempt(_ job: Job, in inquiry: Inquiry) throws(ReadingError) -> UInt64 {
    var (attempt, job): (UInt64, Job) = (1, job)
    while let id = job.request.retryOf,
      case .job(let earlier)? = try inquiry.snapshot.entity(.job(id), asOf: inquiry.size),
      earlier.created.position < job.created.position
    { (attempt, job) = (attempt + 1, earlier) }
    return attempt
  }
}
