// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

/// One example of each kind with its stored bytes. A difference is a change of the format of rows:
/// it raises the format's number and the reducer's version, and goes into the CHANGELOG.
@Suite struct RowsGoldenTests {
  @Test("rows have the bytes that stand in ledgers", arguments: RowsExamples.all)
  func rows(example: RowsExample) throws {
    #expect(hex(row(example.entity)) == example.row)
    #expect(try decoded(example.entity.key, row(example.entity)) == example.entity)
  }

  @Test("keys have the bytes that stand in ledgers", arguments: RowsExamples.all)
  func keys(example: RowsExample) {
    let key = withRowKey(example.entity.key, at: Position(258)) { hex([UInt8]($0)) }
    #expect(key == example.key + "0000000000000102")
  }

  @Test("a run of log lines has the bytes that stand in ledgers")
  func logRun() {
    var bytes: [UInt8] = []
    RowsExamples.logRun.encode(into: &bytes)
    #expect(hex(bytes) == "01c7012a0003b402090003b30202")
  }

  @Test("the numbers of events' types are those that stand in ledgers")
  func factCodes() {
    #expect(FactCode.allCases.map(\.rawValue) == Array(1...44))
    #expect(FactCode.ledgerCreated.rawValue == 1)
    #expect(FactCode.jobCreated.rawValue == 13)
    #expect(FactCode.jobLogged.rawValue == 15)
    #expect(FactCode.jobProgressed.rawValue == 16)
    #expect(FactCode.versionDeployed.rawValue == 28)
    #expect(FactCode.reportExported.rawValue == 44)
    #expect(FactCode(.jobStopRequested) == .jobStopRequested)
    #expect(FactCode(.jobProgressed(Progress(done: 1, of: 2))) == .jobProgressed)
  }

  @Test("a row holds every member of a state: a new one must come into it")
  func members() {
    // A deployment's signature is the one that stays out: it stands in the event.
    // Round trips cannot tell, since the generator would not set a member that it does not know.
    let counts = RowsExamples.all.map { Self.leaves(of: $0.entity) }
    #expect(counts == [8, 15, 5, 16, 51, 50, 51, 5, 15, 14, 10])
  }

  /// How many values without members a value is made of; absent ones count as one.
  private static func leaves(of value: Any) -> Int {
    let members = Mirror(reflecting: value).children
    return members.isEmpty ? 1 : members.reduce(0) { $0 + leaves(of: $1.value) }
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
