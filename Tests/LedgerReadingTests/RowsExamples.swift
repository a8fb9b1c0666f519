// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerTestSupport

/// An entity with the bytes of its row and of its key without position, in hex.
struct RowsExample: Sendable {
  var entity: Entity
  var key: String
  var row: String
}

/// One entity of each kind, most of their fields set.
enum RowsExamples {
  static let project = Name(unchecked: "churn")
  static let model = SubjectID(project: project, name: Name(unchecked: "churn-lr"))
  static let version = VersionID(subject: model, number: VersionNumber(3))
  static let training = JobID(kind: .training, bits: 0x1234_5678)
  static let deployment = JobID(kind: .deployment, bits: 0x2345_6789)
  static let digest = Digest(
    words: (
      0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f, 0x1011_1213_1415_1617, 0x1819_1a1b_1c1d_1e1f
    ))
  static let alice = Actor(
    id: ActorID(Name(unchecked: "alice")), authentication: .os, host: "gpu7",
    os: OSUser(login: "alice", uid: 1000))
  static let service = Actor(
    id: ActorID(Name(unchecked: "bob")), authentication: .token,
    actsFor: ActorID(Name(unchecked: "carol")),
    via: ServiceVia(host: "web1", os: OSUser(login: "ledger", uid: 999)))

  static func mark(_ position: UInt64) -> Mark {
    Mark(
      position: Position(position),
      time: Timestamp(microseconds: 1_795_248_000_123_456 + Int64(position)))
  }

  static let logRun = LogRun(
    job: training, first: Position(100), last: Position(299), firstLine: 42,
    soFar: LogCounts(
      lines: LineCounts(debug: 0, info: 3, warning: 308, error: 9),
      records: LineCounts(debug: 0, info: 3, warning: 307, error: 2)))

