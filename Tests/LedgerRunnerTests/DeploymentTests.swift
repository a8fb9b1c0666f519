// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import LedgerStorage
import Testing

@testable import LedgerRunner

@Suite struct DeploymentTests {
  private let production = Name("production")!

  private func deployed(_ site: JobSite) -> String? {
    let link = DeploymentLinks(site.ledger.reader).path(site.model, target: production)
    return SmallFile.read(link + "/model", atMost: 1000).map(text)
  }

  private func request(_ version: VersionID, replaces: Bool = false) -> DeployRequest {
    DeployRequest(
      version: version, target: production, replaces: replaces,
      reason: replaces ? "better" : nil)
  }

  @Test func `without a hook a link leads to the artifacts until the retirement`() throws {
    let site = try JobSite()
    let one = try site.approvedVersion("one")
    let report = try site.runner().deploy(request(one))
    #expect(report.status == .completed)
    #expect(report.deployment == report.job)
    #expect(deployed(site) == "one")
    let two = try site.approvedVersion("two")
    #expect(throws: JobError.refused(.targetOccupied(target: production, by: report.job))) {
      try site.runner().deploy(request(two))
    }
    #expect(deployed(site) == "one")
    let next = try site.runner().deploy(request(two, replaces: true))
    #expect(deployed(site) == "two")
    #expect(try site.deployment(report.job)?.status == .retired)
    let end = try site.runner().retire(
      RetireRequest(deployment: next.job, reason: "done"))
    #expect(end.status == .completed)
    #expect(end.deployment == next.job)
    #expect(deployed(site) == nil)
    #expect(
      throws: JobError.refused(.deploymentRetired(next.job))
    ) { try site.runner().retire(RetireRequest(deployment: next.job, reason: "again")) }
  }

  @Test func `links and folders that somebody changed are repaired from the views`() throws {
    let site = try JobSite()
    let version = try site.approvedVersion("right")
    _ = try site.runner().deploy(request(version))
    let links = DeploymentLinks(site.ledger.reader)
    let path = links.path(site.model, target: production)
    #expect(try links.repair() == [])
    unlink(path)
    #expect(try links.repair().count == 1)
    #expect(deployed(site) == "right")
    unlink(path)
    symlink("/etc", path)
    #expect(try links.repair().count == 1)
    #expect(deployed(site) == "right")
    let stray = links.path(
      SubjectID(project: site.project, name: Name("stray")!), target: Name("shadow")!)
    for folder in ["/shadow", "/shadow/demo"] {
      mkdir(site.ledger.directory.deploymentsDirectory + folder, 0o700)
    }
    symlink("/etc", stray)
    #expect(try links.repair().count == 1)
    #expect(statusOfLink(stray) == nil)
    let digest = try #require(try site.version(1).made?.artifacts.digest)
    chmod(links.folder(digest) + "/model", 0o600)
    try site.folder.write("wrong", "wrong")
    let file = open(links.folder(digest) + "/model", O_WRONLY | O_TRUNC)
    _ = write(file, "wrong", 5)
    close(file)
    try links.materialise(digest, verifying: true)
    #expect(deployed(site) == "right")
  }

  @Test func `damaged artifacts are not deployed`() throws {
    let site = try JobSite()
    let version = try site.approvedVersion("right")
    let blob = BlobStore(site.ledger.directory).path(Hashing.digest(Array("right".utf8)))
    chmod(blob, 0o600)
    let file = open(blob, O_WRONLY | O_TRUNC)
    _ = write(file, "wrong", 5)
    close(file)
    let size = try site.events().count
    #expect(throws: JobError.self) { try site.runner().deploy(request(version)) }
    #expect(try site.events().count == size)
    #expect(deployed(site) == nil)
  }

  private func hookedSite(deploy: String, retire: String = "exit 0") throws -> JobSite {
    let site = try JobSite(
      """
      models:
        lr:
          deploy: {run: [/bin/sh, deploy.sh]}
          retire: {run: [/bin/sh, retire.sh]}
      """)
    try site.folder.write("project/deploy.sh", deploy)
    try site.folder.write("project/retire.sh", retire)
    return site
  }

  @Test func `a hook acts before the record, and knows what it deploys`() throws {
    let site = try hookedSite(
      deploy: """
        echo "$JOBLEDGER_VERSION $JOBLEDGER_TARGET $(cat "$JOBLEDGER_MODEL/model")"
        """,
      retire: #"echo "gone $JOBLEDGER_DEPLOYMENT $JOBLEDGER_TARGET""#)
    let report = try site.runner().deploy(request(try site.approvedVersion()))
    #expect(report.status == .completed)
    #expect(report.deployment == report.job)
    #expect(try site.log(of: report.job) == ["lr@1 production weights"])
    #expect(
      try site.events(of: report.job).map(\.event.fact.word) == [
        "created", "started", "logged", "deployed", "completed",
      ])
    #expect(try site.deployment(report.job)?.deployedBy == site.caller.actor)
    let end = try site.runner().retire(RetireRequest(deployment: report.job, reason: "done"))
    #expect(end.status == .completed)
    #expect(try site.log(of: end.job) == ["gone \(report.job) production"])
    #expect(try site.deployment(report.job)?.status == .retired)
    #expect(site.leftovers() == [])
  }

  @Test func `a hook that fails means no deployment, and the target is free again`() throws {
    let site = try hookedSite(deploy: "echo ERROR no room; exit 4")
    let version = try site.approvedVersion()
    let report = try site.runner().deploy(request(version))
    #expect(report.status == .failed)
    #expect(report.exit == 4)
    #expect(try site.deployment(report.job) == nil)
    #expect(try site.version(1).status == .approved)
    #expect(try site.job(report.job).ending?.effectRemaining == .unknown)
    #expect(deployed(site) == nil)
    try site.folder.write("project/deploy.sh", "exit 0")
    #expect(try site.runner().deploy(request(version)).status == .completed)
  }

  @Test(arguments: [true, false])
  func `an effect refused after the hook acted is undone where that is possible`(
    undoes: Bool
  ) throws {
    let site = try hookedSite(
      deploy: "echo acting; read x < ../gate", retire: "echo undoing; exit \(undoes ? 0 : 1)")
    let gate = Gate(site.folder.file("gate"))
    let version = try site.approvedVersion()
    let run = try Background { [production] in
      try site.runner().deploy(DeployRequest(version: version, target: production))
    }
    let job = try site.waitForLine("acting")
    try site.decide(version, .rejected)
    gate.open()
    let report = try run.wait()
    #expect(report.status == .failed)
    #expect(report.job == job)
    #expect(try site.log(of: job) == ["acting", "undoing"])
    let lines = try site.events(of: job).compactMap { recorded -> UInt64? in
      if case .jobLogged(let line) = recorded.event.fact { line.line } else { nil }
    }
    #expect(lines == [1, 2])
    #expect(try site.job(job).ending?.effectRemaining == (undoes ? .undone : .hook))
    #expect(try site.deployment(job) == nil)
    #expect(report.error?.isEmpty == false)
    #expect(deployed(site) == nil)
    #expect(site.leftovers() == [])
  }

  @Test func `a version that is not approved is refused before its hook runs`() throws {
    let site = try hookedSite(deploy: "echo ran >> ran")
    let version = try site.approvedVersion()
    try site.decide(version, .rejected)
    #expect(throws: JobError.refused(.notApproved(version, .rejected))) {
      try site.runner().deploy(request(version))
    }
    #expect(SmallFile.read(site.folder.file("project/ran"), atMost: 9) == nil)
  }
}

