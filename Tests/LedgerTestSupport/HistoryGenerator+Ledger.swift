// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

extension HistoryGenerator {
  /// A project comes or is described anew.
  mutating func changeProject() {
    let name = self.name("churn", "fraud", "p.q-1", "X")
    let text = words(.path, .description)
    attempt(
      somebody(.admin).asks(
        projects.contains(name) ? .updateProject(name, text: text) : .addProject(name, text: text)))
  }

  /// A subject is told of.
  mutating func describe() {
    let known = recent(subjects)
    let subject =
      known ?? SubjectID(project: .churn, name: name("lr", "told-of-first"))
    var views = recorder.views
    attempt(
      somebody(.operator).asks(
        .describeSubject(
          DescribeSubject(
            subject: subject, kind: views.subject(subject)?.kind ?? .model,
            described: SubjectDescribed(
              manifestDigest: .test(1), modelType: random.oneIn(2) ? Name(unchecked: "gbm") : nil,
              owner: Actor.olga.id, tier: name("high", "low"),
              reviewBy: random.oneIn(2) ? day() : nil),
            text: words(.description, .rationale)))))
  }

  /// A remark on anything.
  mutating func note() {
    var request = AddNote(on: "#0", note: reason())
    if random.oneIn(2), let job = recent(openJobs + endedJobs) {
      request.job = job
      request.on = Text(job.string)
    } else if let version = recent(versions) {
      var views = recorder.views
      request.project = version.subject.project
      request.subject = views.subject(version.subject)?.reference
      if random.oneIn(2) { request.number = version.number }
      request.on = Text(version.description)
    }
    attempt(anyone().asks(.note(request)))
  }

  /// Roles are granted or taken; who lost theirs gets them back some day.
  mutating func changeMember() {
    let person = people[1 + random.below(people.count - 1)]
    let id = person.actor.person
    if random.oneIn(3) {
      attempt(somebody(.admin).asks(.revoke(id, reason: reason())))
      return
    }
    let roles = person.roles.isEmpty ? [.viewer] : person.roles
    attempt(
      somebody(.admin).asks(
        .grant(
          GrantRoles(
            member: id, project: random.oneIn(2) ? recent(projects) : nil, roles: roles,
            leastAuth: random.oneIn(6) ? .token : person.auth,
            keyFingerprints: random.oneIn(3)
              ? [Text("SHA256:" + String(repeating: random.pick(["k", "m"]), count: 43))] : [],
            text: words(.displayName, .reason)))))
  }

  /// The policy changes.
  mutating func changePolicy() {
    var policy = Policy.default
    policy.claims = random.oneIn(2)
    policy.fourEyes = !random.oneIn(3)
    policy.requireEvaluation = !random.oneIn(3)
    if random.oneIn(3) {
      policy.thresholds = [
        Policy.MetricThreshold(scope: "lr", metric: "auc", threshold: .init(min: 0.7)),
        Policy.MetricThreshold(
          scope: "churn", metric: "accuracy", threshold: .init(min: 0.6, max: 1)),
      ]
    }
    if random.oneIn(9) { policy.signed = [.rejected] }
    policy.driftPSI = 0.1 + unit()
    policy.retentionMinimumDays = UInt32(random.below(400))
    attempt(somebody(.admin).asks(.setPolicy(policy, reason: reason())))
  }

  /// Somebody says whether a change is substantial.
  mutating func assess() {
    guard let version = recent(versions) else { return }
    attempt(
      somebody(.operator).asks(
        .assessChange(
          VersionOrSubject(
            subject: version.subject, number: random.oneIn(2) ? version.number : nil),
          substantial: random.oneIn(2), reason: reason())))
  }

  /// Schedules, and facts whose commands come with later kinds of work: drift, erasure, keys.
  mutating func later() {
    var views = recorder.views
    switch random.below(5) {
    case 0:
      guard let id = recent(deployments), let state = views.deployment(id) else { return }
      if let alert = state.openAlert, random.oneIn(2) {
        return attempt(
          somebody(.approver).asks(
            .answerAlert(
              AnswerAlert(
                deployment: id, drift: alert.position,
                action: random.pick(AlertAction.allCases), reason: reason()))))
      }
      let psi = [Metric(name: "tenure", value: unit())]
      record([
        draft(
          state.version, state.reference,
          .driftMeasured(
            DriftMeasured(
              deployment: id, baseline: state.since.position, psi: .inline(psi),
              predictionDrift: unit(), threshold: 0.2, alert: random.oneIn(3))))
      ])
    case 1:
      guard let version = recent(versions), let state = views.version(version) else { return }
      let range = PositionRange(from: state.created.position, to: state.created.position)
      var erasure = draft(
        version, state.reference, .textErased(TextErased(ranges: [range], basis: .secret)))
      // Now and then of the whole subject, without a further draw that would change every history.
      if range.from.value % 3 == 0 { erasure.number = nil }
      record([erasure])
    case 2:
      guard let id = recent(deployments) else { return }
      attempt(
        somebody(.operator).asks(
          .addSchedule(
            AddSchedule(
              name: name("nightly", "weekly", "often"), deployment: id,
              cron: random.pick(["0 3 * * *", "*/5 * * * *", "0 0 31 2 *"]),
              zone: "Europe/Berlin", policy: random.pick(MissedPolicy.allCases)))))
    case 3:
      guard let schedule = any(schedules) else { return }
      let id = ScheduleID(project: schedule.project, name: schedule.name)
      if random.oneIn(3) {
        attempt(somebody(.operator).asks(.removeSchedule(id, reason: reason())))
      } else {
        attempt(
          Actor.system(for: .olga).asks(
            .missTicks(
              MissTicks(
                schedule: id,
                after: views.schedule(project: id.project, name: id.name)?.lastTick,
                nominalTime: recorder.clock.now, count: UInt64(random.below(5))))))
      }
    default:
      guard let ledger = views.ledger(), let old = ledger.keys.last?.vkey else { return }
      record([
        Draft(
          actor: .alice,
          fact: .keyRotated(
            KeyRotated(
              old: old, new: Text("example.org/ledger+\(recorder.size.value)+AQ=="),
              size: recorder.size, root: digest(), oldSignature: "c2ln", newSignature: "c2ln")))
      ])
    }
  }

  private func draft(_ version: VersionID, _ reference: SubjectReference, _ fact: Fact) -> Draft {
    Draft(
      actor: .alice, project: version.subject.project, subject: reference,
      number: version.number, fact: fact)
  }
}
