// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading
import Synchronization
import Transparency

extension Ledger {
  /// Performs a batch of work under one pass through the door, in one commit.
  ///
  /// A batch that cannot be prepared is performed again one by one, so only the culprit fails.
  func perform(_ batch: [Work], _ memory: inout WriterMemory) -> [WorkResult] {
    do throws(DoorFailure) {
      return try performTogether(batch, &memory)
    } catch {
      memory.forget()
      switch error {
      case .unknown(let error): return batch.map { $0.answer(unknown: error) }
      // Whoever came along waited as long: nobody waits again, one by one.
      case .shut(let error): return batch.map { $0.answer(failed: error) }
      case .known(let error) where batch.count == 1: return [batch[0].answer(failed: error)]
      case .known: return batch.flatMap { perform([$0], &memory) }
      }
    }
  }

  /// A failure of a whole batch, by what is known of its outcome.
  enum DoorFailure: Error {
    /// The door did not open, or not to these files: nothing was written.
    case shut(StorageError)
    /// Nothing was written.
    case known(StorageError)
    /// A commit failed when it may have come true.
    case unknown(StorageError)
  }

  private func performTogether(
    _ batch: [Work], _ memory: inout WriterMemory
  ) throws(DoorFailure) -> [WorkResult] {
    let bytes = batch.reduce(0) { $0 + $1.bytes }
    let pass = try enter()
    if memory.shouldCheckSpace(for: bytes, at: clock.read().bootMicroseconds) {
      do throws(DirectoryError) {
        try SpaceCheck.require(batchBytes: UInt64(bytes), in: directory)
      } catch {
        throw .known(StorageError(.directory(error), "appending to the ledger"))
      }
    }
    var results: [WorkResult]
    var isDue = false
    do throws(StorageError) {
      try clearBuffersIfErased(&memory)
      memory.note(bytes: bytes, pieces: batch.count)
    } catch {
      throw .known(error)
    }
    if batch.allSatisfy(\.isApart) {
      results = batch.map { $0.answer(failed: StorageError(.closed, "writing")) }
    } else {
      let committed = try commit(batch, &memory)
      do throws(DirectoryError) { try pass.recheck() } catch {
        // The commit went into files that others no longer use: it may be overwritten.
        throw .unknown(StorageError(.directory(error), "appending to the ledger"))
      }
      memory.remember(committed.states, at: committed.head.size)
      memory.note(bytes: bytes, pieces: batch.count, scattered: committed.scattered)
      isDue = isCheckpointDue(after: committed.head, signsNow: committed.asksForCheckpoint)
      results = committed.results
      signer.step(.committed)
    }
    for index in batch.indices {
      guard case .scrub(let step) = batch[index] else { continue }
      let outcome = outcome(of: step, pass)
      if case .indexed(_, let entries) = outcome {
        memory.note(bytes: 0, pieces: 0, scattered: entries)
      }
      results[index] = .scrub(outcome)
    }
    let isAsked = batch.contains(where: \.isCheckpoint)
    var attempt = SigningAttempt.notDue
    if isAsked || isDue { attempt = signHead() }
    pass.leave()
    // If the key cannot be reached the commit stands, and `status` says that a checkpoint is due.
    let outcome = conclude(attempt)
    if let outcome {
      for index in batch.indices where batch[index].isCheckpoint {
        results[index] = .checkpoint(outcome)
      }
    }
    return results
  }

  private func outcome(of step: ScrubStep, _ pass: borrowing DoorPass) -> ScrubStepOutcome {
    do throws(StorageError) { return try perform(step, pass) } catch { return .failed(error) }
  }

  func enter() throws(DoorFailure) -> DoorPass {
    do throws(DirectoryError) {
      return try door.enter(within: deadline, guarding: files)
    } catch {
      throw .shut(StorageError(.directory(error), "appending to the ledger"))
    }
  }

  private struct Committed {
    var results: [WorkResult]
    var head: Head
    var states: [EntityKey: Entity?]
    var asksForCheckpoint: Bool
    /// Texts taken away and words indexed, each of which may have changed a page of its own.
    var scattered: UInt64
  }

  /// One LMDB transaction with full sync. A crash before its meta page is on disk leaves the log
  /// as it was; a crash after it leaves all of the batch.
  private func commit(
    _ batch: [Work], _ memory: inout WriterMemory
  ) throws(DoorFailure) -> Committed {
    let reading = clock.read()
    do throws(WriteFailure<StorageError>) {
      return try reader.environment.write(growing: true) {
        (transaction) throws(StorageError) -> Committed in
        try prepare(batch, transaction.loan, reading, &memory)
      }
    } catch {
      switch error {
      case .begin(let error), .refused(let error):
        throw .known(StorageError(lmdb: error))
      case .body(let error):
        throw .known(error)
      case .commit(let cause):
        let mark = PoisonMark(
          time: reading.time, operation: cause.operation, error: cause.code.rawValue,
          pid: processNumber)
        // Failing to write the mark changes nothing for this process, which remembers it.
        try? door.poison(mark)
        throw .unknown(StorageError(.commitUnknown(cause), "appending to the ledger"))
      }
    }
  }

