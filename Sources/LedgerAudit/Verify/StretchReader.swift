// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Reads stretches of the log, each by itself, so that any thread may read any of them.
struct StretchReader: Sendable {
  /// How many leaves a stretch has, but for the last one: whole blocks.
  static let length: UInt64 = 4096

  let source: LedgerSource
  /// Where the log ends.
  let end: UInt64
  let depth: Auditor.Depth
  /// The sizes whose roots are asked for: blocks that hold one are handed over leaf by leaf.
  let sizes: [UInt64]

  /// The stretch that begins at a position. One that `followsLeaves` goes on behind leaves that are
  /// missing, however many; else it ends where whole stretches end.
  func stretch(from start: UInt64, followsLeaves: Bool = false) -> Stretch {
    var work = StretchWork(self, from: start, followsLeaves: followsLeaves)
    do throws(ReadingError) {
      try source.read { (snapshot) throws(ReadingError) in try work.read(snapshot) }
    } catch {
      work.stop(error)
    }
    return work.stretch
  }

  func isRootAskedFor(within start: UInt64) -> Bool {
    sizes.contains { start < $0 && $0 < start + 256 }
  }
}

/// The reading of one stretch.
struct StretchWork {
  let reader: StretchReader
  var stretch: Stretch
  private let limit: UInt64
  private let followsLeaves: Bool
  /// Where the next leaf should stand.
  private var next: UInt64
  private var decoder = LogLineDecoder()

  /// Leaves that wait to be hashed, of one block at most; they begin at ``firstWaiting``.
  private var waiting: [UnsafeRawBufferPointer] = []
  private var firstWaiting: UInt64
  /// Texts that wait to be hashed, with the digests that they should have.
  private var texts: [UnsafeRawBufferPointer] = []
  private var digests: [(position: UInt64, digest: Digest)] = []
  private var leafSearch = SearchCheck("leaf")
  private var textSearch = SearchCheck("text")
  /// Log lines of a job that may go on.
  var openRun: Stretch.LineRun?

  init(_ reader: StretchReader, from start: UInt64, followsLeaves: Bool) {
    self.reader = reader
    self.followsLeaves = followsLeaves
    stretch = Stretch(start: start, end: start)
    limit = min(reader.end, start + StretchReader.length)
    next = start
    firstWaiting = start
    waiting.reserveCapacity(256)
    texts.reserveCapacity(256)
    digests.reserveCapacity(256)
    if reader.depth == .everything {
      stretch.lines.reserveCapacity(Int(StretchReader.length))
      stretch.events.reserveCapacity(Int(StretchReader.length) / 8)
    }
  }

  /// What cannot be read ends the stretch and nothing else.
  mutating func stop(_ error: ReadingError) {
    hashLeaves()
    compareTexts()
    closeRun()
    stretch.findings.add(.unreadable, next, "\(error)")
    if next < limit { stretch.pieces.append(.unreadable(next..<limit)) }
    stretch.end = limit
  }

  mutating func read(_ snapshot: Snapshot) throws(ReadingError) {
    try snapshot.loan.withCursor(snapshot.tables.leaves) { (leaves) throws(ReadingError) in
      try snapshot.loan.withCursor(snapshot.tables.texts) { (texts) throws(ReadingError) in
        try read(&leaves, &texts, snapshot)
      }
    }
    stretch.end = next
  }

  private mutating func read(
    _ leaves: inout Cursor, _ texts: inout Cursor, _ snapshot: Snapshot
  ) throws(ReadingError) {
    let start = BigEndianKey(next)
    var entry = try moving { () throws(LMDBError) in try leaves.seek(atOrAfter: start) }
    var text: Entry?
    if reader.depth != .tree {
      text = try moving { () throws(LMDBError) in try texts.seek(atOrAfter: start) }
    }
    while next < limit {
      // A key of another length ends the log as a missing one does; so does one of the past, which
      // only a damaged tree of pages can bring up.
      guard let leaf = entry, let position = BigEndianKey(leaf.key)?.number, position >= next,
        position < reader.end
      else {
        miss(to: followsLeaves ? reader.end : limit)
        break
      }
      if position > next {
        miss(to: followsLeaves ? position : min(position, limit))
        if next >= limit { break }
      }
      try leafSearch.pass(leaf, position, snapshot.tables.leaves, snapshot, &stretch.findings)
      // The next leaf is on its way while this one is looked at.
      if position + 1 < limit {
        entry = try moving { () throws(LMDBError) in try leaves.next() }
        entry?.prefetch()
      }
      let digest = try take(leaf.value, at: position, in: snapshot)
      if reader.depth != .tree { try pair(position, digest, &text, &texts, snapshot) }
      next = position + 1
      if next & 255 == 0 {
        hashLeaves()
        compareTexts()
      }
    }
    hashLeaves()
    if reader.depth != .tree { try passTexts(before: next, &text, &texts) }
    try leafSearch.end(snapshot.tables.leaves, snapshot, &stretch.findings)
    try textSearch.end(snapshot.tables.texts, snapshot, &stretch.findings)
    compareTexts()
    closeRun()
  }

  private mutating func miss(to position: UInt64) {
    hashLeaves()
    closeRun()
    stretch.pieces.append(.missing(next..<position))
    next = position
    firstWaiting = position
  }

  // MARK: Hashes

