// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Which copies of the record are for people and which for programs, how much is in each, and do they
/// agree, event by event?
enum FormQuestion: Answering {
  static let columns: [AnswerColumn] = [.form, .readers, .format, .rows, .digest, .agrees]

  /// Up to this many events, the copies are compared for an answer.
  static let limit = 200_000

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    let positions = try inquiry.positions(of: Inquiry.allTypes, from: Position(inquiry.since.value))
    guard positions.count <= limit else {
      answer.notAnswerable =
        "\(positions.count) events are too many to compare all copies of each for an answer: ask "
        + "about a project, subject or version, or use 'jobledger replay verify --quick --texts'"
      return
    }
    var copies = Copies()
    for position in positions {
      let event = try inquiry.event(at: position)
      guard inquiry.includes(event) else { continue }
      try copies.compare(event, in: &inquiry.documents)
    }
    guard copies.events > 0 else {
      return answer.explainIfEmpty(Inquiry.allTypes, "there is nothing to copy")
    }
    add(copies, inquiry, to: &answer)
  }

  private static func add(_ copies: Copies, _ inquiry: Inquiry, to answer: inout Answer) {
    let rests = copies.ends
    answer.add(
      [
        .word("events"), .word("programs"), .word("canonical JSON (RFC 8785), as it was signed"),
        .count(copies.events), .digest(copies.leaves.digest), .flag(copies.differing.isEmpty),
      ], restingOn: rests + copies.differing)
    answer.add(
      [
        .word("full-form"), .word("people and programs"),
        .word("JSON Lines with the words: export, events --json"), .count(copies.events),
        .digest(copies.forms.digest), .flag(copies.differing.isEmpty),
      ], restingOn: rests + copies.differing)
    answer.add(
      [
        .word("words"), .word("people"), .word("text, bound to its event by a salted digest"),
        .count(copies.worded), .digest(copies.words.digest),
        .flag(copies.altered.isEmpty && copies.missing.isEmpty),
      ], restingOn: rests + copies.altered + copies.missing)
    if copies.erased > 0 {
      answer.add(
        [
          .word("erased-words"), nil, .word("their digests stay, and no copy has them"),
          .count(copies.erased), nil, nil,
        ], restingOn: copies.erasures)
    }
    answer.add(
      [
        .word("answers"), .word("people: table, page, Markdown; programs: JSON, CSV"),
        .word("each made from one value, with the same rows and exceptions"), nil, nil, nil,
      ], restingOn: rests)
    for position in copies.differing + copies.altered {
      answer.except(.viewsDiffer, about: "#\(position.value)", restingOn: [position])
    }
    for position in copies.missing {
      answer.except(.wordsMissing, about: "#\(position.value)", restingOn: [position])
    }
  }
}

/// The copies of events as they are compared, and the digest over each kind of copy, line by line.
private struct Copies {
  /// Digest over the digests of lines, in order: of many lines as of few.
  struct Lines {
    private var chain: [UInt8] = []
    mutating func add(_ line: [UInt8]) { chain += MerkleTree.sha256(line).bytes }
    var digest: Digest { Digest(MerkleTree.sha256(chain)) }
  }

  var events: UInt64 = 0
  var worded: UInt64 = 0
  var erased: UInt64 = 0
  var leaves = Lines()
  var forms = Lines()
  var words = Lines()
  /// Events whose full form is not that of their leaf.
  var differing: [Position] = []
  /// Events whose words are not those of their digest.
  var altered: [Position] = []
  /// Events whose words are gone, and no erasure names them.
  var missing: [Position] = []
  /// Where the erased words were.
  var erasures: [Position] = []
  var ends: [Position] = []

  mutating func compare(
    _ event: Event, in documents: inout Documents
  ) throws(ReadingError) {
    events += 1
    ends = [ends.first ?? event.position, event.position]
    let leaf = try documents.snapshot.leafBytes(at: event.position)
    leaves.add(leaf)
    var buffer = ByteBuffer()
    try documents.appendFullForm(of: event, to: &buffer)
    let form = buffer.array()
    forms.add(form)
    if try !isSame(form, leaf) { differing.append(event.position) }
    guard event.text != nil else { return }
    guard let disclosure = try documents.snapshot.disclosure(at: event.position) else {
      if try documents.erasure(of: event) == nil {
        missing.append(event.position)
      } else {
        erased += 1
        erasures.append(event.position)
      }
      return
    }
    worded += 1
    words.add(disclosure)
    if Digest(MerkleTree.sha256(disclosure)) != event.text { altered.append(event.position) }
  }

  /// The digest put back in the place of the words, the full form is the leaf, byte for byte.
  private func isSame(_ form: [UInt8], _ leaf: [UInt8]) throws(ReadingError) -> Bool {
    guard var object = try? CanonicalJSON.decode(form).object else { return false }
    if let text = object["text"]?.object { object["text"] = text["digest"] }
    return (try? CanonicalJSON.encode(.object(object))) == leaf
  }
}
