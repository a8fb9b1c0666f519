// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerTestSupport
import Testing

private struct Unreadable: Error {}

/// Entities in memory.
private struct Catalog: ReferenceCatalog {
  typealias Failure = Unreadable
  var size = LedgerSize(50)
  var referents: [Referent] = []
  var latest: [SubjectID: UInt32] = [:]

  func contains(_ key: EntityKey) throws(Unreadable) -> Bool {
    referents.contains { referent in
      switch (referent, key) {
      case (.job(let id), .job(let other)): id == other
      case (.deployment(let id), .deployment(let other)): id == other
      case (.version(let id), .version(let other)): id == other
      case (.subject(let id), .subject(let other)): id == other
      case (.project(let id), .project(let other)): id == other
      case (.schedule(let project, let name), .schedule(let other, let otherName)):
        project == other && name == otherName
      default: false
      }
    }
  }
  func latestNumber(of subject: SubjectID) throws(Unreadable) -> UInt32? { latest[subject] }
  func forEach(
    _ kind: ReferentKind, _ body: (Referent) throws(Unreadable) -> Void
  ) throws(Unreadable) {
    for referent in referents where referent.kind == kind { try body(referent) }
  }
}

@Suite struct ReferenceTests {
  private static func subject(_ project: String, _ name: String) -> SubjectID {
    SubjectID(project: Name(project)!, name: Name(name)!)
  }
  private static func version(_ project: String, _ name: String, _ number: UInt32) -> VersionID {
    VersionID(subject: subject(project, name), number: VersionNumber(number))
  }

  private static let catalog = Catalog(
    referents: [
      .project(Name("churn")!), .project(Name("fraud")!),
      .subject(subject("churn", "churn-lr")), .subject(subject("churn", "churn-gbm")),
      .subject(subject("churn", "tenure")), .subject(subject("fraud", "tenure")),
      .version(version("churn", "churn-lr", 1)), .version(version("churn", "churn-lr", 2)),
      .version(version("churn", "tenure", 1)), .version(version("fraud", "tenure", 1)),
      .job(JobID("train-7k2pqx")!), .job(JobID("train-7k9999")!), .job(JobID("deploy-abcdef")!),
      .deployment(JobID("deploy-abcdef")!),
      .schedule(project: Name("churn")!, name: Name("nightly")!),
    ],
    latest: [subject("churn", "churn-lr"): 2, subject("churn", "tenure"): 1])

  private static let every: [ReferentKind] = [
    .job, .version, .deployment, .event, .subject, .schedule,
  ]

  private func resolve(_ text: String, _ kinds: [ReferentKind] = every) throws -> Referent {
    try Reference(text).resolve(kinds, in: ReferenceTests.catalog).get()
  }

  @Test(arguments: [
    "", "@1", "name@0", "name@01", "name@x", "name@", "#", "#-1", "#01", "a/b/c", "/name",
    "pro ject/name", "name@4294967296", "#18446744073709551615", "na\u{301}me", "name@1@2",
  ])
  func `what has no form of a reference is malformed`(text: String) {
    #expect(throws: ReferenceError.malformed(text)) { try Reference(text) }
  }

