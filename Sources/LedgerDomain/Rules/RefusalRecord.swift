// SPDX-License-Identifier: Apache-2.0

extension Refusal {
  /// Whether `command.refused` is recorded for it: a rule, role or policy forbade (rule 9).
  public var isRecorded: Bool { self.class == .rule }
}

extension Command {
  /// The event that records a refusal, naming what the command was about as far as that exists.
  ///
  /// `count` says how many equal refusals it stands for (rule 9: equal ones within a minute).
  public func refused(
    for refusal: Refusal, count: UInt32 = 1, given views: inout some ViewSource
  ) -> Draft {
    var draft = Draft(
      actor: actor,
      fact: .commandRefused(
        CommandRefused(command: intent.word, rule: refusal.word, count: count)))
    switch intent {
    case .addProject(let name, _), .updateProject(let name, _):
      if views.project(name) != nil { draft.project = name }
    case .describeSubject(let request): draft.name(request.subject, nil, given: &views)
    case .grant(let request):
      if let project = request.project, views.project(project) != nil { draft.project = project }
    case .revoke, .setPolicy, .correctClock, .rotateKey, .recordExport: break
    case .hold(let target, _, _):
      switch target {
      case .ledger: break
      case .project(let name): if views.project(name) != nil { draft.project = name }
      case .subject(let id): draft.name(id, nil, given: &views)
      case .version(let id): draft.name(id.subject, id.number, given: &views)
      case .job(let id): draft.name(job: id, given: &views)
      }
    case .erase(let request):
      // What several subjects have in common is their project at most.
      guard let item = request.items.first else { break }
      if request.items.allSatisfy({ $0.project == item.project }), let project = item.project,
        views.project(project) != nil
      {
        draft.project = project
      }
      guard request.items.count == 1 else { break }
      if let job = item.job {
        draft.name(job: job, given: &views)
      } else if let project = item.project, let subject = item.subject {
        draft.name(SubjectID(project: project, name: subject.name), item.number, given: &views)
      }
    case .addSchedule(let request): draft.name(request.deployment, given: &views)
    case .removeSchedule(let id, _): draft.name(id, given: &views)
    case .missTicks(let request): draft.name(request.schedule, given: &views)
    case .createJob(let request):
      if let deployment = request.fact.deployment, request.subject == nil {
        draft.name(deployment, given: &views)
      } else if let project = request.project, let subject = request.subject {
        draft.name(
          SubjectID(project: project, name: subject.name), request.number, given: &views)
      } else if let project = request.project, views.project(project) != nil {
        draft.project = project
      }
    case .startJob(let job, _), .reportProgress(let job, _, _), .requestStop(let job, _):
      draft.name(job: job, given: &views)
    case .endJob(let request): draft.name(job: request.job, given: &views)
    case .decide(let request):
      draft.name(request.version.subject, request.version.number, given: &views)
    case .deploy(let request):
      draft.name(request.version.subject, request.version.number, given: &views)
    case .retire(let request): draft.name(request.deployment, given: &views)
    case .assessChange(let target, _, _):
      draft.name(target.subject, target.number, given: &views)
    case .answerAlert(let request): draft.name(request.deployment, given: &views)
    case .note(let request):
      if let job = request.job {
        draft.name(job: job, given: &views)
      } else if let project = request.project, let subject = request.subject {
        draft.name(
          SubjectID(project: project, name: subject.name), request.number, given: &views)
      }
    }
    return draft
  }
}

extension Draft {
  fileprivate mutating func name(
    _ id: SubjectID, _ number: VersionNumber?, given views: inout some ViewSource
  ) {
    if views.project(id.project) != nil { project = id.project }
    guard let subject = views.subject(id) else { return }
    self.subject = subject.reference
    if let number, views.version(VersionID(subject: id, number: number)) != nil {
      self.number = number
    }
  }

  fileprivate mutating func name(job id: JobID, given views: inout some ViewSource) {
    guard let job = views.job(id) else { return }
    (self.job, project, subject, number) = (id, job.project, job.subject, job.number)
  }

  fileprivate mutating func name(_ id: ScheduleID, given views: inout some ViewSource) {
    if views.project(id.project) != nil { project = id.project }
    guard let schedule = views.schedule(project: id.project, name: id.name) else { return }
    name(schedule.fact.deployment, given: &views)
  }

  fileprivate mutating func name(_ id: DeploymentID, given views: inout some ViewSource) {
    guard let deployment = views.deployment(id) else { return }
    name(deployment.version.subject, deployment.version.number, given: &views)
  }
}
