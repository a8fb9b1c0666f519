// SPDX-License-Identifier: Apache-2.0

public import LedgerCodec
public import LedgerDomain

extension EventGenerator {
  /// A fact of this type.
  public mutating func fact(_ type: EventType) -> Fact {
    switch type {
    case .ledgerCreated:
      .ledgerCreated(
        LedgerCreated(id: hex(32), origin: text(), vkey: text(), format: small(), tool: text()))
    case .keyRotated:
      .keyRotated(
        KeyRotated(
          old: text(), new: text(), size: LedgerSize(number()), root: digest(),
          oldSignature: text(), newSignature: text()))
    case .ledgerRestored:
      .ledgerRestored(LedgerRestored(size: LedgerSize(number()), root: digest()))
    case .clockCorrected: .clockCorrected(ClockCorrected(from: time()))
    case .ledgerUpgraded: .ledgerUpgraded(LedgerUpgraded(tool: text(), reducers: small()))
    case .projectCreated: .projectCreated(ProjectNamed(name: name()))
    case .projectUpdated: .projectUpdated(ProjectNamed(name: name()))
    case .memberGranted: .memberGranted(granted())
    case .memberRevoked: .memberRevoked(MemberRevoked(member: member()))
    case .policySet: .policySet(PolicySet(policy(), signature: maybe { $0.signature(timed: true) }))
    case .subjectRegistered: .subjectRegistered(described())
    case .subjectUpdated: .subjectUpdated(described())
    case .jobCreated: .jobCreated(jobCreated())
    case .jobStarted: .jobStarted(runner())
    case .jobLogged: .jobLogged(logLine())
    case .jobProgressed: .jobProgressed(Progress(done: json.number(), of: json.number()))
    case .jobStopRequested: .jobStopRequested
    case .jobCompleted: .jobCompleted(ending())
    case .jobFailed: .jobFailed(ending())
    case .jobStopped: .jobStopped(ending())
    case .jobLost: .jobLost(ending())
    case .versionTrained: .versionTrained(made())
    case .versionImported: .versionImported(made())
    case .versionEvaluated:
      .versionEvaluated(
        VersionEvaluated(
          metrics: metrics(), dataDigest: digest(), reportDigest: maybe { $0.digest() },
          responsible: maybe { $0.member() }))
    case .statisticsComputed:
      .statisticsComputed(
        StatisticsComputed(
          dataDigest: digest(), rows: number(), columns: list(),
          validation: pick(StatisticsComputed.Validation.allCases)))
    case .versionApproved: .versionApproved(decided())
    case .versionRejected: .versionRejected(decided())
    case .versionDeployed:
      .versionDeployed(
        VersionDeployed(
          deployment: job(), target: name(), engine: pick(Engine.allCases),
          artifactsDigest: digest(), decision: Position(number()), replaces: maybe { $0.job() },
          signature: maybe { $0.signature(timed: true) }))
    case .deploymentRetired:
      .deploymentRetired(
        DeploymentRetired(
          deployment: job(), target: name(), artifactsDigest: digest(),
          replacedBy: maybe { $0.job() }, lastPrediction: maybe { Position($0.number()) },
          signature: maybe { $0.signature() }))
    case .predictionCompleted: .predictionCompleted(outputs())
    case .runCompleted: .runCompleted(outputs())
    case .driftMeasured: .driftMeasured(drift())
    case .alertAnswered:
      .alertAnswered(
        AlertAnswered(
          drift: Position(number()), deployment: maybe { $0.job() },
          action: pick(AlertAction.allCases)))
    case .changeAssessed: .changeAssessed(ChangeAssessed(substantial: oneIn(2)))
    case .noteAdded: .noteAdded(NoteAdded(on: text()))
    case .scheduleCreated:
      .scheduleCreated(
        ScheduleCreated(
          schedule: name(), cron: text(), zone: text(), kind: pick(JobKind.allCases),
          deployment: job(), owner: member(), policy: pick(MissedPolicy.allCases)))
    case .scheduleRemoved: .scheduleRemoved(ScheduleRemoved(schedule: name()))
    case .scheduleMissed:
      .scheduleMissed(ScheduleMissed(schedule: name(), nominalTime: time(), count: number()))
    case .commandRefused:
      .commandRefused(CommandRefused(command: word(), rule: word(), count: small()))
    case .textErased:
      .textErased(
        TextErased(
          ranges: some(4) { $0.range() }, basis: pick(ErasureBasis.allCases),
          signature: maybe { $0.signature() }))
    case .artifactErased:
      .artifactErased(
        ArtifactErased(
          digests: some(4) { $0.digest() }, basis: pick(ErasureBasis.allCases),
          signature: maybe { $0.signature() }))
    case .holdPlaced: .holdPlaced(HoldScope(scope: text()))
    case .holdReleased: .holdReleased(HoldScope(scope: text()))
    case .reportExported:
      .reportExported(ReportExported(report: word(), range: range(), digest: digest()))
    }
  }