  private func prepare(
    _ batch: [Work], _ loan: WriteLoan, _ reading: ClockReading, _ memory: inout WriterMemory
  ) throws(StorageError) -> Committed {
    let head: Head
    do throws(ReadingError) { head = try Snapshot(loan, reader.tables).head } catch {
      throw StorageError(.reading(error), "appending to the ledger")
    }
    guard head.reducer == Reducer.version else {
      throw StorageError(.newerViews(head.reducer), "appending to the ledger")
    }
    // Only a batch of its own may step the clock back: see `perform`, which retries one by one.
    let isCorrection = batch.count == 1 && batch[0].correctsClock
    var appender = try Appender(
      loan, reader.tables, head: head, reading: reading, isCorrection: isCorrection,
      known: memory.states(at: head.size))
    if batch.count > 1, batch.contains(where: \.isDoneAlone) {
      throw StorageError(.closed, "doing in company what is done alone")
    }
    var results: [WorkResult] = []
    results.reserveCapacity(batch.count)
    for work in batch {
      switch work {
      case .command(let submission):
        results.append(.command(try perform(submission, in: &appender, random: &memory.random)))
      case .statement(let submission):
        results.append(
          .statement(try prepare(submission, in: &appender, random: &memory.random)))
      case .rotation(let rotation):
        results.append(
          .command(try perform(rotation, in: &appender, random: &memory.random)))
      case .log(let lines):
        results.append(.log(try appender.append(lines, using: preparer, random: &memory.random)))
      case .checkpoint:
        results.append(.checkpoint(.failed(StorageError(.closed, "signing a checkpoint"))))
      case .scrub:
        results.append(.scrub(.failed(StorageError(.closed, "finishing an erasure"))))
      }
    }
    if appender.head.size > head.size {
      if !appender.stepsBack { try appender.tellRefusals(random: &memory.random) }
      try appender.finish()
    }
    return Committed(
      results: results, head: appender.head, states: appender.views.known,
      asksForCheckpoint: appender.asksForCheckpoint,
      scattered: appender.erased + appender.scattered)
  }

  func perform(
    _ submission: Submission, in appender: inout Appender, random: inout RandomSupply
  ) throws(StorageError) -> Outcome {
    let submission = try appender.refreshed(submission)
    var mark: RequestMark?
    if let request = submission.request {
      let new = self.mark(request)
      if let earlier = try appender.earlier(new, of: submission.command.actor.id) {
        return earlier
      }
      mark = new
    }
    let decided: Result<[Draft], Refusal>
    do throws(Refusal) {
      let command = try SignedRequest.open(submission, given: &appender.views)
      let drafts = try Decider.decide(
        command, given: &appender.views, in: circumstances(of: appender, random: &random))
      try submission.signed?.compare(with: drafts, at: appender.time, given: &appender.views)
      decided = .success(drafts)
    } catch {
      decided = .failure(error)
    }
    if let failure = appender.views.failure { throw failure }
    switch decided {
    case .success(let drafts):
      var events: [Event] = []
      for draft in drafts {
        let request = events.isEmpty ? mark : nil
        // The digest of the words was signed, and with it the salt.
        let salt = draft.fact.signature == nil ? nil : submission.signed?.salt
        let event = try appender.append(draft, request: request, salt: salt, random: &random)
        try appender.erase(event)
        events.append(event)
      }
      if let mark { try appender.bind(mark, of: submission.command.actor.id, to: events) }
      return .accepted(events)
    case .failure(let refusal):
      // A refused correction of the clock must not step it back after all.
      if !appender.stepsBack {
        try appender.record(refusal, of: submission.command, random: &random)
      }
      return .refused(refusal)
    }
  }

  func mark(_ request: (key: RequestKey, content: [UInt8])) -> RequestMark {
    let digest = Transparency.Authentication.requestDigest(
      key: requestKey, bytes: request.content)
    return RequestMark(key: request.key, digest: Digest(digest))
  }

  func circumstances(
    of appender: borrowing Appender, random: inout RandomSupply
  ) -> Circumstances {
    let bits = (0..<8).map { _ in (try? random.nextBits()) ?? 0 }
    return Circumstances(
      time: appender.time, lastTime: appender.head.size.value > 0 ? appender.head.lastTime : nil,
      size: appender.head.size, drawBits: drawBits ?? Ledger.drawing(bits))
  }

  /// A source of bits for identifiers: what was drawn, then a mix of it that never repeats soon.
  private static func drawing(_ bits: [UInt64]) -> @Sendable () -> UInt64 {
    let state = BitSource(bits)
    return { state.next() }
  }
}

extension Ledger.Work {
  var isCheckpoint: Bool { if case .checkpoint = self { true } else { false } }

  /// Whether it is performed in a commit of its own.
  var isDoneAlone: Bool { if case .rotation = self { true } else { correctsClock } }

  var correctsClock: Bool {
    if case .command(let submission) = self, case .correctClock = submission.command.intent {
      true
    } else {
      false
    }
  }

  /// Whether it has its turn after the commit, and needs none.
  var isApart: Bool {
    switch self {
    case .checkpoint, .scrub: true
    case .command, .statement, .log, .rotation: false
    }
  }

  func answer(failed error: StorageError) -> Ledger.WorkResult {
    switch self {
    case .scrub: .scrub(.failed(error))
    case .command, .rotation: .command(.failed(error))
    case .statement: .statement(.failed(error))
    case .log: .log(.failed(error))
    case .checkpoint: .checkpoint(.failed(error))
    }
  }

  func answer(unknown error: StorageError) -> Ledger.WorkResult {
    switch self {
    case .scrub: .scrub(.failed(error))
    case .command, .rotation: .command(.unknown(error))
    case .statement: .statement(.failed(error))
    case .log: .log(.unknown(error))
    case .checkpoint: .checkpoint(.failed(error))
    }
  }
}
