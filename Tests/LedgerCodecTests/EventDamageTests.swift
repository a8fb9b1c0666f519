// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import Testing

/// Every kind of damage to a leaf has its reason, and the byte where reading could not go on.
@Suite struct EventDamageTests {
  private static let leaf =
    #"{"actor":{"auth":"os","id":"alice"},"data":{"name":"churn"},"position":1,"#
    + #""time":"2026-11-21T08:00:00.123456Z","type":"project.created","v":1}"#

  /// What stands in the leaf, what stands there instead, and the byte that is told.
  struct Damage: Sendable, CustomTestStringConvertible {
    var from: String
    var to: String
    var offset: Int
    init(_ from: String, _ to: String, at offset: Int) {
      (self.from, self.to, self.offset) = (from, to, offset)
    }
    var testDescription: String { "\(from) → \(to)" }
  }

  static let damages = [
    // Form: spaces, escapes, control characters, what follows, what is missing at the end.
    Damage(#""id""#, #" "id""#, at: 21), Damage("churn", #"ch\u0075rn"#, at: 54),
    Damage("alice", "al\u{1}ice", at: 30), Damage(#""v":1}"#, #""v":1} "#, at: 141),
    Damage(#""v":1}"#, #""v":1"#, at: 140),
    // Numbers in another form than the one.
    Damage(#""position":1"#, #""position":01"#, at: 71),
    Damage(#""position":1"#, #""position":1.0"#, at: 71),
    Damage(#""position":1"#, #""position":1e0"#, at: 71),
    Damage(#""position":1"#, #""position":-1"#, at: 71),
    Damage(#""position":1"#, #""position":"1""#, at: 71),
    Damage(#""position":1"#, #""position":null"#, at: 71),
    Damage(#""position":1"#, #""position":9007199254740993"#, at: 71),
    Damage(#""v":1"#, #""v":1.5"#, at: 142),
    // Members out of order, twice, missing, unknown; values of another kind.
    Damage(#""auth":"os","id":"alice""#, #""id":"alice","auth":"os""#, at: 10),
    Damage(#""auth":"os""#, #""auth":"os","auth":"os""#, at: 21),
    Damage(#"{"name":"churn"}"#, "{}", at: 44), Damage(#"{"name":"churn"}"#, "[]", at: 43),
    Damage(#""churn"}"#, #""churn","x":1}"#, at: 59),
    Damage(#""position":1,"#, "", at: 59), Damage(#","v":1"#, "", at: 134),
    Damage(#""data""#, #""date""#, at: 35), Damage(#""os""#, "true", at: 17),
    Damage(#""v":1}"#, #""v":1,"w":1}"#, at: 145),
    Damage(#""position":1"#, #""position":1,"revision":0"#, at: 154),
    // Words and times outside their grammars.
    Damage(#""os""#, #""oS""#, at: 17), Damage("churn", "ch urn", at: 51),
    Damage("churn", "chürn", at: 51), Damage("churn", "-churn", at: 51),
    Damage("alice", "a b", at: 27), Damage("08:00:00.123456Z", "24:00:00.123456Z", at: 80),
    Damage("-11-21T", "-11-31T", at: 80), Damage("456Z", "456z", at: 80),
    Damage("08:00:00.123456Z", "08:00:00.12345Z", at: 139),
    Damage("project.created", "project.Created", at: 118), Damage(#""v":1"#, #""v":2"#, at: 139),
  ]

  @Test(arguments: damages)
  func `damage is told with its byte`(damage: Damage) throws {
    let whole = Array(EventDamageTests.leaf.utf8)
    #expect(throws: Never.self) { try EventCodec.decode(whole) }
    let (from, to) = (Array(damage.from.utf8), Array(damage.to.utf8))
    let start = try #require(
      whole.indices.first { whole[$0...].starts(with: from) }, "the leaf does not hold it")
    let damaged = whole[..<start] + to + whole[(start + from.count)...]
    var told: CodecError?
    do throws(CodecError) { _ = try EventCodec.decode(Array(damaged)) } catch { told = error }
    #expect(told?.offset == damage.offset, "\(told.map { "\($0.reason)" } ?? "accepted")")
  }
}
