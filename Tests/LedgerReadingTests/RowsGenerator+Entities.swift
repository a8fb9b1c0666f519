// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerTestSupport

extension RowsGenerator {
  mutating func entity(_ kind: EntityKind) -> Entity {
    switch kind {
    case .ledger: .ledger(ledger())
    case .policy: .policy(policy())
    case .holds: .holds(HoldState(holds: some { $0.hold() }))
    case .project: .project(Project(name: name(), created: mark(), described: mark()))
    case .subject: .subject(subject())
    case .version: .version(version())
    case .job: .job(jobState())
    case .deployment: .deployment(deployment())
    case .slot:
      .slot(
        Slot(
          subject: subjectID(), target: name(), occupant: maybe { $0.job() },
          reservedBy: maybe { $0.job() }))
    case .member: .member(member())
    case .schedule: .schedule(schedule())
    }
  }

  private mutating func hold() -> Hold {
    let target: HoldTarget =
      switch random.below(5) {
      case 0: .ledger
      case 1: .project(name())
      case 2: .subject(subjectID())
      case 3: .version(versionID())
      default: .job(job())
      }
    return Hold(target: target, placed: some { $0.mark() })
  }

  private mutating func ledger() -> LedgerState {
    LedgerState(
      id: String(random.next(), radix: 16), origin: text(),
      keys: some {
        LedgerState.Epoch(vkey: $0.text(), until: $0.maybe { LedgerSize($0.number()) })
      },
      created: mark())
  }

  private mutating func policy() -> PolicyState {
    let thresholds = some {
      Policy.MetricThreshold(
        scope: $0.text(), metric: $0.text(),
        threshold: Policy.Threshold(
          min: $0.maybe { $0.finite() }, max: $0.maybe { $0.finite() }))
    }
    let policy = Policy(
      claims: random.oneIn(2), fourEyes: random.oneIn(2), requireEvaluation: random.oneIn(2),
      decisionAuth: one(of: Authentication.self),
      signed: some { $0.one(of: Policy.SignedAct.self) },
      thresholds: thresholds, driftPSI: finite(), retentionMinimumDays: number32(),
      anchors: some {
        Policy.Anchor(
          name: $0.name(), way: .timestamp(source: .url($0.text()), authority: $0.text()),
          everySeconds: $0.number32())
      })
    return PolicyState(policy: policy, set: maybe { $0.mark() })
  }

  private mutating func subject() -> Subject {
    Subject(
      id: subjectID(), kind: one(of: SubjectKind.self), latestNumber: number32(),
      described: SubjectDescribed(
        manifestDigest: maybe { $0.digest() }, modelType: maybe { $0.name() },
        owner: maybe { $0.actorID() }, tier: maybe { $0.name() },
        reviewBy: maybe { $0.date() }),
      registered: mark(), changed: mark())
  }

  private mutating func version() -> Version {
    let made = maybe {
      VersionMade(
        artifacts: $0.files(), format: $0.maybe { $0.name() },
        parent: $0.maybe { $0.versionNumber() })
    }
    let evaluations = some {
      Version.Evaluation(
        mark: $0.mark(), job: $0.maybe { $0.job() }, dataDigest: $0.maybe { $0.digest() })
    }
    let decision = maybe {
      Version.Decision(
        mark: $0.mark(), verdict: $0.one(of: Verdict.self), artifactsDigest: $0.digest(),
        validUntil: $0.maybe { $0.date() }, metrics: $0.some { $0.metric() })
    }
    return Version(
      id: versionID(), kind: one(of: SubjectKind.self), job: job(), maker: actor(),
      created: mark(), making: one(of: Version.Making.self), made: made,
      evaluations: evaluations, metrics: some { $0.metric() },
      statistics: maybe { $0.mark() }, decision: decision,
      deployments: some { $0.job() }, activeDeployments: number32(),
      retired: maybe { $0.mark() }, evidenceChanged: position())
  }

  private mutating func jobState() -> Job {
    let request = JobCreated(
      kind: one(of: JobKind.self), deployment: maybe { $0.job() }, target: maybe { $0.name() },
      inputs: maybe { $0.list() }, code: maybe { $0.list() },
      commit: maybe { String($0.random.next(), radix: 16) },
      dirty: maybe { $0.random.oneIn(2) }, environmentDigest: maybe { $0.digest() },
      trigger: one(of: Trigger.self), queued: maybe { $0.random.oneIn(2) },
      schedule: maybe { $0.name() }, nominalTime: maybe { $0.time() },
      retryOf: maybe { $0.job() })
    let runner = maybe {
      RunnerIdentity(
        machine: $0.text(), pid: $0.number32(), startTicks: $0.number(),
        pidNamespace: $0.number(), boot: $0.text(), tool: $0.text())
    }
    let ending = maybe {
      JobEnding(
        exit: $0.maybe { Int32(bitPattern: $0.number32()) }, signal: $0.maybe { _ in "SIGKILL" },
        durationMicroseconds: $0.maybe { $0.number() }, lines: $0.maybe { $0.lines() },
        lastSeen: $0.maybe { $0.time() },
        effectRemaining: $0.maybe { $0.one(of: EffectRemaining.self) })
    }
    return Job(
      id: job(), project: maybe { $0.name() },
      subject: maybe { SubjectReference(kind: $0.one(of: SubjectKind.self), name: $0.name()) },
      number: maybe { $0.versionNumber() }, request: request, createdBy: actor(),
      status: one(of: JobStatus.self), created: mark(), started: maybe { $0.mark() },
      ended: maybe { $0.mark() }, stopRequested: maybe { $0.mark() }, runner: runner,
      ending: ending)
  }

  private mutating func deployment() -> Deployment {
    let id = job()
    let fact = VersionDeployed(
      deployment: random.oneIn(2) ? id : job(), target: name(), engine: one(of: Engine.self),
      artifactsDigest: digest(), decision: position(), replaces: maybe { $0.job() })
    return Deployment(
      id: id, version: versionID(), kind: one(of: SubjectKind.self), fact: fact,
      metrics: some { $0.metric() }, baseline: maybe { $0.mark() }, since: mark(),
      deployedBy: actor(), until: maybe { $0.mark() },
      retiredBy: maybe { $0.actor() },
      replacedBy: maybe { $0.job() }, lastPrediction: maybe { $0.mark() },
      lastDrift: maybe { $0.mark() }, lastPerformance: maybe { $0.mark() },
      lastAlert: maybe { $0.mark() },
      lastAnswer: maybe {
        Deployment.Answer(
          mark: $0.mark(), drift: $0.position(), action: $0.one(of: AlertAction.self))
      })
  }

  private mutating func member() -> Member {
    let grants = some {
      Member.Grant(
        project: $0.maybe { $0.name() }, roles: $0.some { $0.one(of: Role.self) },
        leastAuth: $0.one(of: Authentication.self), keyFingerprints: $0.some { $0.text() })
    }
    return Member(
      id: actorID(), grants: grants, since: mark(), changed: mark(), formerKeys: some { $0.text() })
  }

  private mutating func schedule() -> Schedule {
    let own = name()
    let fact = ScheduleCreated(
      schedule: random.oneIn(2) ? own : name(), cron: text(), zone: text(),
      kind: one(of: JobKind.self), deployment: job(), owner: actorID(),
      policy: one(of: MissedPolicy.self))
    return Schedule(
      project: name(), name: own, fact: fact, created: mark(), removed: maybe { $0.mark() },
      lastTick: maybe { $0.time() })
  }
}
