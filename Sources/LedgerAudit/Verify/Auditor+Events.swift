// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

// One pass over all leaves: a helper thread reads, decodes and hashes; this one compares.

extension Auditor {
  func checkEvents() throws {
    let (source, end) = (source, size)
    try Pipeline.run { emit in
      var scan = LeafScan(source, end: end)
      while let batch = try scan.batch(), emit(batch) {}
    } consume: { (batch: LeafScan.Batch) in
      try source.read { (snapshot) throws(ReadingError) in
        try check(batch, in: snapshot)
      }
      progress("verifying events", batch.end, end == Auditor.unknown ? batch.end : end)
    }
    for run in runs.open { try compareOnce(run) }
  }

  private func compareOnce(_ run: LogRun) throws(ReadingError) {
    try source.read { (snapshot) throws(ReadingError) in try compare(run, in: snapshot) }
  }

  private func check(_ batch: LeafScan.Batch, in snapshot: Snapshot) throws(ReadingError) {
    var gaps = batch.gaps[...]
    try snapshot.loan.withCursor(snapshot.tables.texts) { (cursor) throws(ReadingError) in
      var text = try moving { () throws(LMDBError) in
        try cursor.seek(atOrAfter: BigEndianKey(batch.start))
      }
      for leaf in batch.leaves {
        while let gap = gaps.first, gap.lowerBound < leaf.position {
          skip(gap)
          gaps.removeFirst()
        }
        try takeHash(leaf, in: snapshot)
        let digest = try check(leaf, in: snapshot)
        try checkText(of: leaf, digest, &text, &cursor)
      }
    }
    for gap in gaps { skip(gap) }
  }

  private func skip(_ gap: Range<UInt64>) {
    if gap.upperBound == size, size == Auditor.unknown { return }
    let last = gap.upperBound - 1
    log.add(
      .leafMissing, gap.lowerBound,
      gap.lowerBound == last
        ? "event #\(last) is missing" : "events #\(gap.lowerBound) to #\(last) are missing")
    // What is missing at the end leaves a shorter log, and there is more to say about that one.
    if gap.upperBound == size { tree.cut() } else { tree.skip(to: gap.upperBound) }
  }

  private func takeHash(_ leaf: LeafScan.Leaf, in snapshot: Snapshot) throws(ReadingError) {
    report.checked.events += 1
    guard let root = tree.add(leaf.hash) else { return }
    try compare(root, withBlock: leaf.position >> 8, in: snapshot)
  }

  /// Holds the root of a full block against what the tree stores.
  func compare(
    _ root: MerkleHash, withBlock block: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) {
    report.checked.nodes += 1
    let last = block << 8 | 255
    guard let stored = try storedNode(8, block, in: snapshot) else {
      return log.add(
        .treeMissing, block << 8, "the hash of events #\(block << 8) to #\(last) is gone")
    }
    if stored != root {
      log.add(
        .treeWrong, block << 8,
        "events #\(block << 8) to #\(last) do not hash to what the tree holds for them: "
          + "one of them was changed, or the tree was")
    }
  }

  func storedNode(
    _ height: UInt8, _ index: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) -> MerkleHash? {
    try IndexKey.treeNode(height: height, index: index) { (key) throws(ReadingError) in
      try moving { () throws(LMDBError) in
        try snapshot.loan.get(snapshot.tables.tree, key) { MerkleHash($0) } ?? nil
      }
    }
  }

  // MARK: One leaf

  /// Checks a leaf and what was derived from it; returns the digest of its text.
  private func check(
    _ leaf: LeafScan.Leaf, in snapshot: Snapshot
  ) throws(ReadingError) -> Digest? {
    switch leaf.content {
    case .undecodable(let error):
      log.add(
        .leafUndecodable, leaf.position, "event #\(leaf.position) is no event: \(error)")
      // Its text is not judged: the digest that it should have cannot be read.
      return nil
    case .line(let line):
      checkPlace(line.position, leaf.position)
      checkTime(leaf.position, line.time, clock: nil, occurred: line.occurred, correction: nil)
      try follow(line.line, of: line.job, at: leaf.position, in: snapshot)
      return line.text
    case .event(let event):
      checkPlace(event.position, leaf.position)
      try check(event, at: leaf.position, in: snapshot)
      return event.text
    }
  }

  private func checkPlace(_ said: Position, _ position: UInt64) {
    if said.value != position {
      log.add(
        .leafMisplaced, position, "the event at #\(position) says that it is #\(said.value)")
    }
  }

  private func check(
    _ event: Event, at position: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) {
    var correction: ClockCorrected?
    if case .clockCorrected(let fact) = event.fact { correction = fact }
    checkTime(
      position, event.time, clock: event.clock, occurred: event.occurred, correction: correction)
    if let cause = event.cause, cause.value >= position {
      log.add(.timeSense, position, "event #\(position) names #\(cause.value) as its cause")
    }
    if case .jobLogged(let line) = event.fact, let job = event.job {
      return try follow(line, of: job, at: position, in: snapshot)
    }
    checkRevision(of: event, at: position)
    try checkIndexes(of: event, at: position, in: snapshot)
    checkSignature(of: event, at: position)
    try fold(event, in: snapshot)
    erasures.note(event)
    noteArtifacts(of: event)
    noteRotation(of: event)
    switch event.fact {
    case .jobCompleted, .jobFailed, .jobStopped, .jobLost:
      if let job = event.job, let run = runs.end(job) { try compare(run, in: snapshot) }
    default: break
    }
  }

