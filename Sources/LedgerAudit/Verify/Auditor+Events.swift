// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerDomain
import LedgerReading
import Transparency

// One pass over the log: both cores read, hash, decode and compare stretches of it; this thread takes
// them in order, and does what depends on the events before.

extension Auditor {
  func checkEvents() throws {
    let reader = StretchReader(
      source: source, end: try endOfLeaves(), depth: options.depth, sizes: checkpointSizes())
    let what = options.isQuick ? "hashing events" : "verifying events"
    func take(_ stretch: Stretch) throws {
      try source.read { (snapshot) throws(ReadingError) in try self.take(stretch, in: snapshot) }
      progress(what, stretch.end, reader.end)
    }
    if try isWhole(upTo: reader.end) {
      let count = Int((reader.end + StretchReader.length - 1) / StretchReader.length)
      try Pipeline.inOrder(count) { index in
        reader.stretch(from: UInt64(index) * StretchReader.length)
      } consume: { (stretch: Stretch) in
        try take(stretch)
      }
    } else {
      // Positions say nothing about how much there is to read: stretches follow what is there.
      try Pipeline.run { emit in
        var next: UInt64 = 0
        while next < reader.end {
          let stretch = reader.stretch(from: next, followsLeaves: true)
          next = stretch.end
          guard emit(stretch) else { return }
        }
      } consume: { (stretch: Stretch) in
        try take(stretch)
      }
    }
    if reader.end < size, size != Auditor.unknown { skip(reader.end..<size) }
    for run in runs.open { try compareOnce(run) }
  }

  /// One more than the last leaf's position, but not more than the head's size.
  private func endOfLeaves() throws(ReadingError) -> UInt64 {
    try source.read { (snapshot) throws(ReadingError) in
      try snapshot.loan.withCursor(snapshot.tables.leaves) { (cursor) throws(ReadingError) in
        guard let last = try moving({ () throws(LMDBError) in try cursor.last() }) else { return 0 }
        // A last key that is no position leaves the head's word.
        guard let position = BigEndianKey(last.key)?.number else { return size }
        return min(size, position &+ 1)
      }
    }
  }

  /// Whether there may be a leaf for each position: there are as many entries, and no absurd number.
  private func isWhole(upTo end: UInt64) throws(ReadingError) -> Bool {
    let entries = try source.read { (snapshot) throws(ReadingError) in
      try moving { () throws(LMDBError) in
        UInt64(try snapshot.loan.entryCount(snapshot.tables.leaves))
      }
    }
    return entries >= end && end < 1 << 40
  }

  private func compareOnce(_ run: LogRun) throws(ReadingError) {
    try source.read { (snapshot) throws(ReadingError) in try compare(run, in: snapshot) }
  }

  private func take(_ stretch: Stretch, in snapshot: Snapshot) throws(ReadingError) {
    report.checked.add(stretch.checked)
    found.add(stretch.found)
    try take(stretch.pieces, in: snapshot)
    if let first = stretch.firstTiming { first.check(after: lastTime, &log) }
    log.take(stretch.findings)
    lastTime = stretch.lastTime ?? lastTime
    for run in stretch.missingTexts.runs { missingTexts.append(run) }
    if missingTexts.runs.count > Auditor.missingLimit { try nameMissingTexts() }
    for item in stretch.items {
      switch item {
      case .event(let position, let index):
        try check(stretch.events[index], at: position, in: snapshot)
      case .lines(let run):
        try follow(
          stretch.lines[run.lines], of: run.job, from: run.first, in: snapshot)
      }
    }
  }

  // MARK: The tree

  private func take(_ pieces: [Stretch.Piece], in snapshot: Snapshot) throws(ReadingError) {
    for piece in pieces {
      switch piece {
      case .block(let root):
        tree.add(block: root)
        try compare(root, withBlock: (tree.next - 1) >> 8, in: snapshot)
      case .leaves(let hashes):
        for hash in hashes {
          guard let root = tree.add(hash) else { continue }
          try compare(root, withBlock: (tree.next - 1) >> 8, in: snapshot)
        }
      case .missing(let gap): skip(gap)
      case .unreadable(let gap): tree.skip(to: gap.upperBound)
      }
    }
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

  // MARK: What depends on the events before

  private func check(
    _ event: Event, at position: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) {
    checkRevision(of: event, at: position)
    checkSignature(of: event, at: position)
    try fold(event, in: snapshot)
    erasures.note(event)
    noteArtifacts(of: event)
    noteRotation(of: event)
    noteWitnesses(of: event)
    switch event.fact {
    case .jobCompleted, .jobFailed, .jobStopped, .jobLost:
      if let job = event.job, let run = runs.end(job) { try compare(run, in: snapshot) }
    default: break
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

  // MARK: Log lines

  private func follow(
    _ lines: ArraySlice<Stretch.Line>, of job: JobID, from first: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) {
    if !runs.follows(job) {
      var isRunning = false
      if case .job(let state)? = folder.views.entity(.job(job)) {
        isRunning = state.status == .running
      }
      if !isRunning {
        log.add(
          .logOutsideJob, first, "the log line at #\(first) is of \(job), which does not run")
      }
    }
    try runs.add(lines, of: job, from: first) { (run) throws(ReadingError) in
      try compare(run, in: snapshot)
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
