// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

extension HistoryGenerator {
  /// Somebody decides about a version.
  mutating func decide() {
    guard let version = recent(versions) else { return }
    // Claimed names are rare among the people, and have rules of their own.
    let actor = random.oneIn(8) ? Actor.claimed("dave", by: .alice) : somebody(.approver)
    let verdict: Verdict = random.oneIn(3) ? .rejected : .approved
    var request = DecideVersion(
      version: version, verdict: verdict, reason: reason(), shown: !random.oneIn(4),
      overridesThresholds: random.oneIn(4), text: words(.conditions, .meaning),
      runner: runner())
    if random.oneIn(3) {
      let size = recorder.size.value
      request.seen = LedgerSize(size - min(size, UInt64(random.below(12))))
    }
    if verdict == .approved, random.oneIn(3) { request.validUntil = day() }
    var command = actor.asks(.decide(request), occurred: occurred())
    if actor.authentication == .ssh {
      command.signature = Signature(armored: "SSHSIG", signedAt: recorder.clock.now)
    }
    attempt(command)
  }

  /// Somebody deploys a version, at once or by a hook's job.
  mutating func deploy() {
    var views = recorder.views
    let approved = versions.filter { views.version($0)?.decision?.verdict == .approved }
    guard let version = recent(approved.isEmpty || random.oneIn(5) ? versions : approved) else {
      return
    }
    let target = name("production", "production", "shadow")
    let replaces = random.oneIn(2)
    let reason: Text? = replaces ? self.reason() : nil
    if random.oneIn(3), let subject = views.subject(version.subject)?.reference {
      let queued = random.oneIn(3)
      attempt(
        somebody(.operator).asks(
          .createJob(
            CreateJob(
              project: version.subject.project, subject: subject, number: version.number,
              fact: JobCreated(kind: .deployment, target: target, queued: queued ? true : nil),
              runner: queued ? nil : runner(), reason: reason, replaces: replaces,
              text: jobText()))))
      return
    }
    attempt(
      somebody(.operator).asks(
        .deploy(
          PromoteVersion(
            version: version, target: target,
            engine: random.pick(Engine.allCases), replaces: replaces, reason: reason,
            runner: runner())), occurred: occurred()))
  }

  /// Somebody retires a deployment, at once or by a hook's job.
  mutating func retire() {
    guard let deployment = recent(deployments) else { return }
    if random.oneIn(3) {
      attempt(
        somebody(.operator).asks(
          .createJob(
            CreateJob(
              fact: JobCreated(kind: .retirement, deployment: deployment), runner: runner(),
              reason: reason(), text: jobText()))))
      return
    }
    attempt(
      somebody(.operator).asks(
        .retire(RetireDeployment(deployment: deployment, reason: reason(), runner: runner()))))
  }

  /// A hook has acted: its effect is recorded, unless the rules have come to forbid it.
  mutating func effect(of job: Job) {
    let actor = Actor.system(for: job.createdBy)
    let ending = JobEnding(exit: 0, durationMicroseconds: UInt64(random.below(1 << 30)))
    if job.kind == .deployment, let version = job.versionID, let target = job.request.target {
      attempt(
        actor.asks(
          .deploy(
            PromoteVersion(
              version: version, target: target, replaces: random.oneIn(2), reason: reason(),
              job: job.id, ending: ending, runner: runner()))))
    } else if let deployment = job.request.deployment {
      attempt(
        actor.asks(
          .retire(
            RetireDeployment(
              deployment: deployment, reason: reason(), job: job.id, ending: ending,
              runner: runner()))))
    }
    guard openJobs.contains(job.id) else { return }
    attempt(
      actor.asks(
        .endJob(
          EndJob(
            job: job.id, status: .failed,
            ending: JobEnding(exit: 0, effectRemaining: random.pick([.undone, .hook])),
            error: "the effect was refused"))))
  }
}
