// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

@Suite struct DocumentTests {
  private func object(_ value: JSONValue?) throws -> JSONObject {
    try #require(value?.object)
  }
  private func text(_ value: JSONValue) throws -> String {
    String(decoding: try CanonicalJSON.encode(value), as: UTF8.self)
  }

  @Test func `a state as of a size stays the same whatever is appended`() throws {
    let house = try House()
    var states: [(LedgerSize, JSONValue)] = []
    func keep() throws {
      states.append((try house.size, try house.documents { try $0.state().json }))
    }
    try keep()
    try house.ask(.alice, .addProject(.churn, text: EventText([.path: .string("/srv/churn")])))
    try keep()
    try house.ask(.alice, .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    try keep()
    try house.makeVersion(1, artifacts: .test(1))
    try keep()
    try house.ask(.bob, Scenario.decision(.approved, Scenario.version(1)))
    try keep()
    let deployment = try house.job(
      try house.ask(.olga, Scenario.deployment(Scenario.version(1))))
    try keep()
    try house.makeVersion(2, artifacts: .test(2))
    try house.ask(.alice, .addProject(Name(unchecked: "fraud"), text: EventText()))
    try house.ask(
      .olga,
      .retire(RetireDeployment(deployment: deployment, reason: "drifts", runner: .test())))
    try keep()
    for (size, state) in states {
      for verifying in [false, true] {
        let again = try house.documents(asOf: size, verifying: verifying) { try $0.state().json }
        #expect(again == state, "size \(size.value)")
      }
    }
    #expect(states.count == 7)
  }

  @Test func `at every size, documents say what a search through the events says`() throws {
    let house = try House()
    try house.live()
    let size = try house.size
    let (events, texts) = try house.ledger.reader.withSnapshot { snapshot in
      var events: [Event] = []
      var texts: [EventText] = []
      for position in 0..<size.value {
        events.append(try snapshot.event(at: Position(position)))
        if case .values(let words) = try snapshot.text(of: events.last!) {
          texts.append(words)
        } else {
          texts.append(EventText())
        }
      }
      return (events, texts)
    }
    for count in 0...Int(size.value) {
      let naive = NaiveModel(events.prefix(count), texts: texts.prefix(count))
      let state = try house.documents(asOf: LedgerSize(UInt64(count))) { try $0.state() }
      #expect(state.jobs.count == naive.jobs.count)
      for document in state.jobs {
        let job = try #require(naive.jobs[document.job.id])
        #expect(document.job.status == job.status)
        #expect(document.log == job.log, "\(job.id) at \(count)")
        #expect(document.first == job.first)
        #expect(document.last == job.last, "\(job.id) at \(count)")
        #expect(document.words[.command] == job.text[.command])
      }
      #expect(state.versions.count == naive.versions.count)
      for document in state.versions {
        let version = try #require(naive.versions[document.version.id])
        #expect(document.version.status == version.status)
        #expect(document.version.metrics == version.metrics)
        #expect(document.evaluations.map(\.mark.position) == version.evaluations.map(\.position))
        #expect(document.decision?.event == version.decisions.last?.event)
        #expect(document.decision?.reason == version.decisions.last?.reason)
        #expect(document.deployments.map(\.deployment.id) == version.deployments)
      }
      #expect(state.deployments.count == naive.deployments.count)
      for document in state.deployments {
        let deployment = try #require(naive.deployments[document.deployment.id])
        #expect(document.deployment.until?.position == deployment.retired?.position)
        #expect(document.retireReason == deployment.reason)
      }
      #expect(state.members.map(\.member.id) == naive.members.keys.sorted())
      #expect(state.policy.state.policy == naive.policy)
      let decisions = try house.documents(asOf: LedgerSize(UInt64(count))) { documents in
        try documents.decisionPositions().map { try documents.decision(at: $0) }
      }
      #expect(decisions.map { $0?.event } == naive.decisions.map { $0.event })
    }
  }

  @Test func `the shapes are those of the design`() throws {
    let house = try House()
    try house.live()
    let state = try house.documents { try $0.state() }
    let training = try object(state.jobs.first?.json)
    #expect(training["version"] == .string("churn-lr@1"))
    #expect(training["number"] == .integer(1))
    #expect(try text(training["lines"]!) == #"{"debug":0,"error":0,"info":1,"warning":1}"#)
    #expect(training["kind"] == .string("training"))
    #expect(training["status"] == .string("completed"))
    #expect(training["exit"] == .integer(0))
    #expect(training["trigger"] == .string("manual"))
    #expect(try text(training["subject"]!) == #"{"kind":"model","name":"churn-lr"}"#)
    #expect(
      try text(training["createdBy"]!)
        == #"{"auth":"os","host":"gpu7","id":"olga","os":{"login":"olga","uid":1002}}"#)
    #expect(try text(training["command"]!) == #"["python3","train it.py"]"#)
    #expect(state.jobs.first?.commandLine == "python3 'train it.py'")
    for member in ["job", "project", "created", "started", "ended", "first", "last"] {
      #expect(training[Text(member)] != nil, "\(member)")
    }
    let failed = try object(state.jobs.first { $0.job.status == .failed }?.json)
    #expect(failed["signal"] == .string("SIGKILL"))
    #expect(failed["error"] == .string("killed"))
    #expect(failed["exit"] == nil)

    let rejected = try object(state.versions.first?.json)
    #expect(rejected["version"] == .string("churn-lr@1"))
    #expect(rejected["status"] == .string("rejected"))
    #expect(try text(rejected["metrics"]!) == #"{"accuracy":0.95,"auc":"NaN"}"#)
    #expect(rejected["evaluations"]?.array?.count == 1)
    #expect(rejected["rationale"] == .string("more data"))
    #expect(rejected["artifactsDigest"] == .string(FilesDigest.test(1).digest.description))
    #expect(rejected["artifacts"] == nil)
    let decision = try object(rejected["decision"])
    #expect(decision["verdict"] == .string("rejected"))
    #expect(decision["reason"] == .string("too slow"))
    #expect(decision["version"] == .string("churn-lr@1"))
    #expect(decision["exceptions"] == .array([]))
    let evidence = try object(decision["evidence"])
    #expect(evidence["shown"] == .bool(true))
    #expect(evidence["evaluations"]?.array?.count == 1)

    let retired = try object(state.deployments.first?.json)
    #expect(retired["status"] == .string("retired"))
    #expect(retired["reason"] == .string("replaced by v3"))
    #expect(retired["engine"] == .string("batch"))
    #expect(retired["target"] == .string("production"))
    for member in ["deployment", "project", "version", "since", "until", "deployedBy", "retiredBy"]
    {
      #expect(retired[Text(member)] != nil, "\(member)")
    }
    let policy = try object(state.policy.json)
    #expect(try text(policy["thresholds"]!) == #"{"churn":{"accuracy":{"min":0.5}}}"#)
    #expect(try object(policy["set"])["reason"] == .string("house rules"))
    let asOf = try object(try object(state.json)["asOf"])
    #expect(asOf["size"] == .integer(try house.size.value))
    // Members that are unknown are absent, never null.
    #expect(!(try text(state.json)).contains("null"))
  }

  @Test func `a version names its project where two projects share the name`() throws {
    let house = try House()
    try house.live()
    let before = try house.size
    let fraud = Name(unchecked: "fraud")
    try house.ask(.alice, .addProject(fraud, text: EventText()))
    try house.ask(
      .alice,
      .createJob(
        CreateJob(
          project: fraud, subject: Scenario.modelReference,
          fact: JobCreated(kind: .training), manifestDigest: .test(2), runner: .test())))
    let now = try house.documents { try $0.state() }
    #expect(now.versions.map(\.label).contains("churn/churn-lr@1"))
    #expect(now.versions.map(\.label).contains("fraud/churn-lr@1"))
    let then = try house.documents(asOf: before) { try $0.state() }
    #expect(then.versions.map(\.label).contains("churn-lr@1"))
  }

  @Test func `artifacts are listed from their blob, if it is whole`() throws {
    let house = try House()
    try house.ask(.alice, .addProject(.churn, text: EventText()))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    let list = Array(#"[{"bytes":3,"digest":"sha256:00","path":"model.bin"}]"#.utf8)
    let digest = Digest(MerkleTree.sha256(list))
    try house.makeVersion(1, artifacts: FilesDigest(count: 1, bytes: 3, digest: digest))
    func artifacts() throws -> [JSONValue]? {
      try house.documents { try $0.version(Scenario.version(1)) }?.artifacts
    }
    #expect(try artifacts() == nil)
    house.blob(list, as: digest)
    #expect(try artifacts()?.first?.object?["path"] == .string("model.bin"))
    house.blob(list + [0x20], as: digest)
    #expect(try artifacts() == nil)
  }

  @Test func `an event's full form gives its leaf and words back`() throws {
    let house = try House()
    try house.live()
    let size = try house.size
    try house.ledger.reader.withSnapshot { snapshot in
      var documents = Documents(snapshot, asOf: size, verifying: true)
      for position in 0..<size.value {
        let document = try #require(try documents.event(showing: Position(position)))
        let parts = try FullForm.split(document.fullForm)
        #expect(parts.leaf == (try snapshot.leafBytes(at: Position(position))))
        #expect(parts.disclosure == (try snapshot.disclosure(at: Position(position))))
        #expect(!document.type.isEmpty)
      }
      #expect(try documents.event(showing: Position(size.value)) == nil)
    }
    let rejection = try house.documents { documents in
      let position = try #require(try documents.decisionPositions().first)
      return try documents.event(showing: position)
    }
    #expect(rejection?.summary == "too slow")
    #expect(rejection?.label == "churn-lr@1")
    #expect(rejection?.type == "version.rejected")
  }

  @Test func `references lead to what there was as of a size`() throws {
    let house = try House()
    try house.live()
    try house.ledger.reader.withSnapshot { snapshot in
      let kinds: [ReferentKind] = [.job, .version, .deployment, .event, .subject, .schedule]
      func resolve(_ text: String, _ size: LedgerSize) throws -> Resolution {
        try Reference(text).resolve(kinds, in: SnapshotCatalog(snapshot, asOf: size))
      }
      #expect(
        try resolve("churn-lr@2", snapshot.size) == .found(.version(Scenario.version(2))))
      #expect(try resolve("churn", snapshot.size) == .found(.subject(Scenario.model)))
      #expect(try resolve("#3", snapshot.size) == .found(.event(Position(3))))
      #expect(
        try resolve("churn-lr@2", LedgerSize(8))
          == .failed(
            .notFound(
              "churn-lr@2", kinds: [.version], asOf: LedgerSize(8),
              suggestions: ["churn/churn-lr@1"])))
      let jobs = try house.documents { try $0.state().jobs.map(\.job.id) }
      for job in jobs {
        #expect(try resolve(job.string, snapshot.size) == .found(.job(job)))
      }
    }
  }
}