  static let all: [RowsExample] = [
    RowsExample(
      entity: .ledger(
        LedgerState(
          id: "00112233445566778899aabbccddeeff", origin: "example.com/ledger",
          keys: [
            LedgerState.Epoch(vkey: "k1", until: LedgerSize(300)),
            LedgerState.Epoch(vkey: "k2", until: nil),
          ], created: mark(0))),
      key: "01",
      row:
        "0120303031313232333334343535363637373838393961616262636364646565666612657861"
        + "6d706c652e636f6d2f6c65646765720201026b31ac0200026b32008089a6f597b1b006"),
    RowsExample(
      entity: .policy(
        PolicyState(
          policy: Policy(
            claims: false, fourEyes: true, requireEvaluation: true, decisionAuth: .os,
            signed: [.approved, .erased],
            thresholds: [
              Policy.MetricThreshold(
                scope: "churn-lr", metric: "accuracy", threshold: Policy.Threshold(min: 0.9))
            ], driftPSI: 0.2, retentionMinimumDays: 180), set: mark(7))),
      key: "02",
      row:
        "010e02020105010108636875726e2d6c720861636375726163793feccccccccccccd3fc99999"
        + "9999999ab401078e89a6f597b1b006"),
    RowsExample(
      entity: .project(Project(name: project, created: mark(1), described: mark(300))),
      key: "03636875726e00",
      row: "01018289a6f597b1b006ac02d88da6f597b1b006"),
    RowsExample(
      entity: .subject(
        Subject(
          id: model, kind: .model, latestNumber: 3,
          described: SubjectDescribed(
            manifestDigest: digest, modelType: Name(unchecked: "logistic-regression"),
            owner: alice.id, tier: Name(unchecked: "high"),
            reviewBy: CalendarDate(daysSinceEpoch: 20_999)),
          registered: mark(2), changed: mark(9))),
      key: "04636875726e00636875726e2d6c7200",
      row:
        "011f0103000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f136c"
        + "6f6769737469632d72656772657373696f6e05616c69636504686967688ec802028489a6f597"
        + "b1b006099289a6f597b1b006"),
    RowsExample(
      entity: .version(
        Version(
          id: version, kind: .model, job: training, maker: alice, created: mark(41),
          making: .built,
          made: VersionMade(
            artifacts: FilesDigest(count: 2, bytes: 4096, digest: digest),
            format: Name(unchecked: "pmml"), parent: VersionNumber(2)),
          evaluations: [
            Version.Evaluation(
              mark: mark(60), job: JobID(kind: .evaluation, bits: 5), dataDigest: digest)
          ],
          metrics: [
            Metric(name: "accuracy", value: 0.9375), Metric(name: "auc", value: .nan),
          ],
          statistics: mark(65),
          decision: Version.Decision(
            mark: mark(70), verdict: .approved, artifactsDigest: digest,
            validUntil: CalendarDate(daysSinceEpoch: 21_000),
            metrics: [Metric(name: "auc", value: 0.5)]),
          deployments: [deployment], activeDeployments: 1, retired: mark(80),
          evidenceChanged: Position(75))),
      key: "05636875726e00636875726e2d6c720000000003",
      row:
        "017f01020c747261696e2d726b6e3833390b0205616c6963650467707537e80729d289a6f597"
        + "b1b006028020000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        + "04706d6d6c0201033cf889a6f597b1b0060b6576616c2d353030303030000102030405060708"
        + "090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f020861636375726163793fee000000"
        + "000000036175637ff800000000000041828aa6f597b1b006468c8aa6f597b1b0060100010203"
        + "0405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f90c80201036175633fe0"
        + "000000000000010d6465706c6f792d397773616d680150a08aa6f597b1b0064b"),
    RowsExample(
      entity: .job(
        Job(
          id: training, project: project,
          subject: SubjectReference(kind: .model, name: model.name), number: VersionNumber(3),
          request: JobCreated(
            kind: .training, target: Name(unchecked: "production"),
            inputs: ListDigest(count: 1, digest: digest),
            commit: "0123456789abcdef0123456789abcdef01234567", dirty: false, trigger: .runNow,
            queued: true, nominalTime: mark(3).time),
          createdBy: alice, status: .failed, created: mark(41), started: mark(42),
          ended: mark(59), stopRequested: mark(58),
          runner: RunnerIdentity(
            machine: "0f1e2d3c", pid: 4321, startTicks: 987_654, pidNamespace: 4_026_531_836,
            boot: "b00t", tool: "jobledger 0.1.0"),
          ending: JobEnding(
            exit: -1, signal: "SIGTERM", durationMicroseconds: 1_500_000,
            effectRemaining: .descendants))),
      key: "06747261696e2d726b6e38333900",
      row:
        "01ff010405636875726e0108636875726e2d6c7203b61601030a70726f64756374696f6e0100"
        + "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f28303132333435"
        + "363738396162636465663031323334353637383961626364656630313233343536378689a6f5"
        + "97b1b0060b0205616c6963650467707537e80729d289a6f597b1b0062ad489a6f597b1b0063b"
        + "f689a6f597b1b0063af489a6f597b1b006083066316532643363e12186a43cfcffffff0e0462"
        + "3030740f6a6f626c656467657220302e312e302701075349475445524de0c65b02"),
    RowsExample(
      entity: .deployment(
        Deployment(
          id: deployment, version: version, kind: .model,
          fact: VersionDeployed(
            deployment: deployment, target: Name(unchecked: "production"), engine: .batch,
            artifactsDigest: digest, decision: Position(70),
            replaces: JobID(kind: .deployment, bits: 1)),
          metrics: [Metric(name: "auc", value: 0.5)], baseline: mark(65), since: mark(75),
          deployedBy: alice,
          until: mark(80), retiredBy: service,
          replacedBy: JobID(kind: .deployment, bits: 2), lastPrediction: mark(77),
          lastDrift: mark(78), lastPerformance: mark(76), lastAlert: mark(78),
          lastAnswer: Deployment.Answer(
            mark: mark(79), drift: Position(78), action: .retrain))),
      key: "076465706c6f792d397773616d6800",
      row:
        "01fe0f05636875726e08636875726e2d6c7203010a70726f64756374696f6e01000102030405"
        + "060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f460d6465706c6f792d313030"
        + "30303001036175633fe000000000000041828aa6f597b1b0064b968aa6f597b1b0060b020561"
        + "6c6963650467707537e80750a08aa6f597b1b006700303626f62056361726f6c0477656231e7"
        + "07066c65646765720d6465706c6f792d3230303030304d9a8aa6f597b1b0064e9c8aa6f597b1"
        + "b0064c988aa6f597b1b0064e9c8aa6f597b1b0064f9e8aa6f597b1b0064e01"),
    RowsExample(
      entity: .slot(
        Slot(
          subject: model, target: Name(unchecked: "production"), occupant: deployment,
          reservedBy: JobID(kind: .deployment, bits: 2))),
      key: "08636875726e00636875726e2d6c720070726f64756374696f6e00",
      row: "01030d6465706c6f792d397773616d680d6465706c6f792d323030303030"),
    RowsExample(
      entity: .member(
        Member(
          id: alice.id,
          grants: [
            Member.Grant(
              project: nil, roles: [.admin, .operator], leastAuth: .os, keyFingerprints: []),
            Member.Grant(
              project: project, roles: [.approver], leastAuth: .ssh,
              keyFingerprints: ["SHA256:abc"]),
          ], since: mark(0), changed: mark(12), formerKeys: ["SHA256:old"])),
      key: "09616c69636500",
      row:
        "01020002050202000105636875726e010304010a5348413235363a616263008089a6f597b1b0"
        + "060c9889a6f597b1b006010a5348413235363a6f6c64"),
    RowsExample(
      entity: .schedule(
        Schedule(
          project: project, name: Name(unchecked: "nightly"),
          fact: ScheduleCreated(
            schedule: Name(unchecked: "nightly"), cron: "0 3 * * *", zone: "Europe/Berlin",
            kind: .prediction, deployment: deployment, owner: alice.id, policy: .once),
          created: mark(90), removed: mark(99), lastTick: mark(95).time)),
      key: "0a636875726e006e696768746c7900",
      row:
        "010609302033202a202a202a0d4575726f70652f4265726c696e080d6465706c6f792d397773"
        + "616d6805616c696365025ab48aa6f597b1b00663c68aa6f597b1b006be8aa6f597b1b006"),
    RowsExample(
      entity: .holds(
        HoldState(holds: [
          Hold(target: .ledger, placed: [mark(7)]),
          Hold(target: .version(version), placed: [mark(40), mark(41)]),
        ])),
      key: "0b",
      row: "01020001078e89a6f597b1b006" + "0305636875726e08636875726e2d6c720302"
        + "28d089a6f597b1b00629d289a6f597b1b006"),
  ]
}
