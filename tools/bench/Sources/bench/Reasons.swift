// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerStorage

/// Decisions with reasons as people write them, and how fast they are found by their words.
enum Reasons {
  private static let count = 200

  /// Rejections of a few versions, whose reasons draw from 5,000 words, a few of them often.
  static func populate(_ arguments: [String]) {
    guard arguments.count == 2, let decisions = Int(arguments[1]) else { Bench.usage() }
    do {
      let ledger = try Ledger.create(
        at: arguments[0], origin: "example.org/bench", by: Populate.alice, tool: "bench",
        options: Ledger.Options(unsafeNoSync: true))
      Populate.accept(
        ledger, Populate.alice,
        .addProject(Populate.project, text: EventText([.path: .string("/bench")])))
      Populate.accept(
        ledger, Populate.alice, .grant(GrantRoles(member: Populate.bob.id, roles: [.approver])))
      for model in 0..<count { Populate.live(ledger, Name("model-\(model)")!) }
      let threads = (0..<16).map { part in
        Thread.start {
          var state = UInt64(part) &* 0x9E37_79B9_7F4A_7C15 | 1
          for index in stride(from: part, to: decisions, by: 16) {
            let version = VersionID(
              subject: SubjectID(
                project: Populate.project, name: Name("model-\(index % count)")!),
              number: VersionNumber(1))
            Populate.accept(
              ledger, Populate.bob,
              .decide(
                DecideVersion(
                  version: version, verdict: .rejected, reason: reason(index, &state), shown: true,
                  runner: Populate.runner)))
          }
        }
      }
      for thread in threads { thread.join() }
      ledger.close()
    } catch {
      Bench.fail(error)
    }
  }

  private static func reason(_ index: Int, _ state: inout UInt64) -> Text {
    var words: [String] = []
    for _ in 0..<10 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let drawn = Double(state >> 11) / Double(1 << 53)
      words.append("word\(Int(5_000 * drawn * drawn * drawn))")
    }
    if index % 10_000 == 0 { words.append("tenure drift") }
    return Text(words.joined(separator: " ") + ", case \(index)")
  }

  /// What is asked, and how many milliseconds an answer takes, held against the tree and made JSON.
  static func search(_ arguments: [String]) {
    guard arguments.count == 1 else { Bench.usage() }
    do {
      let reader = try LedgerReader.open(arguments[0])
      defer { reader.close() }
      let size = try reader.read { (snapshot) throws(ReadingError) in snapshot.size }
      print("events \(size.value)")
      for (name, words) in [
        ("one", "\"case 4711\""), ("phrase", "\"tenure drift\""), ("prefix", "tenu* dri*"),
        ("two-words", "word4900 word4800"), ("rare-and-common", "word0 tenure"),
        ("none", "nowhere"),
      ] {
        try measure(name, reader, size, DecisionQuery(words: try WordSearch(words)))
      }
      var scan = DecisionQuery()
      scan.pattern = FoldedPattern(try TextPattern("tenure drift"))
      try measure("scan", reader, size, scan, rounds: 1)
    } catch {
      Bench.fail(error)
    }
  }

  private static func measure(
    _ name: String, _ reader: LedgerReader, _ size: LedgerSize, _ query: DecisionQuery,
    rounds: Int = 5
  ) throws {
    var best = Double.infinity
    var found = 0
    for _ in 0..<rounds {
      let start = Bench.now()
      found = 0
      try reader.withSnapshot { snapshot in
        var documents = Documents(snapshot, asOf: size, verifying: true)
        try query.forEach(in: &documents) { decision in
          _ = decision.json
          found += 1
        }
      }
      best = min(best, Bench.now() - start)
    }
    print("\(name)-found \(found)")
    print("\(name)-ms \(best * 1000)")
  }
}
