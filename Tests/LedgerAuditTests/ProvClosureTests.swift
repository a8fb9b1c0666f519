// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// Provenance of any history: whatever a relation names is declared in the same document.
@Suite struct ProvClosureTests {
  private static let things = ["entity", "activity", "agent"]
  /// Members of a relation that name nothing.
  private static let values: Set<String> = [
    "prov:time", "prov:role", "prov:type", "prov:label", "prov:value", "prov:location",
    "prov:startTime", "prov:endTime",
  ]

  /// What is declared, and what relations name.
  private struct Names {
    var declared: Set<String> = []
    var named: [String] = []

    init(_ document: [UInt8]) throws {
      let object = try #require(try JSONParser.parse(document).object)
      for (kind, records) in object.members.map({ ($0.name.string, $0.value) })
      where kind != "prefix" {
        for record in try #require(records.object).members {
          if things.contains(kind) {
            declared.insert(record.name.string)
            continue
          }
          for member in try #require(record.value.object).members
          where member.name.string.hasPrefix("prov:")
            && !values.contains(member.name.string)
          {
            named.append(try #require(member.value.text).string)
          }
        }
      }
    }
  }

  /// The log has no rotations, which a store leaves out: its positions are those of the events.
  private static func store(_ seed: UInt64) throws -> Store? {
    let history = HistoryGenerator.history(seed: seed, length: 500)
    let isWhole = !history.events.contains {
      if case .keyRotated = $0.fact { true } else { false }
    }
    return isWhole ? try Store(history) : nil
  }

  @Test func `every name in a relation is declared, of a ledger and of each of its subjects`()
    throws
  {
    var stores = 0
    for seed in UInt64(760)..<790 {
      guard stores < 5, let store = try Self.store(seed) else { continue }
      stores += 1
      let reader = try #require(store.ledger).reader
      let subjects = try Set(Exports.events(reader).compactMap(\.subjectID))
      #expect(!subjects.isEmpty)
      for subject in [nil] + subjects.map({ Optional($0) }) {
        let names = try Names(Exports.prov(reader, about: subject))
        #expect(subject != nil || names.named.count > 100)
        let loose = Set(names.named).subtracting(names.declared)
        #expect(
          loose.isEmpty,
          "seed \(seed), \(subject.map { "\($0)" } ?? "all"): \(loose.sorted().prefix(5))")
      }
    }
    #expect(stores == 5)
  }
}
