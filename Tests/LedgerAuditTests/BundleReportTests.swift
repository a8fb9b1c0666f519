// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// The report in a bundle: what `report` makes of the same scope and size, under the bundle's checkpoint,
/// with no word that is not the bundle's.
@Suite struct BundleReportTests {
  private static func answers(_ json: JSONValue) throws -> [JSONValue] {
    try #require(json.object?["answers"]?.array)
  }

  @Test(arguments: [nil, Scenario.model])
  func `it answers as a report of the same scope does, but for what a part has not`(
    _ subject: SubjectID?
  ) throws {
    let site = try BundleSite()
    let (path, summary) = try site.make("bundle") { $0.subject = subject }
    let reader = try LedgerReader.open(site.path)
    defer { reader.close() }
    let report = try reader.withSnapshot { snapshot in
      try Report.make(
        of: reader, in: snapshot,
        Report.Order(
          scope: subject.map { .subject($0) } ?? .ledger, size: summary.asOf,
          tool: "jobledger-replay"))
    }
    let files = Bundles.files(path)
    let json = try CanonicalJSON.decode(Array(try #require(files["report.json"]).dropLast()))
    for (enclosed, alone) in zip(try Self.answers(json), try Self.answers(report.json)) {
      let number = enclosed.object?["question"]
      if number == .integer(UInt64(21)), subject != nil {
        #expect(enclosed.object?["notAnswerable"] != nil && alone.object?["notAnswerable"] == nil)
      } else {
        #expect(enclosed == alone, "\(String(describing: number))")
      }
    }
    #expect(json.object?["bundle"] == summary.json)
    let html = String(decoding: try #require(files["report.html"]), as: UTF8.self)
    let markup = Markup(html)
    #expect(markup.fault == nil && markup.sections.count == Question.allCases.count)
    #expect(markup.sections.map(\.rows).reduce(0, +) > 50)
    #expect(html.contains("This page proves nothing by itself"))
    #expect(!html.contains("<script"))
  }

  @Test func `no word of members, of the ledger or of another subject is in any byte of a part`()
    throws
  {
    // Each event has words of its own, so that each can be looked for.
    var history = HistoryGenerator.history(seed: 911, length: 500)
    func mark(_ index: Int) -> String { "word-of-\(index)-alone" }
    for index in history.texts.indices {
      for member in history.texts[index].values.keys {
        history.texts[index][member] = .string(Text(mark(index)))
      }
    }
    let store = try Store(history)
    store.close()
    let reader = try store.reader()
    defer { reader.close() }
    let whole = store.folder.file("whole")
    _ = try BundleMaker.make(BundleMaker.Order(), of: reader, at: whole)
    let all = try #require(Bundles.files(whole)["events.jsonl"]).split(separator: 0x0A)
    let events = try reader.withSnapshot { snapshot in
      try (0..<snapshot.size.value).map { try snapshot.event(at: Position($0)) }
    }
    let subjects = Set(events.compactMap(\.subjectID))
    #expect(subjects.count > 2)
    for subject in subjects {
      var order = BundleMaker.Order()
      order.subject = subject
      let path = store.folder.file("part-\(subject.project)-\(subject.name)")
      _ = try BundleMaker.make(order, of: reader, at: path)
      let part = Array(Bundles.files(path).values.joined())
      var (own, others) = (0, 0)
      for (event, line) in zip(events, all) where event.text != nil {
        guard let start = Array(line).firstRange(of: Array("word-of-".utf8)) else { continue }
        let word = Array(line[(line.startIndex + start.lowerBound)...].prefix { $0 != 0x22 })
        if event.subjectID == subject {
          own += part.holds(word) ? 1 : 0
        } else {
          others += 1
          #expect(!part.holds(word), "\(String(decoding: word, as: UTF8.self)) in \(subject)")
        }
      }
      #expect(own > 0 && others > 50)
      for other in subjects where other != subject {
        #expect(!part.holds(Array(other.description.utf8)), "\(other) in \(subject)")
      }
    }
  }

  @Test func `a hold on all of the ledger and its policy are told without their words`() throws {
    let site = try BundleSite()
    let house = try #require(site.house)
    var policy = Policy.default
    policy.retentionMinimumDays = 30
    policy.thresholds = [
      Policy.MetricThreshold(
        scope: "Vorhaben/canary-model", metric: "accuracy", threshold: Policy.Threshold(min: 0.5))
    ]
    try house.ask(.alice, .setPolicy(policy, reason: "because of the Kanarienvogel"))
    try house.ask(
      .alice, .hold(.ledger, places: true, reason: "the case against the Kanarienvogel"))
    try house.ask(
      .alice, .hold(.subject(Scenario.model), places: true, reason: "a case of its own"))
    try house.ask(
      .alice,
      .grant(
        GrantRoles(
          member: ActorID("carol")!, roles: [.viewer],
          text: EventText([.displayName: .string("finch, Carol")]))))
    try house.ask(.alice, .revoke(ActorID("carol")!, reason: "only-there for a day"))
    _ = try site.checkpoint()
    let (part, _) = try site.make("part") { $0.subject = Scenario.model }
    try Bundles.expectSound(part, key: try site.key())
    for canary in BundleSite.canaries {
      for (name, content) in Bundles.files(part) {
        #expect(!content.holds(Array(canary.utf8)), "\(canary) in \(name)")
      }
    }
    let json = try CanonicalJSON.decode(
      Array(try #require(Bundles.files(part)["report.json"]).dropLast()))
    let erasures = try Self.answers(json)[19].object
    let rows = try #require(erasures?["rows"]?.array).map { row in
      [row.object?["what"], row.object?["about"], row.object?["reason"]]
        .map { $0?.text?.string ?? "-" }.joined(separator: " | ")
    }
    #expect(
      rows == [
        "retention | ledger | -", "retention | ledger | (not told in a part)",
        "hold-placed | ledger | (not told in a part)",
        "hold-placed | churn-lr | a case of its own",
      ])
  }

  @Test(arguments: [nil, Scenario.model])
  func `the same range gives the same bundle byte by byte, whatever came after`(
    _ subject: SubjectID?
  ) throws {
    let site = try BundleSite()
    let house = try #require(site.house)
    let kept = try site.checkpoint()
    let size = try UnverifiedCheckpoint(kept).unchecked.size
    house.ledger.close()
    let change = { (order: inout BundleMaker.Order) in
      order.subject = subject
      order.checkpoint = kept
    }
    let before = Bundles.files(try site.make("before", change).path)
    let again = try Ledger.open(site.path)
    for _ in 0..<3 {
      let note = AddNote(
        on: Text(Scenario.model.description), project: .churn, subject: Scenario.modelReference,
        note: "later")
      guard case .accepted = again.append(Submission(Actor.bob.asks(.note(note)))) else {
        throw House.Unexpected(what: "no note")
      }
    }
    guard case .signed = again.signCheckpoint() else {
      throw House.Unexpected(what: "no checkpoint")
    }
    again.close()
    let after = Bundles.files(try site.make("after", change).path)
    #expect(before.count > 8 && Set(before.keys) == Set(after.keys))
    for (name, bytes) in before { #expect(after[name] == bytes, "\(name)") }
    // As of less than its checkpoint covers, a report says that it is cut off.
    let (cut, _) = try site.make("cut") {
      change(&$0)
      $0.subject = Scenario.model
      $0.size = LedgerSize(size - 6)
    }
    let report = try #require(Bundles.files(cut)["report.json"])
    #expect(report.holds(Array("\"about\":\"after\"".utf8)))
    let uncut = try #require(after["report.json"])
    #expect(!uncut.holds(Array("\"about\":\"after\"".utf8)))
  }
}
