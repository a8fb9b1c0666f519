// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerDomain
import LedgerReading
import Transparency

// The stored tree above the blocks, the head, and texts against erasures.

extension Auditor {
  /// Compares every stored node with its children, and looks for others.
  ///
  /// Each node is held against what is stored below it, so a changed leaf shows at its block alone,
  /// and a changed node at itself and its parent. Blocks are held against their leaves elsewhere, and
  /// with their two halves that vouches for those; a half without a block yet is a peak.
  func checkTree() throws {
    var height: UInt8 = Snapshot.keptHeight
    var wanted: UInt64 = 0
    while size >> UInt64(height) > 0, height < 63 {
      let count = size >> UInt64(height)
      wanted += count
      var index: UInt64 = 0
      while index < count {
        try source.read { (snapshot) throws(ReadingError) in
          let end = min(count, index + 4096)
          while index < end {
            try checkNode(height, index, in: snapshot)
            index += 1
          }
        }
      }
      height += 1
    }
    let entries = try source.read { (snapshot) throws(ReadingError) in
      try moving { () throws(LMDBError) in
        UInt64(try snapshot.loan.entryCount(snapshot.tables.tree))
      }
    }
    if entries > wanted { try nameStrayNodes() }
  }

  private func checkNode(
    _ height: UInt8, _ index: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) {
    // A block was counted, and told of where it is missing, when its leaves were hashed.
    let isBlock = height == 8
    if !isBlock { report.checked.nodes += 1 }
    let first = index << UInt64(height)
    let name = "of height \(height) over the events from #\(first)"
    guard let stored = try storedNode(height, index, in: snapshot) else {
      if !isBlock { log.add(.treeMissing, first, "the tree's node \(name) is gone") }
      return
    }
    if height == Snapshot.keptHeight {
      guard index & 1 == 0, index + 1 == size >> UInt64(height), let frontier = tree.frontier,
        frontier.size == size
      else { return }
      if frontier.peaks[(size >> UInt64(height + 1)).nonzeroBitCount] != stored {
        log.add(.treeWrong, first, "the tree's node \(name) is not what they hash to")
      }
      return
    }
    // A child that is missing was told of at its own height.
    guard let left = try storedNode(height - 1, index * 2, in: snapshot),
      let right = try storedNode(height - 1, index * 2 + 1, in: snapshot)
    else { return }
    if MerkleTree.nodeHash(left, right) != stored {
      log.add(.treeWrong, first, "the tree's node \(name) is not the hash of its two children")
    }
  }

  private func nameStrayNodes() throws(ReadingError) {
    do throws(ReadingError) {
      try source.forEach(in: source.tables.tree) { (entry, snapshot) throws(ReadingError) in
        guard let (height, index) = IndexKey.parseTreeNode(entry.key), height < 63 else {
          return log.add(.treeExtra, nil, "a key of the tree names no node")
        }
        let fits = height >= Snapshot.keptHeight && index < snapshot.size.value >> UInt64(height)
        if !fits {
          log.add(
            .treeExtra, nil,
            "the tree has a node of height \(height), index \(index), which cannot be complete")
        }
      }
    } catch {
      guard case .rowDamaged(let what) = error.code else { throw error }
      log.add(.table, nil, "\(what) ('tree')")
    }
  }

  /// Compares the head row with what the events say.
  func checkHead() {
    guard report.size != nil, head.size.value == size else { return }
    if let frontier = tree.frontier, frontier != head.frontier {
      log.add(
        .root, nil,
        "the events hash to the root \(frontier.root().base64), and the head holds "
          + "\(head.frontier.root().base64)")
    }
    if let lastTime, head.lastTime != lastTime {
      log.add(
        .head, size - 1,
        "the head says that the last event was recorded at another time than \(lastTime)")
    }
    if head.reducer > Reducer.version {
      log.add(
        .head, nil,
        "the views were made by reducer \(head.reducer), and this program has \(Reducer.version)")
    }
  }

  /// How many runs of missing texts are remembered; beyond that they are judged at once.
  static var missingLimit: Int { 100_000 }

  /// Holds missing texts against erasures, and erasures against texts that are there.
  func checkTexts() throws {
    if options.isQuick {
      // No event was decoded: the index tells where erasures are.
      erasures = try source.read { (snapshot) throws(ReadingError) in try Erasures(snapshot) }
    }
    try nameMissingTexts()
    for range in erasures.ranges { try checkErased(range) }
    try checkScrub()
  }

  /// Names the texts that are missing and that no erasure names, and forgets them all.
  func nameMissingTexts() throws(ReadingError) {
    guard !missingTexts.runs.isEmpty else { return }
    // An erasure may have come after the events that are verified.
    var later: Erasures?
    do throws(ReadingError) {
      later = try source.read { (snapshot) throws(ReadingError) in try Erasures(snapshot) }
    } catch {
      // What is wrong with the index is told where it is compared.
    }
    for run in missingTexts.runs {
      var position = run.from
      while position <= run.to {
        defer { position += 1 }
        if erasures.erasure(of: Position(position), job: run.job) != nil { continue }
        if later?.erasure(of: Position(position), job: run.job) != nil { continue }
        log.add(
          .textMissing, position,
          "the text of event #\(position) is gone, and no erasure names it")
      }
    }
    missingTexts.removeAll()
  }

  private func checkScrub() throws(ReadingError) {
    let owed = try source.read { (snapshot) throws(ReadingError) in
      do throws(ReadingError) { return try snapshot.owedScrub() } catch {
        guard case .rowDamaged(let what) = error.code else { throw error }
        log.add(.table, nil, "\(what) ('head')")
        return nil
      }
    }
    guard let owed else { return }
    log.add(
      .erasureUnfinished, owed.last.value,
      "what #\(owed.last.value) erased may still lie in unused parts of the database's file: run "
        + "'jobledger erase --finish'")
  }

  private func checkErased(_ range: Erasures.Range) throws(ReadingError) {
    try source.read { (snapshot) throws(ReadingError) in
      try snapshot.loan.withCursor(snapshot.tables.texts) { (cursor) throws(ReadingError) in
        var entry = try moving { () throws(LMDBError) in
          try cursor.seek(atOrAfter: BigEndianKey(range.from))
        }
        while let found = entry, let position = BigEndianKey(found.key)?.number,
          position <= range.to, position < range.by.value
        {
          if range.job == nil || snapshot.eventIfReadable(at: Position(position))?.job == range.job
          {
            log.add(
              .textNotErased, position,
              "#\(range.by.value) says that the text of event #\(position) was erased, and it is "
                + "still there")
          }
          entry = try moving { () throws(LMDBError) in try cursor.next() }
        }
      }
    }
  }
}
