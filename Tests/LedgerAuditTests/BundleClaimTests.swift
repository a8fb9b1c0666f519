// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// Claims about versions: those that are so are shown to both verifiers, the others refused.
@Suite struct BundleClaimTests {
  private static func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

  private static func facts(_ path: String) throws -> [Event] {
    try LedgerReader.open(path).events()
  }

  @Test func `what is so is shown by a folder that both verify, claim by claim`() throws {
    let site = try BundleSite()
    site.house?.ledger.close()
    let events = try Self.facts(site.path)
    let deployed = try #require(
      events.first { if case .versionDeployed = $0.fact { true } else { false } })
    let retired = try #require(
      events.first { if case .deploymentRetired = $0.fact { true } else { false } })
    let key = try site.key()
    let claims: [Claim] = [
      .evaluatedBeforeApproval, .approvedBeforeDeployment, .deciderNotMaker, .retiredWithReason,
      .inProductionAt(deployed.time),
      .inProductionAt(Timestamp(microseconds: retired.time.microseconds - 1)),
    ]
    for (number, claim) in claims.enumerated() {
      let (path, summary) = try site.make("claim\(number)") {
        $0.claim = (claim, Scenario.version(2))
      }
      #expect(summary.claim == claim.written && summary.version == Scenario.version(2))
      for version in ["churn-lr@2", "churn/churn-lr@2"] {
        let report = try Bundles.verify(path, key: key, claim: (claim, version))
        #expect(report.isOK, "\(claim.written): \(report.findings)")
        #expect(report.bundle?.remarks.contains { $0.hasPrefix("shown: ") } == true)
        let independent = try Bundles.independently(
          path, "--key", "\(key)", "--claim", claim.written, "--version", version)
        #expect(independent.exit == 0, "\(claim.written): \(independent)")
      }
      // It shows nothing of another version.
      let other = try Bundles.verify(path, key: key, claim: (claim, "churn-lr@7"))
      #expect(codes(other) == ["claim-not-shown"])
      // Every revision between the first and the last is in it, and nothing beside the subject's but
      // who the ledger is.
      let files = Bundles.files(path)
      let held = try (files["events.jsonl"] ?? []).split(separator: 0x0A).map {
        try EventCodec.decode(try FullForm.split(Array($0)).leaf)
      }
      let revisions = held.compactMap { $0.revision?.value }
      #expect(revisions == Array(try #require(summary.revisions)))
      #expect(held.allSatisfy { $0.subjectID == Scenario.model || $0.position.value == 0 })
      // One of them taken out by whoever has the key is found.
      try expectGapsFound(files, held, site, claim)
    }
  }

  private func expectGapsFound(
    _ files: [String: [UInt8]], _ held: [Event], _ site: BundleSite, _ claim: Claim
  ) throws {
    let signer = try Bundles.signer(site.path)
    let lines = (files["events.jsonl"] ?? []).split(separator: 0x0A).map { Array($0) + [0x0A] }
    let folder = try #require(site.house).folder.file("gap")
    let mine = held.indices.filter { held[$0].revision != nil }
    for index in mine.dropFirst().dropLast() {
      var less = files
      less["events.jsonl"] = Array((lines[..<index] + lines[(index + 1)...]).joined())
      less["proofs/\(held[index].position.value).tlog-proof"] = nil
      try Bundles.write(less, to: folder, signer: signer)
      let report = try Bundles.verify(
        folder, key: signer.verifierKey, claim: (claim, "churn-lr@2"))
      #expect(codes(report).contains("revision-gap"), "\(claim.written) #\(held[index].position)")
    }
  }

  @Test func `what is not so is refused with what contradicts it, and leaves nothing behind`()
    throws
  {
    let site = try BundleSite()
    site.house?.ledger.close()
    let events = try Self.facts(site.path)
    func first(_ matches: (Fact) -> Bool) throws -> Event {
      try #require(events.first { matches($0.fact) })
    }
    let deployed = try first { if case .versionDeployed = $0 { true } else { false } }
    let retired = try first { if case .deploymentRetired = $0 { true } else { false } }
    let early = Claim.inProductionAt(Timestamp(microseconds: deployed.time.microseconds - 1))
    let cases: [(Claim, UInt32, [Position?])] = [
      (.evaluatedBeforeApproval, 1, [nil]), (.approvedBeforeDeployment, 1, [nil]),
      (.deciderNotMaker, 1, [nil]), (.retiredWithReason, 1, [nil]),
      (early, 2, [deployed.position]), (.inProductionAt(retired.time), 2, [retired.position]),
      (early, 1, [nil]), (.retiredWithReason, 9, [nil]),
    ]
    let folder = try #require(site.house).folder.path
    for (claim, number, positions) in cases {
      do {
        _ = try site.make("claim") { $0.claim = (claim, Scenario.version(number)) }
        Issue.record("\(claim.written) of \(number) was shown")
      } catch let failure as BundleFailure {
        guard case .untrue(let contradictions) = failure else {
          Issue.record("\(failure)")
          continue
        }
        #expect(contradictions.map(\.position) == positions, "\(claim.written)")
      }
      #expect(TemporaryFolder.names(in: folder) == ["ledger"])
    }
  }

  @Test func `approvals by whom made it, without evaluation, or with an erased reason are told`()
    throws
  {
    let site = try House()
    try site.ask(.alice, .addProject(.churn, text: EventText([.path: .string("/srv/churn")])))
    try site.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator, .approver])))
    var policy = Policy.default
    policy.fourEyes = false
    policy.requireEvaluation = false
    try site.ask(.alice, .setPolicy(policy, reason: "house rules"))
    try site.makeVersion(1, artifacts: .test(1))
    let training = try site.job(try site.ask(.olga, Scenario.job(.training)))
    try site.ask(
      .olga,
      .endJob(
        EndJob(
          job: training, status: .completed, ending: JobEnding(exit: 0),
          result: .made(VersionMade(artifacts: .test(2)), text: EventText()))))
    let mine = try site.ask(.olga, Scenario.decision(.approved, Scenario.version(1)))
    let blind = try site.ask(.alice, Scenario.decision(.approved, Scenario.version(2)))
    site.ledger.close()
    let reader = try LedgerReader.open(site.folder.file("ledger"))
    defer { reader.close() }
    func refusal(_ claim: Claim, _ number: UInt32) -> [Position?]? {
      var order = BundleMaker.Order()
      order.claim = (claim, Scenario.version(number))
      do {
        _ = try BundleMaker.make(
          order, of: reader, at: site.folder.file("claim\(number)\(claim.written)"))
        return []
      } catch BundleFailure.untrue(let contradictions) {
        return contradictions.map(\.position)
      } catch {
        return nil
      }
    }
    func decision(_ events: [Event]) -> Position? {
      events.first { if case .versionApproved = $0.fact { true } else { false } }?.position
    }
    #expect(refusal(.deciderNotMaker, 1) == [decision(mine)])
    #expect(refusal(.evaluatedBeforeApproval, 2) == [decision(blind)])
    #expect(refusal(.evaluatedBeforeApproval, 1) == [])
    #expect(refusal(.deciderNotMaker, 2) == [])
  }

  @Test func `that something still goes on takes a later event, or the whole ledger`() throws {
    let site = try BundleSite()
    let house = try #require(site.house)
    try house.makeVersion(3, artifacts: try site.list("third.bin", 43))
    try house.ask(.bob, Scenario.decision(.approved, Scenario.version(3)))
    let deployed = try house.ask(.olga, Scenario.deployment(Scenario.version(3)))
    let moment = Timestamp(microseconds: try #require(deployed.last).time.microseconds + 1)
    let claim = Claim.inProductionAt(moment)
    try site.whisper()
    house.ledger.close()
    #expect(throws: BundleFailure.self) {
      try site.make("claim") { $0.claim = (claim, Scenario.version(3)) }
    }
    let (whole, _) = try site.make("whole")
    let key = try site.key()
    #expect(try Bundles.verify(whole, key: key, claim: (claim, "churn-lr@3")).isOK)
    #expect(
      try Bundles.independently(
        whole, "--key", "\(key)", "--claim", claim.written, "--version", "churn-lr@3"
      ).exit == 0)
    // The subject alone does not tell either.
    let (part, _) = try site.make("part") { $0.subject = Scenario.model }
    #expect(
      codes(try Bundles.verify(part, key: key, claim: (claim, "churn-lr@3"))) == ["claim-not-shown"]
    )
    #expect(
      try Bundles.independently(
        part, "--key", "\(key)", "--claim", claim.written, "--version", "churn-lr@3"
      ).codes == ["claim"])
  }

  @Test func `an older checkpoint is proved the beginning of the same history`() throws {
    let site = try BundleSite()
    let house = try #require(site.house)
    let kept = try site.checkpoint()
    try site.whisper()
    try site.note("later")
    let size = try UnverifiedCheckpoint(kept).unchecked.size
    let strange = try BundleSite().checkpoint()
    house.ledger.close()
    let key = try site.key()
    let file = house.folder.file("kept")
    TemporaryFolder.write(kept, to: file)
    for subject in [nil, Scenario.model] {
      let name = subject == nil ? "whole" : "part"
      let (path, summary) = try site.make(name) {
        $0.subject = subject
        $0.since = kept
      }
      #expect(summary.since?.value == size && summary.size.value > size)
      let report = try Bundles.verify(path, key: key, against: kept)
      #expect(report.isOK && report.against?.isGood == true)
      let independent = try Bundles.independently(path, "--key", "\(key)", "--checkpoint", file)
      #expect(independent.exit == 0 && independent.checked["kept checkpoints"] == 1)
      // One that is not of this history is found out, whoever signed it.
      let signer = try Bundles.signer(site.path)
      let forged = Checkpoint(
        origin: key.name, size: size, root: MerkleTree.sha256([1])
      ).signed(by: signer)
      #expect(codes(try Bundles.verify(path, key: key, against: forged)) == ["checkpoint-root"])
      #expect(
        codes(try Bundles.verify(path, key: key, against: strange)) == ["checkpoint-signature"])
      // Without its proof a part cannot tell, and says so.
      guard subject != nil else { continue }
      let (bare, _) = try site.make("bare") { $0.subject = subject }
      let told = try Bundles.verify(bare, key: key, against: kept)
      #expect(told.isOK && told.against?.isGood == false)
      #expect(told.bundle?.notChecked.contains { $0.contains("no proof of it is here") } == true)
    }
    #expect(throws: BundleFailure.self) {
      try site.make("beyond") {
        $0.checkpoint = kept
        $0.since = try? LedgerReader.open(site.path).checkpoint?.note.bytes
      }
    }
  }

  @Test func `as of a size is under a checkpoint of that size, kept or signed now`() throws {
    let site = try BundleSite()
    let house = try #require(site.house)
    let kept = try site.checkpoint()
    let size = LedgerSize(try UnverifiedCheckpoint(kept).unchecked.size)
    try site.whisper()
    try site.note("later")
    house.ledger.close()
    let key = try site.key()
    for (name, asOf) in [("kept", size), ("signed", LedgerSize(size.value - 7))] {
      let (path, summary) = try site.make(name) {
        $0.size = asOf
        if name == "kept" { $0.checkpoint = kept }
      }
      #expect(summary.size == asOf && summary.events == asOf.value)
      try Bundles.expectSound(path, key: key)
    }
    // A part needs no checkpoint of its own size.
    let (part, summary) = try site.make("part") {
      $0.size = LedgerSize(size.value - 7)
      $0.subject = Scenario.model
    }
    #expect(summary.size > size && summary.asOf.value == size.value - 7)
    try Bundles.expectSound(part, key: key)
    let secret = site.path + "/keys/log"
    rename(secret, site.path + "/../away")
    #expect(throws: BundleFailure.self) {
      try site.make("unsigned") { $0.size = LedgerSize(size.value - 7) }
    }
    #expect(throws: BundleFailure.self) { try site.make("beyond") { $0.size = LedgerSize(9_999) } }
    #expect(throws: BundleFailure.self) {
      try site.make("nothing") {
        $0.subject = SubjectID(project: .churn, name: Name(unchecked: "nobody"))
      }
    }
    #expect(
      TemporaryFolder.names(in: house.folder.path).allSatisfy {
        !$0.hasPrefix("unsigned") && !$0.hasPrefix("beyond") && !$0.hasPrefix("nothing")
      })
  }

  @Test func `a folder that is there already is left as it is`() throws {
    let site = try BundleSite()
    let folder = try #require(site.house).folder
    mkdir(folder.file("taken"), 0o700)
    TemporaryFolder.write([1], to: folder.file("file"))
    symlink("nowhere", folder.file("link"))
    for name in ["taken", "taken/", "file", "link", "missing/x"] {
      do {
        _ = try site.make(name)
        Issue.record("\(name) was written")
      } catch let error as DirectoryError {
        #expect(error.code == .cannotCreate)
      }
    }
    #expect(TemporaryFolder.names(in: folder.path) == ["file", "ledger", "link", "taken"])
    #expect(TemporaryFolder.names(in: folder.file("taken")) == [])
    #expect(TemporaryFolder.read(folder.file("file")) == [1])
  }
}

extension LedgerReader {
  /// Every event, and then lets go of the ledger.
  fileprivate func events() throws -> [Event] {
    defer { close() }
    return try read { (snapshot) throws(ReadingError) in
      try (0..<snapshot.size.value).map { position throws(ReadingError) in
        try snapshot.event(at: Position(position))
      }
    }
  }
}