  /// Hashes the leaves that wait, two at a time.
  private mutating func hashLeaves() {
    let count = waiting.count
    guard count > 0 else { return }
    stretch.checked.events += UInt64(count)
    let isBlock = count == 256 && firstWaiting & 255 == 0
    var root: MerkleHash?
    withUnsafeTemporaryAllocation(of: MerkleHash.self, capacity: count) { room in
      MerkleTree.hashLeaves(waiting, into: room)
      if isBlock, !reader.isRootAskedFor(within: firstWaiting) {
        root = MerkleTree.rootOfFullTree(over: room)
      } else {
        stretch.pieces.append(.leaves(Array(room)))
      }
    }
    if let root { stretch.pieces.append(.block(root)) }
    waiting.removeAll(keepingCapacity: true)
    firstWaiting += UInt64(count)
  }

  /// Hashes the texts that wait, and compares.
  private mutating func compareTexts() {
    guard !texts.isEmpty else { return }
    withUnsafeTemporaryAllocation(of: MerkleHash.self, capacity: texts.count) { room in
      MerkleTree.digest(texts, into: room)
      for index in 0..<digests.count where Digest(room[index]) != digests[index].digest {
        let position = digests[index].position
        stretch.findings.add(
          .textAltered, position, "the text of event #\(position) does not match its digest")
      }
    }
    stretch.checked.texts += UInt64(texts.count)
    texts.removeAll(keepingCapacity: true)
    digests.removeAll(keepingCapacity: true)
  }

  // MARK: Texts

  /// What a leaf says of its words.
  private struct Words {
    /// Their digest; nil when it has none.
    var digest: Digest?
    /// Whether the leaf could be understood.
    var isKnown = true
    /// The job that it belongs to.
    var job: JobID?
    /// The leaf, where its job is looked for only when the words are missing.
    var leaf: UnsafeRawBufferPointer?
  }

  /// Goes on to the text of an event, naming those that belong to none.
  private mutating func pair(
    _ position: UInt64, _ words: Words, _ text: inout Entry?, _ cursor: inout Cursor,
    _ snapshot: Snapshot
  ) throws(ReadingError) {
    if text != nil { try passTexts(before: position, &text, &cursor) }
    if let found = text, BigEndianKey(found.key)?.number == position {
      try textSearch.pass(found, position, snapshot.tables.texts, snapshot, &stretch.findings)
      if let digest = words.digest {
        texts.append(found.value)
        digests.append((position, digest))
      } else if words.isKnown {
        stretch.findings.add(
          .textStray, position, "event #\(position) has no text, and one is stored for it")
      }
      text = try moving { () throws(LMDBError) in try cursor.next() }
      text?.prefetch()
    } else if words.digest != nil {
      let job = words.leaf.map { (try? EventCodec.decode($0))?.job } ?? words.job
      stretch.missingTexts.missing(position, job: job)
    }
  }

  private mutating func passTexts(
    before position: UInt64, _ text: inout Entry?, _ cursor: inout Cursor
  ) throws(ReadingError) {
    while let found = text {
      guard let stray = BigEndianKey(found.key)?.number else {
        stretch.findings.add(.table, nil, "a text's key is no position")
        text = nil
        return
      }
      if stray >= position { return }
      stretch.findings.add(
        .textStray, stray, "a text stands at #\(stray), where there is no event")
      text = try moving { () throws(LMDBError) in try cursor.next() }
    }
  }

  // MARK: One leaf

  /// Takes a leaf: puts it with those to be hashed, and looks into it as deep as is asked for.
  private mutating func take(
    _ leaf: UnsafeRawBufferPointer, at position: UInt64, in snapshot: Snapshot
  ) throws(ReadingError) -> Words {
    waiting.append(leaf)
    if reader.depth == .tree { return Words() }
    if reader.depth == .texts { return words(of: leaf, at: position) }
    if let line = decoder.line(leaf) { return take(line, at: position) }
    let read: ReadLeaf
    do throws(CodecError) { read = try decoder.read(leaf) } catch {
      stretch.findings.add(
        .leafUndecodable, position, "event #\(position) is no event: \(error)")
      // Its text is not judged: the digest that it should have cannot be read.
      return Words(isKnown: false)
    }
    switch read {
    case .line(let line): return take(line, at: position)
    case .event(let event):
      try take(event, at: position, in: snapshot)
      return Words(digest: event.text, job: event.job)
    }
  }

  private mutating func take(_ line: LoggedLine, at position: UInt64) -> Words {
    check(place: line.position, position)
    check(Stretch.Timing(position: position, time: line.time, occurred: line.occurred))
    take(line.line, of: line.job, at: position)
    return Words(digest: line.text, job: line.job)
  }

  /// The digest alone, found from the leaf's end.
  private mutating func words(of leaf: UnsafeRawBufferPointer, at position: UInt64) -> Words {
    guard let tail = LeafTail(leaf) else {
      stretch.findings.add(.leafUndecodable, position, "event #\(position) does not end as one")
      return Words(isKnown: false)
    }
    guard tail.text != nil else { return Words() }
    guard let digest = tail.textDigest(in: leaf) else {
      stretch.findings.add(
        .leafUndecodable, position, "event #\(position) has no readable digest of its text")
      return Words(isKnown: false)
    }
    return Words(digest: digest, leaf: leaf)
  }
}

extension LeafTail {
  /// The digest of the words of the leaf that this was found in; nil where there is none.
  fileprivate func textDigest(in leaf: UnsafeRawBufferPointer) -> Digest? {
    text.flatMap { EventCodec.digest(base64url: UnsafeRawBufferPointer(rebasing: leaf[$0])) }
  }
}
