// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import LedgerStorage
import Testing

@testable import LedgerRunner

/// Stored files that are erased: which go, which stay, and what a crash leaves.
@Suite struct BlobErasureTests {
  private let production = Name("production")!

  private func artifacts(_ site: JobSite, _ version: VersionID) throws -> FileList {
    let state = try site.version(version.number.value)
    let digest = try #require(state.made?.artifacts.digest)
    return try ArtifactFolder.list(digest, in: BlobStore(site.ledger.directory))
  }

  private func file(_ site: JobSite, _ version: VersionID) throws -> Digest {
    try #require(try artifacts(site, version).entries.first).digest
  }

  /// After the policy that approvals set: from here on nothing is kept by its age.
  private func retainNothing(_ site: JobSite) throws {
    var policy = Policy.default
    policy.fourEyes = false
    policy.requireEvaluation = false
    policy.retentionMinimumDays = 0
    try site.accept(.setPolicy(policy, reason: "a test"))
  }

  private func survey(_ site: JobSite, _ digests: [Digest]) throws -> BlobSurvey {
    try site.ledger.reader.read { (snapshot) throws(ReadingError) in
      try BlobSurvey(snapshot, site.ledger.directory, of: Set(digests))
    }
  }

  private func erase(_ site: JobSite, _ digests: [Digest]) throws -> Outcome {
    let items = try survey(site, digests).items(digests)
    return site.ledger.append(
      Submission(
        Command(
          actor: site.caller.actor,
          intent: .erase(Erase(items: items, basis: .consent, reason: "withdrawn")))))
  }

  @Test func `a file goes with its bytes and its copies, and no other does`() throws {
    let site = try JobSite()
    let (one, two) = (try site.approvedVersion("one"), try site.approvedVersion("two"))
    let deployed = try site.runner().deploy(DeployRequest(version: one, target: production))
    try retainNothing(site)
    let (gone, kept) = (try file(site, one), try file(site, two))
    let list = try artifacts(site, one).summary.digest
    guard case .refused(.inProduction(one, deployed.job)) = try erase(site, [gone]) else {
      Issue.record("it is in production")
      return
    }
    _ = try site.runner().retire(RetireRequest(deployment: deployed.job, reason: "done"))
    let links = DeploymentLinks(site.ledger.reader)
    #expect(access(links.folder(list), F_OK) == 0)
    let event = try #require(try erase(site, [gone]).events?.first)
    #expect(event.fact == .artifactErased(ArtifactErased(digests: [gone], basis: .consent)))
    #expect(event.versionID == one)
    let store = BlobStore(site.ledger.directory)
    let erasure = BlobErasure(site.ledger.reader)
    // A crash here leaves the file: what is owed is known from the events.
    #expect(store.contains(gone))
    #expect(try erasure.owed() == [gone])
    #expect(try erasure.finish() == 1)
    #expect(!store.contains(gone))
    #expect(access(links.folder(list), F_OK) != 0)
    #expect(store.contains(kept) && store.contains(list))
    #expect(try erasure.owed() == [])
    #expect(try erasure.finish() == 0)
  }

  @Test func `bytes that versions share are all of theirs, and a hold on one keeps them`() throws {
    let site = try JobSite()
    let (one, two) = (try site.approvedVersion("same"), try site.approvedVersion("same"))
    try retainNothing(site)
    let shared = try file(site, one)
    #expect(try file(site, two) == shared)
    let survey = try survey(site, [shared])
    #expect(Set((survey.owners[shared] ?? []).compactMap(\.versionID)) == [one, two])
    let items = survey.items([shared])
    #expect(items.count == 1 && items[0].number == nil)
    #expect(Set(items[0].parts.compactMap(\.version)) == [one, two])
    try site.accept(.hold(.version(two), places: true, reason: "open"))
    guard case .refused(.held) = try erase(site, [shared]) else {
      Issue.record("the second version is held")
      return
    }
    #expect(BlobStore(site.ledger.directory).contains(shared))
  }

  @Test func `the list of a version's files is a file of its own`() throws {
    let site = try JobSite()
    let version = try site.approvedVersion("weights")
    try retainNothing(site)
    let list = try artifacts(site, version).summary.digest
    let content = try file(site, version)
    #expect(try erase(site, [list]).events?.count == 1)
    #expect(try BlobErasure(site.ledger.reader).finish() == 1)
    let store = BlobStore(site.ledger.directory)
    #expect(!store.contains(list) && store.contains(content))
  }