  private func checkTime(
    _ position: UInt64, _ time: Timestamp, clock: Timestamp?, occurred: Timestamp?,
    correction: ClockCorrected?
  ) {
    defer { lastTime = time }
    if let correction {
      if let lastTime, correction.from != lastTime {
        log.add(
          .timeSense, position,
          "the correction of the clock at #\(position) is from \(correction.from), and the event "
            + "before it was recorded at \(lastTime)")
      }
    } else if let lastTime, time < lastTime {
      log.add(
        .timeDecreasing, position,
        "event #\(position) was recorded at \(time), before its predecessor at \(lastTime)")
    }
    if let clock, correction == nil {
      // Time is held at that of the latest event while the clock lags by up to five seconds.
      let lag = time.microseconds - clock.microseconds
      if lag <= 0 || lag > 5_000_000 || (lastTime != nil && lastTime != time) {
        log.add(
          .timeSense, position,
          "event #\(position) was recorded at \(time) while the clock read \(clock)")
      }
    }
    if let occurred, time.microseconds - occurred.microseconds <= 1_000_000 {
      log.add(
        .timeSense, position,
        "event #\(position) occurred at \(occurred) and was recorded at \(time): not later by more "
          + "than a second")
    }
  }

  private func checkRevision(of event: Event, at position: UInt64) {
    guard let subject = event.subjectID, let revision = event.revision else { return }
    let expected = revisions[subject, default: 0]
    if revision.value != expected {
      log.add(
        .revision, position,
        "event #\(position) is revision \(revision.value) of \(subject), and \(expected) is next")
    }
    revisions[subject] = revision.value &+ 1
  }

  // MARK: Texts

  private func checkText(
    of leaf: LeafScan.Leaf, _ digest: Digest?, _ text: inout Entry?, _ cursor: inout Cursor
  ) throws(ReadingError) {
    while let found = text {
      guard let position = BigEndianKey(found.key)?.number else {
        log.add(.table, nil, "a text's key is no position")
        text = nil
        return
      }
      if position > leaf.position { break }
      if position < leaf.position {
        log.add(.textStray, position, "a text stands at #\(position), where there is no event")
      } else if let digest {
        report.checked.texts += 1
        if Digest(MerkleTree.sha256(found.value)) != digest {
          log.add(
            .textAltered, position, "the text of event #\(position) does not match its digest")
        }
      } else if case .undecodable = leaf.content {
      } else {
        log.add(.textStray, position, "event #\(position) has no text, and one is stored for it")
      }
      text = try moving { () throws(LMDBError) in try cursor.next() }
      if position == leaf.position { return }
    }
    if digest != nil { missingTexts.missing(leaf.position, job: leaf.content.job) }
  }

  // MARK: Log lines

  private func follow(
    _ line: LogLine, of job: JobID, at position: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) {
    if !runs.follows(job) {
      var isRunning = false
      if case .job(let state)? = folder.views.entity(.job(job)) {
        isRunning = state.status == .running
      }
      if !isRunning {
        log.add(
          .logOutsideJob, position, "the log line at #\(position) is of \(job), which does not run")
      }
    }
    if let completed = runs.add(line, of: job, at: position) {
      try compare(completed, in: snapshot)
    }
  }

  private func compare(_ run: LogRun, in snapshot: Snapshot) throws(ReadingError) {
    let name = "the run of log lines of \(run.job) from #\(run.first.value)"
    let stored: LogRun?
    do throws(ReadingError) {
      stored = try snapshot.logRun(of: run.job, first: run.first)
    } catch {
      guard case .rowDamaged = error.code else { throw error }
      found.logs += 1
      return log.add(.indexWrong, run.first.value, "\(name) cannot be read in the index")
    }
    report.checked.entries += 1
    guard let stored else {
      return log.add(.indexMissing, run.first.value, "\(name) is not in the index")
    }
    found.logs += 1
    if stored == run { return }
    // A run that ends at the size being verified may have grown since.
    let mayGrow = run.last.value + 1 == size && stored.last.value >= size
    if mayGrow, stored.firstLine == run.firstLine, stored.soFar.covers(run.soFar) { return }
    log.add(.indexWrong, run.first.value, "\(name) has other ends or counts in the index")
  }
}

extension LeafScan.Content {
  /// The job of the event.
  var job: JobID? {
    switch self {
    case .line(let line): line.job
    case .event(let event): event.job
    case .undecodable: nil
    }
  }
}

extension Snapshot {
  /// The run of a job's log that begins at exactly this position.
  func logRun(of job: JobID, first: Position) throws(ReadingError) -> LogRun? {
    try IndexKey.job(job, first) { (key) throws(ReadingError) in
      try loan.get(tables.logs, key) { (value) throws(ReadingError) in
        do throws(RowError) { return try LogRun.decode(job: job, first: first, value) } catch {
          throw ReadingError(.rowDamaged("\(error)"), "reading a log")
        }
      }
    }
  }
}