  private mutating func granted() -> MemberGranted {
    let keys = Set(some(3) { $0.text() }).sorted { $0.precedes($1) }
    return MemberGranted(
      member: member(), roles: subset(Role.self), leastAuth: pick(Authentication.allCases),
      keyFingerprints: keys)
  }

  private mutating func policy() -> Policy {
    var pairs: Set<[Text]> = []
    for _ in 0..<json.random.below(5) { pairs.insert([text(), text()]) }
    let sorted = pairs.sorted {
      $0[0] == $1[0] ? $0[1].precedes($1[1]) : $0[0].precedes($1[0])
    }
    return Policy(
      claims: oneIn(2), fourEyes: oneIn(2), requireEvaluation: oneIn(2),
      decisionAuth: pick(Authentication.allCases), signed: subset(Policy.SignedAct.self),
      thresholds: sorted.map {
        Policy.MetricThreshold(
          scope: $0[0], metric: $0[1],
          threshold: Policy.Threshold(
            min: maybe { $0.json.number() }, max: maybe { $0.json.number() }))
      }, driftPSI: json.number(), retentionMinimumDays: small(), anchors: anchors())
  }

  private mutating func anchors() -> [Policy.Anchor] {
    guard oneIn(3) else { return [] }
    return (0...json.random.below(3)).map { number in
      let ways: [Policy.Anchor.Way] = [
        .file(text()), .command([text(), text()]),
        .timestamp(source: .url(text()), authority: text()),
        .timestamp(source: .command([text()]), authority: text()),
        .witness(url: text(), vkey: text()),
      ]
      return Policy.Anchor(
        name: Name("anchor-\(number)")!, way: pick(ways), everySeconds: oneIn(2) ? nil : small())
    }
  }

  private mutating func described() -> SubjectDescribed {
    SubjectDescribed(
      manifestDigest: maybe { $0.digest() }, modelType: maybe { $0.name() },
      owner: maybe { $0.member() }, tier: maybe { $0.name() }, reviewBy: maybe { $0.date() })
  }

  private mutating func jobCreated() -> JobCreated {
    JobCreated(
      kind: pick(JobKind.allCases), deployment: maybe { $0.job() }, target: maybe { $0.name() },
      inputs: maybe { $0.list() }, code: maybe { $0.list() },
      commit: maybe { $0.hex($0.oneIn(2) ? 40 : 64) }, dirty: maybe { $0.oneIn(2) },
      environmentDigest: maybe { $0.digest() }, trigger: pick(Trigger.allCases),
      queued: maybe { $0.oneIn(2) }, schedule: maybe { $0.name() },
      nominalTime: maybe { $0.time() }, retryOf: maybe { $0.job() })
  }

  private mutating func runner() -> RunnerIdentity {
    RunnerIdentity(
      machine: text(), pid: small(), startTicks: number(), pidNamespace: number(), boot: text(),
      tool: text())
  }

  /// What is known of some log line.
  public mutating func logLine() -> LogLine {
    LogLine(
      stream: pick(LogStream.allCases), line: ordinal(), level: pick(LogLevel.allCases),
      detector: small(), end: maybe { $0.pick(LineEnd.allCases) },
      part: maybe { max(1, $0.small()) }, of: maybe { $0.ordinal() }, isBase64: oneIn(4),
      skipped: maybe { $0.number() })
  }

  private mutating func ending() -> JobEnding {
    JobEnding(
      exit: maybe { Int32(bitPattern: $0.small()) }, signal: maybe { $0.word() },
      durationMicroseconds: maybe { $0.number() },
      lines: maybe {
        LineCounts(
          debug: $0.number(), info: $0.number(), warning: $0.number(), error: $0.number())
      }, lastSeen: maybe { $0.time() },
      effectRemaining: maybe { $0.pick(EffectRemaining.allCases) })
  }

  private mutating func made() -> VersionMade {
    VersionMade(
      artifacts: files(), format: maybe { $0.name() }, parent: maybe { $0.version() })
  }

  /// With its time, or as events of version 1 had it.
  private mutating func signature(timed: Bool = false) -> Signature {
    Signature(armored: text(), signedAt: timed || oneIn(2) ? time() : nil)
  }

  private mutating func decided() -> Decided {
    Decided(
      artifactsDigest: digest(),
      evidence: Evidence(
        evaluations: some(3) { Position($0.number()) }, dataDigests: some(3) { $0.digest() },
        metrics: metrics(), seen: LedgerSize(number()), shown: oneIn(2)),
      exceptions: subset(DecisionException.self), validUntil: maybe { $0.date() },
      signature: maybe { $0.signature() })
  }

  private mutating func outputs() -> OutputsMade {
    OutputsMade(deployment: maybe { $0.job() }, rows: maybe { $0.number() }, outputs: files())
  }

  private mutating func drift() -> DriftMeasured {
    DriftMeasured(
      deployment: job(), baseline: Position(number()),
      psi: oneIn(2) ? .inline(metrics()) : .list(list()),
      predictionDrift: maybe { $0.json.number() }, performanceDrift: maybe { $0.metrics() },
      threshold: json.number(), alert: oneIn(2))
  }
}