  @Test func `where files were erased it is said of them, not that they cannot be read`() throws {
    let site = try JobSite()
    let version = try site.approvedVersion("weights")
    try retainNothing(site)
    let list = try artifacts(site, version).summary.digest
    for digest in [try file(site, version), list] {
      let event = try #require(try erase(site, [digest]).events?.first)
      _ = try BlobErasure(site.ledger.reader).finish()
      let said = JobError.notFound(
        "files of the version were erased: event #\(event.position.value) says why")
      #expect(try BlobErasure(site.ledger.reader).erasure(of: list) == event.position)
      #expect(throws: said) {
        try site.runner().deploy(DeployRequest(version: version, target: production))
      }
    }
  }

  @Test func `what is in production and was erased in another history is not linked`() throws {
    let site = try JobSite()
    let version = try site.approvedVersion("weights")
    try retainNothing(site)
    let deployed = try site.runner().deploy(DeployRequest(version: version, target: production))
    let links = DeploymentLinks(site.ledger.reader)
    let (list, content) = (try artifacts(site, version).summary.digest, try file(site, version))
    // As a restoration leaves it, which erases again what was not in production any more.
    _ = try site.runner().retire(RetireRequest(deployment: deployed.job, reason: "done"))
    _ = try erase(site, [content])
    _ = try BlobErasure(site.ledger.reader).finish()
    try site.accept(
      .deploy(
        PromoteVersion(version: version, target: production, runner: .current(tool: "test 1"))))
    #expect(access(links.folder(list), F_OK) != 0)
    #expect(try links.repair() == [])
    #expect(access(links.path(site.model, target: production), F_OK) != 0)
  }

  @Test func `what is made again after it was erased is left alone`() throws {
    let site = try JobSite()
    let version = try site.approvedVersion("weights")
    try retainNothing(site)
    let content = try file(site, version)
    _ = try erase(site, [content])
    let erasure = BlobErasure(site.ledger.reader)
    #expect(try erasure.finish() == 1)
    let again = try site.approvedVersion("weights")
    #expect(try file(site, again) == content)
    #expect(try erasure.owed() == [])
    #expect(try erasure.finish() == 0)
    #expect(BlobStore(site.ledger.directory).contains(content))
  }

  @Test func `a file is overwritten before it goes, unless it has a second name`() throws {
    let site = try JobSite()
    let (one, two) = (try site.approvedVersion("first words"), try site.approvedVersion("other"))
    try retainNothing(site)
    let store = BlobStore(site.ledger.directory)
    let digests = [try file(site, one), try file(site, two)]
    let linked = site.folder.file("linked")
    #expect(link(store.path(digests[1]), linked) == 0)
    // What still has the first one open sees what became of its bytes.
    let descriptor = open(store.path(digests[0]), O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    _ = try erase(site, digests)
    #expect(try BlobErasure(site.ledger.reader).finish() == 2)
    var bytes = [UInt8](repeating: 1, count: 11)
    #expect(pread(descriptor, &bytes, 11, 0) == 11)
    #expect(bytes == [UInt8](repeating: 0, count: 11))
    #expect(SmallFile.read(linked, atMost: 100).map(text) == "other")
  }

  @Test func `a half-stored file of a process that is gone goes too, and one of a living stays`()
    throws
  {
    let site = try JobSite()
    let version = try site.approvedVersion("weights")
    try retainNothing(site)
    let root = site.ledger.directory.blobsDirectory + "/sha256"
    let me = ProcessIdentity.current
    let (living, dead) = (
      "\(root)/new-\(me.pid)-\(me.startTicks)-999999", "\(root)/new-\(me.pid)-1-1"
    )
    for path in [living, dead] {
      let file = try #require(fopen(path, "w"))
      fputs("half of it", file)
      fclose(file)
    }
    _ = try erase(site, [try file(site, version)])
    _ = try BlobErasure(site.ledger.reader).finish()
    #expect(access(living, F_OK) == 0)
    #expect(access(dead, F_OK) != 0)
  }
}
