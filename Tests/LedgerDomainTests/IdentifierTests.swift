// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// Names, identifiers, digests: exactly their grammar, whatever comes.
@Suite struct IdentifierTests {
  @Test(arguments: ["a", "Z9", "churn-lr", "p.q_r-s", "0", String(repeating: "x", count: 63)])
  func `a name of the grammar is taken`(string: String) {
    #expect(Name(string)?.string == string)
    #expect(ActorID(string)?.string == string)
  }

  @Test(arguments: [
    "", "-a", ".a", "_a", "a b", "a/b", "a@3", "é", "e\u{301}", "a\u{0}", "a\n", "ａ", "١",
    String(repeating: "x", count: 64),
  ])
  func `anything else is no name`(string: String) {
    #expect(Name(string) == nil)
    #expect(ActorID(string) == nil)
  }

  @Test func `every byte is accepted or refused as the grammar says`() {
    for byte in UInt8(0)..<128 {
      let scalar = Unicode.Scalar(byte)
      let isFirst =
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
        || ("0"..."9").contains(scalar)
      #expect((Name(String(scalar)) != nil) == isFirst)
      let isLater = isFirst || [".", "_", "-"].contains(scalar)
      #expect((Name("a" + String(scalar)) != nil) == isLater)
    }
  }

  @Test func `a user without a login is named by number`() {
    for good in ["uid:0", "uid:1000", "uid:4294967295"] { #expect(ActorID(good) != nil) }
    for bad in ["uid:", "uid:01", "uid:x", "uid:-1", "uid:12345678901", "UID:1", "gid:1"] {
      #expect(ActorID(bad) == nil, "\(bad)")
    }
  }

  @Test func `names are ordered by bytes`() {
    let sorted: [Name] = ["0", "A", "Z", "a", "a-b", "a.b", "aa"]
    #expect(sorted.reversed().sorted() == sorted)
  }

  @Test(arguments: JobKind.allCases)
  func `a job's identifier tells its kind`(kind: JobKind) {
    var random = SplitMix64(seed: 5)
    for characters in [6, 7] {
      let id = JobID(kind: kind, bits: random.next(), characters: characters)
      #expect(JobID(id.string) == id)
      #expect(id.string.utf8.count == kind.prefix.utf8.count + 1 + characters)
    }
    #expect(JobID(kind: kind, bits: 0).string == kind.prefix + "-000000")
    #expect(JobID(kind: kind, bits: .max).string == kind.prefix + "-zzzzzz")
  }

  @Test(arguments: [
    "train", "train-", "train-00000", "train-00000000", "train-00000i", "train-00000l",
    "train-00000o", "train-00000u", "train-00000A", "TRAIN-000000", "walk-000000", "-000000",
    "000000", "batch-run-000000", "train--000000", "train-é00000",
  ])
  func `anything else is no job`(string: String) {
    #expect(JobID(string) == nil)
  }

  @Test func `a request key has at most 128 bytes of its alphabet`() {
    #expect(RequestKey("41/2026-11-21T08:00:00.000000Z") != nil)
    #expect(RequestKey(String(repeating: "k", count: 128)) != nil)
    for bad in ["", String(repeating: "k", count: 129), "a b", "é", "a#b", "a\n"] {
      #expect(RequestKey(bad) == nil)
    }
  }

  @Test func `a digest has one written form`() {
    let hex = "00ff" + String(repeating: "0123456789abcdef", count: 3) + "fedcba9876543210"
    let text = "sha256:" + hex.prefix(64)
    let digest = Digest(text)
    #expect(digest?.description == text)
    #expect(digest.flatMap { Digest(bytes: $0.bytes) } == digest)
    #expect(digest?.words.0 == 0x00ff_0123_4567_89ab)
    for bad in [
      "", hex, "sha256:", text + "0", String(text.dropLast()), text.uppercased(),
      "sha512:" + hex.prefix(64), "sha256:" + String(repeating: "g", count: 64),
      "sha256:" + String(repeating: "é", count: 32),
    ] {
      #expect(Digest(bad) == nil, "\(bad)")
    }
    #expect(Digest(bytes: [UInt8](repeating: 1, count: 31)) == nil)
    #expect(Digest(bytes: [UInt8](repeating: 1, count: 33)) == nil)
  }

  @Test func `a digest differs where any byte does`() {
    let zero = Digest(bytes: [UInt8](repeating: 0, count: 32))!
    for index in 0..<32 {
      var bytes = [UInt8](repeating: 0, count: 32)
      bytes[index] = 1
      let other = Digest(bytes: bytes)
      #expect(other != zero)
      #expect(other?.bytes == bytes)
    }
  }

  @Test func `a size says what it includes`() {
    #expect(LedgerSize(after: Position(41)) == LedgerSize(42))
    #expect(LedgerSize(42).includes(Position(41)))
    #expect(!LedgerSize(41).includes(Position(41)))
    #expect(!LedgerSize(0).includes(Position(0)))
  }
}
