// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Which subject each event is about, by the indexes: a bit for every event from `since` on, and four
/// bytes for each that is no log line.
struct PlaceOwners: Sendable {
  /// Who an event belongs to.
  enum Owner {
    /// It is among the revisions of no subject: only reading it tells what it is about.
    case unread
    /// One of ``PlaceOwners/subjects``.
    case subject(Int)
  }

  /// The subjects in scope.
  let subjects: [SubjectID]
  private let start: UInt64
  /// A bit for each position, set unless it is a log line or progress.
  private let marks: [UInt64]
  /// How many bits are set before each word of them.
  private let ranks: [UInt32]
  /// For each bit that is set 0 for nobody, 1 for unread, or a subject's index and 2.
  private let owners: [UInt32]

  init(of inquiry: Inquiry) throws(ReadingError) {
    let (snapshot, size) = (inquiry.snapshot, inquiry.size)
    let start = min(inquiry.since.value, size.value)
    let known = try PlaceOwners.subjects(of: inquiry)
    let types = Inquiry.allTypes
    let window = Window(start: start, size: size)
    // Parts of an index lie all over the file, so reading them takes longer than what is done here.
    let isLong = window.count / 2 > inquiry.stretchLength
    let both = try snapshot.share(isLong ? types.count + known.count : 1) {
      (snapshot, parts) throws(ReadingError) in
      var marks = PlaceMarks(window)
      while let part = parts.next() {
        if !isLong {
          for type in types { try marks.add(type, snapshot) }
          for index in known.indices { try marks.add(known[index], index, snapshot) }
        } else if part < types.count {
          try marks.add(types[part], snapshot)
        } else {
          try marks.add(known[part - types.count], part - types.count, snapshot)
        }
      }
      return marks
    }

    var marks = both[0].marks
    for other in both.dropFirst() {
      for index in marks.indices { marks[index] |= other.marks[index] }
    }
    var ranks: [UInt32] = []
    ranks.reserveCapacity(marks.count)
    var rank = 0
    for word in marks {
      ranks.append(UInt32(rank))
      rank += word.nonzeroBitCount
    }
    var owners = [UInt32](repeating: 1, count: rank)
    var subjects: [SubjectID] = []
    for run in both.flatMap({ $0.runs() }).sorted(by: { $0.subject < $1.subject }) {
      var owner: UInt32 = 0
      if inquiry.includes(known[run.subject], in: known[run.subject].project) {
        subjects.append(known[run.subject])
        owner = UInt32(subjects.count) + 1
      }
      for place in run.places {
        let word = Int(place >> 6)
        let before = marks[word] & (1 << (place & 63) - 1)
        owners[Int(ranks[word]) + before.nonzeroBitCount] = owner
      }
    }
    (self.subjects, self.start, self.marks) = (subjects, start, marks)
    (self.ranks, self.owners) = (ranks, owners)
  }

  private static func subjects(of inquiry: Inquiry) throws(ReadingError) -> [SubjectID] {
    var subjects: [SubjectID] = []
    try inquiry.snapshot.forEachEntity(of: .subject, asOf: inquiry.size) { entity in
      if case .subject(let subject) = entity { subjects.append(subject.id) }
      return true
    }
    return subjects
  }

  /// How many stretches of 64 positions there are.
  var wordCount: Int { marks.count }

  /// Calls `body` with each event of some stretches that somebody asks about, in order, until it says no.
  ///
  /// Returns whether it never did.
  func forEach(
    in words: Range<Int>, _ body: (Position, Owner) throws(ReadingError) -> Bool
  ) throws(ReadingError) -> Bool {
    for index in words {
      var (word, rank) = (marks[index], Int(ranks[index]))
      while word != 0 {
        let position = Position(start + UInt64(index << 6 + word.trailingZeroBitCount))
        word &= word - 1
        switch owners[rank] {
        case 0: break
        case 1: if try !body(position, .unread) { return false }
        case let owner: if try !body(position, .subject(Int(owner) - 2)) { return false }
        }
        rank += 1
      }
    }
    return true
  }
}

/// The positions that are looked at.
private struct Window: Sendable {
  var start: UInt64
  var size: LedgerSize
  var count: Int { Int(size.value - start) }
}

/// What some parts of the indexes say.
private struct PlaceMarks: Sendable {
  /// A bit for each position of the window, set where an index has it.
  private(set) var marks: [UInt64]
  private let window: Window
  /// The revisions of one subject after the other, counted from the beginning of the window.
  private var revisions: [UInt64] = []
  private var ends: [(subject: Int, end: Int)] = []

  init(_ window: Window) {
    self.window = window
    marks = [UInt64](repeating: 0, count: (window.count + 63) / 64)
  }

  mutating func add(_ type: FactCode, _ snapshot: Snapshot) throws(ReadingError) {
    try snapshot.forEachPosition(
      of: type, asOf: window.size, from: Position(window.start)
    ) { position in
      mark(position.value - window.start)
      return true
    }
  }

  mutating func add(
    _ subject: SubjectID, _ index: Int, _ snapshot: Snapshot
  ) throws(ReadingError) {
    try snapshot.forEachPosition(of: subject, asOf: window.size) { position in
      if position.value >= window.start {
        revisions.append(position.value - window.start)
        mark(position.value - window.start)
      }
      return true
    }
    ends.append((index, revisions.count))
  }

  private mutating func mark(_ place: UInt64) {
    marks[Int(place >> 6)] |= 1 << (place & 63)
  }

  /// The revisions of each subject that was added.
  func runs() -> [(subject: Int, places: ArraySlice<UInt64>)] {
    var begin = 0
    return ends.map { subject, end in
      defer { begin = end }
      return (subject, revisions[begin..<end])
    }
  }
}