@Suite struct CallerIdentityTests {
  @Test func `the kernel's facts stay whatever is claimed`() throws {
    let own = try CallerIdentity.current()
    #expect(own.actor.authentication == .os)
    #expect(own.actor.os?.uid == getuid())
    #expect(own.actor.host?.string.isEmpty == false)
    let claimed = try CallerIdentity.current(claiming: "someone-else")
    #expect(claimed.actor.authentication == .claimed)
    #expect(claimed.actor.id == ActorID("someone-else"))
    #expect(claimed.actor.os == own.actor.os)
    #expect(try CallerIdentity.current(claiming: own.actor.id.string) == own)
    #expect(claimed.runner.person == claimed.actor.id)
    #expect(throws: JobError.self) { try CallerIdentity.current(claiming: "no name") }
    #expect(CallerIdentity.login(of: 4_294_967_294) == nil)
  }

  @Test(arguments: [
    ("a=1", JSONValue.number(1)), ("a=-1.5e3", .number(-1500)), ("a=true", .bool(true)),
    ("a=", .string("")), ("a=null", .null), ("a=plain words", .string("plain words")),
    ("a=x=y", .string("x=y")), ("a='5'", .string("5")), ("a=k: v", .string("k: v")),
    ("a=[1, two]", .array([.number(1), .string("two")])), ("a=@odd", .string("@odd")),
    ("a=*odd", .string("*odd")), ("a=[1", .string("[1")), ("a=#5", .string("#5")),
  ])
  func `a setting is typed like a manifest's value`(setting: String, value: JSONValue) throws {
    let parsed = try ParameterSetting.parse(setting)
    #expect(parsed.key == "a")
    #expect(parsed.value == value)
  }
}
