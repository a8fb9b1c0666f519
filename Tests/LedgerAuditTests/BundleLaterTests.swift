// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// Whole ledgers as of a moment, whose words were erased after it.
@Suite struct BundleLaterTests {
  /// A ledger, a checkpoint of it, and then an erasure of words from before.
  struct Story {
    let site: BundleSite
    let size: LedgerSize
    let erasure: Position
    let key: VerifierKey
    let note: [UInt8]

    init(rotates: Bool = false) throws {
      site = try BundleSite()
      let house = try #require(site.house)
      key = try site.key()
      note = try site.checkpoint()
      size = LedgerSize(try UnverifiedCheckpoint(note).unchecked.size)
      if rotates { _ = house.ledger.rotateKey(to: .inside, by: .alice, reason: "yearly") }
      try site.whisper()
      // The words of the first project, when nothing has to be kept any more.
      house.advance(seconds: 200 * 86_400)
      let latest = try house.ledger.reader.withSnapshot { try $0.event(at: Position(2)).time }
      try house.ask(
        .alice,
        .erase(
          Erase(
            items: [
              ErasureItem(
                .texts([PositionRange(from: Position(2), to: Position(2))]), project: .churn,
                parts: [ErasureItem.Part(project: .churn)], latest: latest, count: 1)
            ], basis: .secret, reason: "asked to")))
      erasure = Position(try house.size.value - 1)
      try site.note("later")
      _ = try site.checkpoint()
    }

    func make(_ name: String) throws -> (path: String, summary: BundleMaker.Summary) {
      let (size, note) = (size, note)
      return try site.make(name) {
        $0.size = size
        $0.checkpoint = note
      }
    }
  }

