// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// What stands beside the everyday: receipts of anchors, erased files, exports on record, and more events
/// than an answer lists.
@Suite struct RecordCornerTests {
  /// Puts a receipt where an anchor's answers are kept.
  private static func keep(
    _ note: [UInt8], of size: UInt64, from anchor: Name, in house: House
  ) {
    let receipts = Receipts(house.ledger.directory)
    mkdir(house.ledger.directory.receiptsDirectory, 0o700)
    mkdir(receipts.folder(anchor), 0o700)
    TemporaryFolder.write(note, to: receipts.file(anchor, LedgerSize(size), .checkpoint))
  }

  private static func checkpoint(_ house: House) throws -> (note: [UInt8], size: UInt64) {
    guard case .signed(let note, _) = house.ledger.signCheckpoint() else {
      throw House.Unexpected(what: "no checkpoint")
    }
    return (note, try UnverifiedCheckpoint(note).unchecked.size)
  }

  @Test func `of each anchor the newest receipt is held against the tree`() throws {
    let house = try House()
    try house.live()
    let witness = Name(unchecked: "witness")
    let first = try Self.checkpoint(house)
    Self.keep(first.note, of: first.size, from: witness, in: house)
    try house.ask(.bob, .note(AddNote(on: "#0", note: "later")))
    let second = try Self.checkpoint(house)
    Self.keep(second.note, of: second.size, from: witness, in: house)
    let answer = try house.answer(.integrity)
    #expect(answer.exceptions == [])
    #expect(
      answer.lines(.check, .to, .result).filter { $0.hasPrefix("receipt") } == [
        "receipt witness | \(second.size) | the newest of 2: of these events | #\(second.size - 1)"
      ])
    let row = try #require(answer.column(.check).firstIndex(of: "receipt witness"))
    #expect(answer.column(.key)[row] == answer.column(.key)[1])
    #expect(
      answer.column(.root)[row]
        == (try UnverifiedCheckpoint(second.note).unchecked.root.base64))
    // As of an earlier size the newest still vouches for all of it.
    let earlier = try house.answer(.integrity, asOf: LedgerSize(5))
    #expect(
      earlier.lines(.check, .to).filter { $0.hasPrefix("receipt") }
        == ["receipt witness | \(second.size) | #4"])
  }

  @Test func `a receipt of another history is an exception, whoever keeps it`() throws {
    let house = try House()
    try house.live()
    let signed = try Self.checkpoint(house)
    let (good, bad) = (Name(unchecked: "archive"), Name(unchecked: "witness"))
    Self.keep(signed.note, of: signed.size, from: good, in: house)
    let signer = try Bundles.signer(house.folder.file("ledger"))
    let forged = Checkpoint(
      origin: signer.verifierKey.name, size: signed.size,
      root: MerkleTree.sha256([1])
    ).signed(by: signer)
    Self.keep(forged, of: signed.size, from: bad, in: house)
    let answer = try house.answer(.integrity)
    #expect(answer.told == ["receipt-wrong witness #\(signed.size - 1)"])
    #expect(
      answer.lines(.check, .result).filter { $0.hasPrefix("receipt") } == [
        "receipt archive | the newest of 1: of these events | #\(signed.size - 1)",
        "receipt witness | not of these events | #\(signed.size - 1)",
      ])
    // What is no checkpoint at all vouches for nothing either.
    Self.keep(Array("thanks\n".utf8), of: signed.size, from: bad, in: house)
    #expect(try house.answer(.integrity).told == answer.told)
  }

  @Test func `erased files are told with their digests, and where they were in production`() throws
  {
    var scenario = try Scenario()
    _ = try scenario.trained()
    let number = VersionNumber(1)
    func erasure(_ digest: UInt64) -> Draft {
      Draft(
        actor: .alice, project: .churn, subject: Scenario.modelReference, number: number,
        fact: .artifactErased(ArtifactErased(digests: [.test(digest)], basis: .secret)),
        text: EventText([.reason: .string("a key was in it")]))
    }
    try scenario.policy {
      $0.retentionMinimumDays = 0
      $0.requireEvaluation = false
    }
    try scenario.given([erasure(501)])
    let idle = scenario.events.count - 1
    try scenario.given(
      Actor.bob.asks(Scenario.decision(.approved, Scenario.version(1))),
      Actor.olga.asks(Scenario.deployment(Scenario.version(1))))
    try scenario.given([erasure(502)])
    let busy = scenario.events.count - 1
    try scenario.policy { $0.retentionMinimumDays = 365 }
    try scenario.given([erasure(503)])
    let kept = scenario.events.count - 1
    let store = try Store(scenario.history)
    let reader = try #require(store.ledger).reader
    let answer = try reader.answer(.erasures)
    #expect(
      answer.lines(.what, .about, .basis, .actor, .reason, .files, .ranges).filter {
        $0.hasPrefix("files-erased")
      }
        == [(501, idle), (502, busy), (503, kept)].map { digest, at in
          "files-erased | churn-lr@1 | secret | alice | a key was in it | "
            + "[\"\(Digest.test(UInt64(digest)))\"] | - | #\(at)"
        })
    let made = try #require(
      scenario.events.first {
        if case .versionTrained = $0.fact { true } else { false }
      }
    ).position.value
    #expect(
      Set(answer.told) == [
        "erased-in-retention churn-lr@1 #\(made) #\(kept)",
        "erased-in-production churn-lr@1 #\(busy)", "erased-in-production churn-lr@1 #\(kept)",
      ])
    #expect(try reader.answer(.erasures, since: UInt64(kept) + 1).exceptions == [])
  }

  @Test func `who exported what, of which range, with which digest`() throws {
    var scenario = try Scenario()
    let start = UInt64(scenario.events.count)
    let range = PositionRange(from: Position(0), to: Position(3))
    try scenario.given([
      Draft(
        actor: .bob,
        fact: .reportExported(
          ReportExported(report: "trail", range: range, digest: .test(77))))
    ])
    let store = try Store(scenario.history)
    let reader = try #require(store.ledger).reader
    #expect(
      try reader.answer(.access, since: start)
        .lines(.what, .about, .field, .before, .after, .actor) == [
          "report.exported | trail | digest | - | \(Digest.test(77)) | bob | #\(start)",
          "report.exported | trail | range | - | [0,3] | bob | #\(start)",
        ])
    // It is about the whole ledger, and so about each project in it.
    #expect(
      try reader.answer(.access, about: .project(.churn), since: start).rows.count == 2)
  }

  @Test func `of more than 10,000 events the changes leave out how jobs began and ended`() throws {
    var scenario = try Scenario()
    _ = try scenario.trained()
    let lived = scenario.events.count { $0.subjectID == Scenario.model }
    let note = Draft(
      actor: .bob, project: .churn, subject: Scenario.modelReference,
      fact: .noteAdded(NoteAdded(on: "churn/churn-lr")), text: EventText([.note: .string("x")]))
    try scenario.given(Array(repeating: note, count: 10_000 - lived))
    let size = LedgerSize(UInt64(scenario.events.count))
    try scenario.given([note])
    let store = try Store(scenario.history)
    let reader = try #require(store.ledger).reader
    let model = TrailScope.subject(Scenario.model)
    let full = try reader.answer(.changes, about: model, asOf: size)
    let short = try reader.answer(.changes, about: model)
    let ends = scenario.events.filter { event in
      switch event.fact {
      case .jobStarted, .jobStopRequested, .jobCompleted, .jobFailed, .jobStopped, .jobLost: true
      default: false
      }
    }.map(\.position)
    let left = full.rows.filter { !ends.contains($0.positions[0]) }
    #expect(left.count < full.rows.count && !left.isEmpty)
    #expect(short.rows == left)
    // Of a window of no more than that, all is told.
    let first = try #require(scenario.events.first { $0.subjectID == Scenario.model }).position
    #expect(
      try reader.answer(.changes, about: model, since: first.value + 1).rows
        == full.rows.filter { $0.positions[0] > first })
  }
}
