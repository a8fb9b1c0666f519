// SPDX-License-Identifier: Apache-2.0
import LMDB
public import LedgerDomain

/// The index of words: (word, position) → nothing, for the reasons and conditions of decisions.
///
/// It stands beside the views and is in no digest. How far it reaches stands in the head under
/// ``HeadKey/words``: all decisions below that size are in it, and none above. So a program that does
/// not know the table, or a crash while it is being built anew, costs time and no answer.
public enum WordIndex {
  /// A key holds at most so many bytes of a word; longer ones share a key.
  public static let longestWord = 64

  /// The words that an event has in the index, sorted, each once; nil for what is no decision.
  public static func words(of fact: Fact, _ text: DisclosedText) -> [[UInt8]]? {
    guard fact.isDecision else { return nil }
    var words: Set<[UInt8]> = []
    for text in texts(of: text) {
      for word in WordFolding.words(of: text) { words.insert(Array(cut(word))) }
    }
    return words.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// The same of a stored event; nil also where its words were altered, which is told by itself.
  public static func words(
    of event: Event, in snapshot: Snapshot
  ) throws(ReadingError) -> [[UInt8]]? {
    guard event.fact.isDecision else { return nil }
    do throws(ReadingError) { return words(of: event.fact, try snapshot.text(of: event)) } catch {
      guard case .textAltered = error.code else { throw error }
      return nil
    }
  }

  /// What of a decision's words is searched: its reason, and its conditions.
  public static func texts(of text: DisclosedText) -> [Text] {
    [text.string(.reason), text.string(.conditions)].compactMap { $0 }
  }

  /// As much of a word as a key holds; never a part of a scalar.
  public static func cut(_ word: some RandomAccessCollection<UInt8>) -> [UInt8] {
    guard word.count > longestWord else { return Array(word) }
    var bytes = Array(word.prefix(longestWord + 1))
    while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
    return bytes
  }

  /// The key of a word at a position: the word, 0x00, which no word has, and the position (8 bytes).
  public static func key(_ word: [UInt8], _ position: Position) -> [UInt8] {
    var key = word
    key.append(0)
    RowKey.append(position.value, to: &key)
    return key
  }

  /// Parses a key; nil for other bytes.
  public static func parse(
    _ key: UnsafeRawBufferPointer
  ) -> (word: [UInt8], position: Position)? {
    guard key.count > 9, key.count <= longestWord + 9, key[key.count - 9] == 0 else { return nil }
    let word = Array(key.dropLast(9))
    guard !word.contains(0) else { return nil }
    return (word, Position(RowKey.position(key)))
  }

  /// A word that is looked for.
  public struct Wanted: Hashable, Sendable {
    /// The folded word.
    public var bytes: [UInt8]
    /// Whether it is the beginning of one.
    public var isPrefix: Bool
    /// Takes a folded word.
    public init(_ bytes: [UInt8], isPrefix: Bool = false) {
      self.bytes = bytes
      self.isPrefix = isPrefix
    }
  }
}

extension Snapshot {
  /// How far the index of words reaches; 0 where there is none. One seek.
  public func wordIndexEnd() throws(ReadingError) -> LedgerSize {
    guard tables.words != nil else { return LedgerSize(0) }
    return try storedWordIndexEnd() ?? LedgerSize(0)
  }

  /// What the head says of it, also to who opened the ledger before there was a table; nil when
  /// nothing was ever indexed.
  public func storedWordIndexEnd() throws(ReadingError) -> LedgerSize? {
    let stored = try lending { () throws(LMDBError) in
      try loan.get(tables.head, HeadKey.words) { BigEndianKey($0)?.number }
    }
    guard let stored else { return nil }
    guard let end = stored else {
      throw ReadingError(.rowDamaged("the end of the word index is damaged"), "reading the head")
    }
    return LedgerSize(end)
  }

  /// Calls `body` with the positions of decisions that may have all of the words, in order, until
  /// it says no: whoever asks looks at the text itself.
  ///
  /// Of whole words: O(decisions with the rarest × words) seeks; of beginnings alone, one step for
  /// each entry that begins with the longest. Decisions beyond the index are all given.
  public func forEachDecision(
    withAll words: [WordIndex.Wanted], asOf size: LedgerSize,
    _ body: (Position) throws(ReadingError) -> Bool
  ) throws(ReadingError) {
    let end = words.isEmpty ? LedgerSize(0) : min(size, try wordIndexEnd())
    var goesOn = true
    if end.value > 0, let table = tables.words {
      // Of a beginning that is longer than a key, the key holds all that it holds of the word.
      let whole = words.filter { !$0.isPrefix || $0.bytes.count > WordIndex.longestWord }
        .map { WordIndex.cut($0.bytes) }
      if whole.isEmpty {
        let longest = words.map(\.bytes).max { $0.count < $1.count } ?? []
        for position in try positions(beginningWith: longest, in: table, below: end) where goesOn {
          goesOn = try body(position)
        }
      } else {
        try loan.withCursor(table) { (cursor) throws(ReadingError) in
          goesOn = try join(whole, &cursor, below: end, body)
        }
      }
    }
    guard goesOn else { return }
    for position in try decisions(from: Position(end.value), asOf: size) {
      guard try body(position) else { return }
    }
  }

  /// Every word names its next position in turn, until all name the same.
  private func join(
    _ words: [[UInt8]], _ cursor: inout Cursor, below end: LedgerSize,
    _ body: (Position) throws(ReadingError) -> Bool
  ) throws(ReadingError) -> Bool {
    var (target, agreed, index): (UInt64, Int, Int) = (0, 0, 0)
    while true {
      let word = words[index]
      let key = WordIndex.key(word, Position(target))
      let found = try lending { () throws(LMDBError) in try cursor.seek(atOrAfter: key) }
      guard let found, found.key.count == key.count,
        found.key.dropLast(8).elementsEqual(key.dropLast(8))
      else { return true }
      let position = RowKey.position(found.key)
      guard position < end.value else { return true }
      agreed = position == target ? agreed + 1 : 1
      target = position
      if agreed == words.count {
        guard try body(Position(target)) else { return false }
        (target, agreed) = (target + 1, 0)
      }
      index = (index + 1) % words.count
    }
  }

  private func positions(
    beginningWith prefix: [UInt8], in table: Table, below end: LedgerSize
  ) throws(ReadingError) -> [Position] {
    var found: Set<UInt64> = []
    try loan.withCursor(table) { (cursor) throws(ReadingError) in
      var entry = try lending { () throws(LMDBError) in try cursor.seek(atOrAfter: prefix) }
      while let key = entry?.key, key.starts(with: prefix) {
        let position = RowKey.position(key)
        if position < end.value { found.insert(position) }
        entry = try lending { () throws(LMDBError) in try cursor.next() }
      }
    }
    return found.sorted().map(Position.init)
  }

  /// The positions of approvals and rejections, in order: at most the first `limit`.
  public func decisions(
    from start: Position = Position(0), asOf size: LedgerSize, limit: Int = .max
  ) throws(ReadingError) -> [Position] {
    var positions: [Position] = []
    for type in [FactCode.versionApproved, .versionRejected] {
      var count = 0
      try forEachPosition(of: type, asOf: size, from: start) { position in
        positions.append(position)
        count += 1
        return count < limit
      }
    }
    positions.sort()
    return Array(positions.prefix(limit))
  }
}