  @Test(arguments: [false, true])
  func `words erased after a bundle's size are told as erased by both, who did it is proved`(
    rotates: Bool
  ) throws {
    let story = try Story(rotates: rotates)
    let (path, summary) = try story.make("whole")
    #expect(summary.size == story.size && summary.erased == 1 && summary.missing == 0)
    #expect(summary.proofsOfLater == (rotates ? 2 : 1))
    try Bundles.expectSound(path, key: story.key)
    let report = try Bundles.verify(path, key: story.key)
    #expect(
      report.bundle?.remarks == [
        "#\(story.erasure.value) erased words here, on the ground 'secret'"
      ]
    )
    #expect(report.knownGood == story.size)
    #expect(try Bundles.independently(path, "--key", "\(story.key)").checked["erased texts"] == 1)
    // The part within stands by itself.
    let files = Bundles.files(path)
    let lines = try #require(files["later/events.jsonl"]).split(separator: 0x0A)
    #expect(lines.count == (rotates ? 2 : 1))
    #expect(Array(lines[lines.count - 1]).holds(Array("\"asked to\"".utf8)))
  }

  @Test func `words of a part that were erased later are told as erased, by whom is proved`() throws
  {
    let site = try BundleSite()
    let house = try #require(site.house)
    let key = try site.key()
    // What was last said of the model.
    let note = Position(try house.size.value - 1)
    let latest = try house.ledger.reader.withSnapshot { try $0.event(at: note).time }
    try site.whisper()
    house.advance(seconds: 200 * 86_400)
    try house.ask(
      .alice,
      .erase(
        Erase(
          items: [
            ErasureItem(
              .texts([PositionRange(from: note, to: note)]), project: .churn,
              subject: Scenario.modelReference,
              parts: [ErasureItem.Part(project: .churn, subject: Scenario.model)], latest: latest,
              count: 1)
          ], basis: .consent, reason: "withdrawn")))
    let erasure = Position(try house.size.value - 1)
    try site.whisper()
    let asOf = LedgerSize(note.value + 1)
    let said = "#\(erasure.value) erased words here, on the ground 'consent'"
    for (name, size) in [("early", asOf), ("late", nil)] {
      let (path, summary) = try site.make(name) {
        $0.subject = Scenario.model
        $0.size = size
      }
      #expect(summary.erased == 1 && summary.missing == 0)
      // Among the events of the subject there is the erasure itself.
      #expect(summary.proofsOfLater == (size == nil ? 0 : 1))
      try Bundles.expectSound(path, key: key)
      let report = try Bundles.verify(path, key: key)
      #expect(report.bundle?.remarks.contains(said) == true, "\(report)")
      #expect(try Bundles.independently(path, "--key", "\(key)").checked["erased texts"] == 1)
      for (file, bytes) in Bundles.files(path) {
        for canary in BundleSite.canaries {
          #expect(!bytes.holds(Array(canary.utf8)), "\(canary) in \(file)")
        }
      }
      guard size != nil else { continue }
      // Without it nothing is wrong, and nobody knows.
      var files = Bundles.files(path)
      for name in files.keys where name.hasPrefix("later/") { files[name] = nil }
      try Bundles.write(files, to: path, signer: try Bundles.signer(site.path))
      let silent = try Bundles.verify(path, key: key)
      #expect(silent.isOK && silent.bundle?.remarks.contains(said) == false)
      #expect(
        silent.bundle?.notChecked.contains("words that are not here, and who erased them") == true)
    }
  }

  @Test func `a bundle whose words nobody erased since has nothing of later`() throws {
    let story = try Story()
    let size = LedgerSize(1)
    let (path, summary) = try story.site.make("first") { $0.size = size }
    #expect(summary.proofsOfLater == 0)
    #expect(Bundles.files(path).keys.allSatisfy { !$0.hasPrefix("later/") })
    try Bundles.expectSound(path, key: story.key)
  }

  @Test func `an erasure that no checkpoint covers yet is proved by none, and none is made`() throws
  {
    let story = try Story()
    story.site.house?.ledger.close()
    // Closing signed one; here it is as if the key had been elsewhere then.
    TemporaryFolder.write(story.note, to: story.site.path + "/checkpoint")
    #expect(throws: BundleFailure.erasedSince(story.erasure, checkpoint: story.size)) {
      try story.make("whole")
    }
  }

  @Test func `without its proof, or with another's, an erasure counts for nothing`() throws {
    let story = try Story(rotates: true)
    let (path, _) = try story.make("whole")
    let made = Bundles.files(path)
    let signer = try Bundles.signer(story.site.path)
    let folder = try #require(story.site.house).folder.file("forged")
    func expect(_ what: String, _ change: (inout [String: [UInt8]]) throws -> Void) throws {
      var files = made
      try change(&files)
      try Bundles.write(files, to: folder, signer: nil)
      let report = try Bundles.verify(folder, key: story.key)
      #expect(codes(report).contains("text-missing"), "\(what): \(report.findings)")
      let other = try Bundles.independently(folder, "--key", "\(story.key)")
      #expect(other.exit == 2 && other.codes.contains("text-missing"), "\(what): \(other)")
    }
    let proof = "later/proofs/\(story.erasure.value).tlog-proof"
    try expect("all of it gone") { files in
      for name in files.keys where name.hasPrefix("later/") { files[name] = nil }
    }
    try expect("its proof gone") { $0[proof] = nil }
    try expect("its event gone") { files in
      let lines = try #require(files["later/events.jsonl"]).split(separator: 0x0A)
      files["later/events.jsonl"] = Array(lines[0]) + [0x0A]
    }
    try expect("the rotation gone") { files in
      let lines = try #require(files["later/events.jsonl"]).split(separator: 0x0A)
      files["later/events.jsonl"] = Array(lines[1]) + [0x0A]
      files["later/proofs/\(story.size.value).tlog-proof"] = nil
    }
    try expect("another range") { files in
      let text = String(decoding: try #require(files["later/events.jsonl"]), as: UTF8.self)
      files["later/events.jsonl"] = Array(text.replacing("[[2,2]]", with: "[[2,3]]").utf8)
    }
    try expect("no proof of consistency") { $0["later/consistency"] = [] }
    try expect("another proof of consistency") { files in
      var bytes = try #require(files["later/consistency"])
      bytes[0] = bytes[0] == 0x41 ? 0x42 : 0x41
      files["later/consistency"] = bytes
    }
    // A tree of its own, signed by the very key: nothing leads there from the one that was signed.
    try expect("another history") { files in
      let line = try #require(files["later/events.jsonl"]).split(separator: 0x0A)[1]
      let leaf = try FullForm.split(Array(line)).leaf
      var tree = StoredTree()
      for _ in 0..<story.erasure.value { tree.append(MerkleTree.leafHash(of: [])) }
      tree.append(MerkleTree.leafHash(of: leaf))
      let size = story.erasure.value + 1
      let note = try UnverifiedCheckpoint(
        Checkpoint(origin: signer.name, size: size, root: tree.root(at: size)).signed(by: signer))
      files["later/checkpoint"] = note.note.bytes
      files["later/events.jsonl"] = Array(line) + [0x0A]
      files["later/proofs/\(story.size.value).tlog-proof"] = nil
      files[proof] =
        UnverifiedProofFile(
          proof: tree.inclusionProof(of: story.erasure.value, in: size), checkpoint: note
        ).bytes
    }
  }
}
