// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage

extension JobRunner {
  /// Puts a version into production: at once, or as the effect of the manifest's `deploy` hook.
  ///
  /// The rules are checked when the job is created and again when the effect is recorded. Where that
  /// is refused after the hook acted, the `retire` hook runs, and the job fails. The link below
  /// `deployments/` follows the record; what it could not be made is remarked, and the next write
  /// repairs it. Errors: `JobError`; then nothing ran and nothing is deployed.
  public func deploy(_ request: DeployRequest) throws(JobError) -> JobReport {
    try wrapping {
      let version = try context.state(of: request.version)
      if let artifacts = version.made?.artifacts.digest {
        // Before anything is recorded: what is damaged or cannot be copied is not deployed.
        try links.materialise(artifacts, verifying: true)
      }
      let promotion = PromoteVersion(
        version: request.version, target: request.target, engine: request.engine,
        replaces: request.replaces, reason: request.reason, runner: context.identity)
      let hooks = request.withoutHook ? nil : try hooks(of: version)
      guard let hooks, let task = hooks.deploy else {
        return try deploy(promotion, request)
      }
      let fact = JobCreated(
        kind: .deployment, target: request.target, trigger: request.settings.trigger)
      var prepared = try prepare(
        task, of: hooks.source, fact: fact, number: request.version.number, request.settings)
      prepared.create.reason = request.reason
      prepared.create.replaces = request.replaces
      prepared.create.isSigned = request.signed != nil
      prepared.model = version
      prepared.leftovers = .release
      return followUp(
        try runHook(prepared, request.settings) { job, outcome in
          try promote(promotion, job, outcome, prepared, hooks, request)
        })
    }
  }

  /// Takes a deployment out of production: at once, or as the effect of the `retire` hook.
  ///
  /// Errors: `JobError`; then nothing ran and nothing is retired.
  public func retire(_ request: RetireRequest) throws(JobError) -> JobReport {
    try wrapping {
      let deployment = try context.state(ofDeployment: request.deployment)
      let version = try context.state(of: deployment.version)
      let retirement = RetireDeployment(
        deployment: deployment.id, reason: request.reason, runner: context.identity)
      let hooks = request.withoutHook ? nil : try hooks(of: version)
      guard let hooks, let task = hooks.retire else {
        let made = try context.submit(
          .retire(retirement), as: context.caller.actor, request: request.settings.request,
          signed: request.signed)
        return followUp(try report(of: made))
      }
      let fact = JobCreated(
        kind: .retirement, deployment: deployment.id, trigger: request.settings.trigger)
      var prepared = try prepare(
        task, of: hooks.source, fact: fact, number: version.id.number, request.settings)
      prepared.create.reason = request.reason
      prepared.model = version
      prepared.create.isSigned = request.signed != nil
      prepared.target = deployment.target
      return followUp(
        try runHook(prepared, request.settings) { job, outcome in
          var effect = retirement
          effect.job = job.id
          effect.ending = job.ending(outcome)
          var words: String?
          var report = job.conclude(
            .retire(effect), as: context.caller.actor, signed: request.signed
          ) { refusal in
            guard words == nil else { return nil }
            words = refusal.summary
            return job.refusedEffect(refusal, outcome, remaining: .hook)
          }
          report.error = words
          return report
        })
    }
  }

  /// The links of this ledger.
  var links: DeploymentLinks { DeploymentLinks(context.ledger.reader) }

  // MARK: Parts

  private func deploy(
    _ promotion: PromoteVersion, _ request: DeployRequest
  ) throws -> JobReport {
    let made = try context.submit(
      .deploy(promotion), as: context.caller.actor, request: request.settings.request,
      signed: request.signed)
    return followUp(try report(of: made))
  }

  /// What a deployment or retirement without a hook came to.
  private func report(of made: (events: [Event], isDuplicate: Bool)) throws -> JobReport {
    guard let job = made.events.first?.job else {
      throw JobError.unavailable("the ledger told of no job")
    }
    var report = try report(of: job)
    report.isDuplicate = made.isDuplicate
    return report
  }