  @Test func `full forms lead to what they name`() throws {
    #expect(try resolve("train-7k2pqx") == .job(JobID("train-7k2pqx")!))
    #expect(try resolve("churn-lr@2") == .version(ReferenceTests.version("churn", "churn-lr", 2)))
    #expect(
      try resolve("fraud/tenure@1") == .version(ReferenceTests.version("fraud", "tenure", 1)))
    #expect(try resolve("#41") == .event(Position(41)))
    #expect(try resolve("#49") == .event(Position(49)))
    #expect(try resolve("churn-lr") == .subject(ReferenceTests.subject("churn", "churn-lr")))
    #expect(
      try resolve("nightly") == .schedule(project: Name("churn")!, name: Name("nightly")!))
    #expect(try resolve("churn", [.project]) == .project(Name("churn")!))
  }

  @Test func `every written form leads back to its referent`() throws {
    for referent in ReferenceTests.catalog.referents {
      #expect(try resolve(referent.written, [referent.kind]) == referent)
    }
  }

  @Test func `a job and its deployment are not ambiguous: the preferred kind is meant`() throws {
    #expect(try resolve("deploy-abcdef") == .job(JobID("deploy-abcdef")!))
    #expect(try resolve("deploy-a", [.deployment, .job]) == .deployment(JobID("deploy-abcdef")!))
  }

  @Test func `a unique beginning is enough, an exact name comes first`() throws {
    #expect(try resolve("train-7k2") == .job(JobID("train-7k2pqx")!))
    #expect(try resolve("churn-l@1") == .version(ReferenceTests.version("churn", "churn-lr", 1)))
    #expect(try resolve("fraud/ten") == .subject(ReferenceTests.subject("fraud", "tenure")))
    var catalog = ReferenceTests.catalog
    catalog.referents.append(.subject(ReferenceTests.subject("churn", "churn")))
    #expect(
      try Reference("churn").resolve([.subject], in: catalog).get()
        == .subject(ReferenceTests.subject("churn", "churn")))
  }

  @Test func `what can mean several things names them`() {
    #expect(
      throws: ReferenceError.ambiguous(
        "train-7k", candidates: ["train-7k2pqx", "train-7k9999"], count: 2)
    ) { try resolve("train-7k") }
    #expect(
      throws: ReferenceError.ambiguous(
        "tenure@1", candidates: ["churn/tenure@1", "fraud/tenure@1"], count: 2)
    ) { try resolve("tenure@1") }
  }

  @Test func `what means nothing suggests what is near`() {
    func notFound(_ text: String, _ kinds: [ReferentKind], _ suggestions: [String])
      -> ReferenceError
    {
      .notFound(text, kinds: kinds, asOf: LedgerSize(50), suggestions: suggestions)
    }
    #expect(throws: notFound("train-7k2pxq", [.job], ["train-7k2pqx"])) {
      try resolve("train-7k2pxq", [.job])
    }
    #expect(throws: notFound("churn-rl@2", [.version], ["churn-lr@2"])) {
      try resolve("churn-rl@2", [.version])
    }
    #expect(throws: notFound("churn-lr@9", [.version], ["churn/churn-lr@2"])) {
      try resolve("churn-lr@9", [.version])
    }
    #expect(throws: notFound("#50", [.event], [])) { try resolve("#50", [.event]) }
    #expect(throws: notFound("zzzzzz", [.subject], [])) { try resolve("zzzzzz", [.subject]) }
    // Of another kind, but near: the latest version of a subject, the subject of a version.
    #expect(throws: notFound("churn-lr", [.version], ["churn/churn-lr@2"])) {
      try resolve("churn-lr", [.version])
    }
    #expect(throws: notFound("churn-l@7", [.subject], ["churn/churn-lr"])) {
      try resolve("churn-l@7", [.subject])
    }
    // What was written says which kind was meant, where the caller can use several.
    #expect(throws: notFound("#50", [.event], [])) { try resolve("#50") }
    #expect(throws: notFound("zzzzzz@1", [.version], [])) { try resolve("zzzzzz@1") }
    // A form that the caller cannot use is not found, whatever exists.
    #expect(throws: notFound("churn-lr@1", [.job], [])) { try resolve("churn-lr@1", [.job]) }
  }
}

@Suite struct EditDistanceTests {
  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1),
    ("kitten", "sitting", 3), ("ca", "abc", 3), ("train", "trian", 1), ("approve", "aprove", 1),
  ])
  func `known distances`(left: String, right: String, distance: Int) {
    #expect(EditDistance.between(left, right) == distance)
    #expect(EditDistance.between(right, left) == distance)
  }

  @Test(arguments: UInt64(0)..<20)
  func `one edit is a distance of at most one`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let letters = Array("abcde".utf8)
    var word = (0..<3 + random.below(8)).map { _ in random.pick(letters) }
    let before = String(decoding: word, as: UTF8.self)
    let index = random.below(word.count - 1)
    switch random.below(4) {
    case 0: word.remove(at: index)
    case 1: word.insert(random.pick(letters), at: index)
    case 2: word[index] = random.pick(letters)
    default: word.swapAt(index, index + 1)
    }
    #expect(EditDistance.between(before, String(decoding: word, as: UTF8.self)) <= 1)
  }

  @Test func `suggestions are few, near, and nearest first`() {
    let commands = ["train", "retire", "retry", "jobs", "approve", "evaluate"]
    #expect(EditDistance.suggestions(for: "trian", among: commands) == ["train"])
    #expect(EditDistance.suggestions(for: "retrie", among: commands) == ["retire", "retry"])
    #expect(EditDistance.suggestions(for: "eval", among: commands) == ["evaluate"])
    #expect(EditDistance.suggestions(for: "xyzzy", among: commands) == [])
  }
}