  /// The hooks of a version's model, and what their commands share; nil where there are none.
  private struct Hooks {
    var deploy: Manifest.Task?
    var retire: Manifest.Task?
    var source: Source
  }

  private func hooks(of version: Version) throws -> Hooks? {
    guard version.kind == .model else { return nil }
    let subject = version.id.subject
    let (manifest, folder): (Manifest, String)
    do { (manifest, folder) = try context.manifest(of: subject.project) } catch {
      // Whether there is a hook cannot be known. That must not keep anything in production.
      throw JobError(error).adding("; or leave its hooks out: --no-hook")
    }
    guard let model = manifest.models[subject.name], model.deploy != nil || model.retire != nil
    else { return nil }
    return Hooks(
      deploy: model.deploy, retire: model.retire,
      source: try source(of: version.reference, in: subject.project, manifest, folder))
  }

  /// Runs a hook as a job; `effect` records what it did, once it succeeded.
  private func runHook(
    _ prepared: PreparedJob, _ settings: RunSettings,
    _ effect: (ActiveJob, ActiveJob.CommandOutcome) throws -> JobReport
  ) throws -> JobReport {
    try withJob(prepared, settings) { job in
      // How far a hook came that did not succeed, nobody here can know.
      job.remainsAfterFailure = .unknown
      do {
        try fill(job.workspace, prepared)
        let (plan, capture) = try plan(prepared, settings, job)
        let outcome = job.run(plan, capturing: capture)
        job.warn(of: prepared.inputs, outcome)
        guard outcome.succeeded else { return job.endUnsuccessful(outcome) }
        return try effect(job, outcome)
      } catch {
        return job.fail("\(error)", neverStarted: true)
      }
    }
  }

  /// Records that a version is in production; undoes what the hook did where that is refused.
  private func promote(
    _ promotion: PromoteVersion, _ job: ActiveJob, _ outcome: ActiveJob.CommandOutcome,
    _ prepared: PreparedJob, _ hooks: Hooks, _ request: DeployRequest
  ) throws -> JobReport {
    var effect = promotion
    effect.job = job.id
    effect.ending = job.ending(outcome)
    var words: String?
    var report = job.conclude(
      .deploy(effect), as: context.caller.actor, signed: request.signed
    ) { refusal in
      guard words == nil else { return nil }
      let remaining = undo(job, prepared, hooks, request.settings)
      words = refusal.summary
      return job.refusedEffect(refusal, outcome, remaining: remaining)
    }
    report.error = words
    return report
  }

  /// Runs the retire hook after a deployment that was not recorded; what remains of it.
  private func undo(
    _ job: ActiveJob, _ prepared: PreparedJob, _ hooks: Hooks, _ settings: RunSettings
  ) -> EffectRemaining {
    guard let task = hooks.retire else { return .hook }
    job.stops.rearm()
    var undoing = prepared
    undoing.arguments = task.run
    undoing.parameters = task.parameters
    undoing.leftovers = .end
    do {
      undoing.inputs = try Inputs.digest(task.inputs, projectFolder: prepared.folder)
      try fill(job.workspace, undoing)
      let (plan, capture) = try plan(undoing, settings, job)
      return job.run(plan, capturing: capture, obeysLedger: false).succeeded ? .undone : .hook
    } catch {
      context.observer.remark("the retire hook could not be run: \(error)")
      return .hook
    }
  }

  /// Brings the links up to date after a record, and tells where that failed.
  private func followUp(_ report: JobReport) -> JobReport {
    do throws(JobError) {
      try links.repair()
      links.prune()
    } catch {
      context.observer.remark("\(error)")
    }
    return report
  }
}

extension ActiveJob {
  /// The end of a job whose hook acted and whose effect is refused.
  fileprivate func refusedEffect(
    _ refusal: Refusal, _ outcome: CommandOutcome, remaining: EffectRemaining
  ) -> Intent {
    var ending = ending(outcome)
    ending.effectRemaining = remaining
    return .endJob(
      EndJob(
        job: id, status: .failed, ending: ending,
        error: ActiveJob.words("its effect is refused: \(refusal.summary)")))
  }
}
