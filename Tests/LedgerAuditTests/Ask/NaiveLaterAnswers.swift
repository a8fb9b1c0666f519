// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerStorage
import LedgerTestSupport

/// The second half of the questions, from all events: for each line, a search through all of them.
struct NaiveLaterAnswers {
  /// Every event before the size.
  let all: [Event]
  let texts: [EventText]
  let scope: TrailScope
  let since: UInt64
  let model: NaiveModel

  init(_ all: ArraySlice<Event>, texts: [EventText], scope: TrailScope, since: Int) {
    self.all = Array(all)
    self.texts = texts
    self.scope = scope
    self.since = UInt64(since)
    model = NaiveModel(all, texts: texts[..<all.count])
  }

  /// What of an answer is compared; rows are sorted.
  static let columns: [(Question, [AnswerColumn])] = [
    (.failures, [.job, .status, .attempt]),
    (.batchRuns, [.job, .trigger, .schedule, .owner, .status]),
    (.monitoring, [.deployment, .threshold, .alert, .answer, .delay]),
    (.substantialChanges, [.version, .substantial, .actor, .decision]),
    (.retirements, [.version, .actor, .replacedBy, .lastPrediction]),
    (.inventory, [.version, .status, .neverDeployed]),
    (.erasures, [.what, .basis]), (.access, []), (.signatures, [.verified]),
  ]

  static func lines(of answer: Answer, _ columns: [AnswerColumn]) -> Set<String> {
    if answer.notAnswerable != nil { return ["not answerable"] }
    var lines: Set<String> = []
    for row in answer.rows.indices {
      // Cron has tests of its own; the retention in force is told whatever happened.
      if answer.question == .batchRuns, answer.column(.status)[row] == "overdue" { continue }
      if answer.question == .erasures, answer.column(.what)[row] == "retention" { continue }
      let values = columns.map { answer.column($0)[row] }.joined(separator: " ")
      lines.insert(values + " " + Answer.words(answer.rows[row].positions))
    }
    return lines.union(answer.told.filter { !$0.hasPrefix("tick-overdue") })
  }

  func lines(_ question: Question) -> Set<String> {
    switch question {
    case .failures: failures
    case .batchRuns: batchRuns
    case .monitoring: monitoring
    case .substantialChanges: substantialChanges
    case .retirements: retirements
    case .inventory: inventory
    case .erasures: erasures
    case .access: access
    case .signatures: signatures
    default: []
    }
  }

  // MARK: What is in scope

  private func isIn(_ event: Event, _ scope: TrailScope) -> Bool {
    switch scope {
    case .project(let name): event.project == name
    case .subject(let id): event.subjectID == id
    case .version(let id): event.versionID == id
    default: true
    }
  }
  private var visible: [Event] { all.filter { isIn($0, scope) } }
  /// Of a version, what is about its subject.
  private var around: [Event] {
    if case .version(let id) = scope { return all.filter { isIn($0, .subject(id.subject)) } }
    return visible
  }
  private func isInWindow(_ event: Event) -> Bool { event.position.value >= since }

  private func label(_ version: VersionID?) -> String {
    guard let version else { return "-" }
    let owners = Set(all.compactMap(\.subjectID).filter { $0.name == version.subject.name })
    return (owners.count > 1 ? version.subject.description : version.subject.name.string)
      + "@\(version.number.value)"
  }
  private func places(_ events: Event?...) -> String { places(events.compactMap { $0 }) }
  private func places(_ events: [Event]) -> String {
    Answer.words(Set(events.map(\.position)).sorted())
  }
  private func policy(before event: Event) -> Policy {
    for other in all.reversed() where other.position < event.position {
      if case .policySet(let fact) = other.fact { return fact.policy }
    }
    return .default
  }
  private func hasReason(_ event: Event) -> Bool {
    event.text != nil
      && (texts[Int(event.position.value)].isEmpty
        || texts[Int(event.position.value)].string(.reason) != nil)
  }
  private func answerable(_ isFed: Bool, _ lines: Set<String>) -> Set<String> {
    isFed && !lines.isEmpty ? lines : ["not answerable"]
  }

  // MARK: The lines

  private var failures: Set<String> {
    var lines: Set<String> = []
    for created in visible {
      guard case .jobCreated(let fact) = created.fact, let job = model.jobs[created.job!] else {
        continue
      }
      let own = [job.created, job.stopRequested, job.ended].compactMap { $0 }
      let isBad = [.failed, .stopped, .lost].contains(job.status)
      guard isBad || job.stopRequested != nil || fact.retryOf != nil,
        own.contains(where: isInWindow)
      else { continue }
      var attempt = 1
      var former = fact.retryOf
      while let id = former, let earlier = model.jobs[id] {
        attempt += 1
        former = earlier.request.retryOf
      }
      let again = around.filter {
        if case .jobCreated(let other) = $0.fact { other.retryOf == job.id } else { false }
      }
      lines.insert("\(job.id) \(job.status.rawValue) \(attempt) \(places(own + again))")
      if job.status == .lost { lines.insert("job-lost \(job.id) \(places(own))") }
      if [.hook, .unknown].contains(job.ending?.effectRemaining) {
        lines.insert("effect-remains \(job.id) \(places(own))")
      }
    }
    return answerable(true, lines)
  }

  private var batchRuns: Set<String> {
    var lines: Set<String> = []
    func schedule(_ name: Name?, _ event: Event) -> (Event, ScheduleCreated)? {
      for other in visible.reversed() where other.position < event.position {
        if case .scheduleCreated(let fact) = other.fact, fact.schedule == name,
          other.project == event.project
        {
          return (other, fact)
        }
      }
      return nil
    }
    for event in visible where isInWindow(event) {
      switch event.fact {
      case .jobCreated(let fact) where fact.kind == .prediction || fact.kind == .batchRun:
        let job = model.jobs[event.job!]!
        let plan = fact.schedule.flatMap { schedule($0, event) }
        lines.insert(
          "\(job.id) \(fact.trigger.rawValue) \(fact.schedule?.string ?? "-") "
            + "\(plan?.1.owner.string ?? "-") \(job.status.rawValue) "
            + places(plan?.0, event, job.ended))
      case .scheduleMissed(let fact):
        let plan = schedule(fact.schedule, event)
        let cause = event.cause.map { all[Int($0.value)] }
        lines.insert(
          "- cron \(fact.schedule) \(plan?.1.owner.string ?? "-") "
            + "\(cause == nil ? "missed" : "suspended") \(places(plan?.0, cause, event))")
        let name = plan == nil ? fact.schedule.string : "\(event.project!)/\(fact.schedule)"
        lines.insert(
          "\(cause == nil ? "tick-missed" : "schedule-suspended") \(name) "
            + places(plan?.0, cause, event))
      default: break
      }
    }
    return lines
  }

  private var monitoring: Set<String> {
    var lines: Set<String> = []
    for event in visible where isInWindow(event) {
      guard case .driftMeasured(let fact) = event.fact else { continue }
      let answer = all.first { other in
        guard case .alertAnswered(let answer) = other.fact, other.position > event.position else {
          return false
        }
        return answer.deployment == fact.deployment && answer.drift >= event.position
      }
      var words = "- -"
      if fact.alert, let answer, case .alertAnswered(let given) = answer.fact {
        words =
          "\(given.action.rawValue) \(max(0, answer.time.microseconds - event.time.microseconds))"
      }
      let threshold = Int64(exactly: fact.threshold).map { "\($0)" } ?? "\(fact.threshold)"
      lines.insert(
        "\(fact.deployment) \(threshold) \(fact.alert) \(words) "
          + places(event, fact.alert ? answer : nil))
      let about = label(event.versionID)
      if fact.alert, answer == nil { lines.insert("alert-unanswered \(about) \(places(event))") }
      if policy(before: event).driftPSI != fact.threshold {
        let set = all.last {
          if case .policySet = $0.fact { $0.position < event.position } else { false }
        }
        lines.insert("threshold-differs \(about) \(places(event, set))")
      }
      var values = [fact.predictionDrift ?? 0]
      if case .inline(let columns) = fact.psi { values += columns.map(\.value) }
      if !fact.alert, values.contains(where: { $0 > fact.threshold }) {
        lines.insert("alert-missing \(about) \(places(event))")
      }
    }
    if lines.isEmpty { return ["not answerable"] }
    for deployment in model.deployments.values
    where isIn(deployment.deployed, scope) && deployment.retired == nil
      && deployment.deployed.subject?.kind == .model && deployment.lastDrift == nil
      && deployment.lastPerformance == nil
    {
      guard let used = deployment.lastPrediction else { continue }
      lines.insert(
        "not-monitored \(label(deployment.version)) \(places(deployment.deployed, used))")
    }
    return lines
  }

  private var substantialChanges: Set<String> {
    var lines: Set<String> = []
    for event in visible where isInWindow(event) {
      guard case .changeAssessed(let fact) = event.fact, let subject = event.subjectID else {
        continue
      }
      let next = all.first { other in
        other.position > event.position && other.subjectID == subject && other.isDecision
          && (event.number == nil || other.number == event.number)
      }
      lines.insert(
        "\(label(event.versionID)) \(fact.substantial) \(event.actor.id) "
          + "\(next.map { "\($0.position.value)" } ?? "-") \(places(event, next))")
      guard fact.substantial else { continue }
      for deployment in model.deployments.values
      where deployment.retired == nil && deployment.version.subject == subject
        && deployment.deployed.position < event.position
        && (event.number == nil || deployment.version == event.versionID)
      {
        let decision = model.versions[deployment.version]!.decisions.last!.event
        if decision.position < event.position {
          lines.insert(
            "not-reapproved \(label(deployment.version)) "
              + places(decision, deployment.deployed, event))
        }
      }
    }
    if lines.isEmpty { return ["not answerable"] }
    for event in visible where isInWindow(event) {
      guard case .versionDeployed(let fact) = event.fact else { continue }
      let former = all.last { other in
        guard case .versionDeployed(let earlier) = other.fact else { return false }
        return other.position < event.position && other.subjectID == event.subjectID
          && earlier.target == fact.target
      }
      guard let former, former.number != event.number else { continue }
      let isAssessed = all.contains { other in
        guard case .changeAssessed = other.fact, other.subjectID == event.subjectID else {
          return false
        }
        return other.number == event.number
          || other.number == nil && other.position > former.position
      }
      if !isAssessed {
        lines.insert("change-not-assessed \(label(event.versionID)) \(places(former, event))")
      }
    }
    return lines
  }

  private var retirements: Set<String> {
    var lines: Set<String> = []
    for event in visible where isInWindow(event) {
      guard case .deploymentRetired(let fact) = event.fact,
        let deployment = model.deployments[fact.deployment]
      else { continue }
      let used = fact.lastPrediction.map { all[Int($0.value)] }
      let successor = fact.replacedBy.flatMap { model.deployments[$0] }
      lines.insert(
        "\(label(event.versionID)) \(event.actor.id) \(fact.replacedBy?.string ?? "-") "
          + "\(used.map { "\($0.position.value)" } ?? "-") "
          + places(deployment.deployed, used, event, successor?.deployed))
      if !hasReason(event) { lines.insert("no-reason \(label(event.versionID)) \(places(event))") }
      if let last = deployment.lastPrediction, last.position > event.position {
        lines.insert("used-after-retirement \(label(event.versionID)) \(places(event, last))")
      }
    }
    return answerable(true, lines)
  }

  private var inventory: Set<String> {
    var lines: Set<String> = []
    let now = all.last!.time
    for version in model.versions.values where isIn(version.created, scope) {
      let active = version.active.map { model.deployments[$0]!.deployed }
      let decision = version.decisions.last
      lines.insert(
        "\(label(version.id)) \(version.status.rawValue) \(version.deployments.isEmpty) "
          + places(
            [version.created] + [decision?.event, version.retired].compactMap { $0 } + active))
      if let decision, decision.verdict == .approved, !active.isEmpty,
        let day = decision.fact.validUntil, day.lastMoment < now
      {
        lines.insert("approval-expired \(label(version.id)) \(places([decision.event] + active))")
      }
      let descriptions = all.filter { other in
        switch other.fact {
        case .subjectRegistered, .subjectUpdated: other.subjectID == version.id.subject
        default: false
        }
      }
      switch descriptions.last?.fact {
      case .subjectRegistered(let fact), .subjectUpdated(let fact):
        guard let day = fact.reviewBy, day.lastMoment < now else { continue }
        let subject = label(version.id).split(separator: "@")[0]
        lines.insert("review-overdue \(subject) \(places(descriptions.last))")
      default: break
      }
    }
    return answerable(true, lines)
  }

  private var erasures: Set<String> {
    var lines: Set<String> = []
    for event in all where isInWindow(event) {
      guard case .textErased(let fact) = event.fact else { continue }
      if case .version(let id) = scope {
        guard event.subjectID == id.subject, event.number == nil || event.number == id.number else {
          continue
        }
      } else if !isIn(event, scope) {
        continue
      }
      lines.insert("words-erased \(fact.basis.rawValue) \(places(event))")
      let last = all[Int(fact.ranges.map(\.to.value).max()!)]
      let days = Int64(policy(before: event).retentionMinimumDays)
      if last.time.microseconds + days * 86_400_000_000 > event.time.microseconds {
        let about =
          event.versionID.map { label($0) }
          ?? String(
            label(VersionID(subject: event.subjectID!, number: VersionNumber(1))).dropLast(2))
        lines.insert("erased-in-retention \(about) \(places(last, event))")
      }
    }
    return lines
  }

  private var access: Set<String> {
    var project: Name?
    switch scope {
    case .project(let name): project = name
    case .subject(let id): project = id.project
    case .version(let id): project = id.subject.project
    default: break
    }
    var lines: Set<String> = []
    for event in all where isInWindow(event) {
      guard event.project == nil || project == nil || event.project == project else { continue }
      var wantsReason = false
      switch event.fact {
      case .ledgerCreated, .keyRotated, .projectCreated, .projectUpdated: break
      case .clockCorrected: wantsReason = true
      case .memberGranted(let fact):
        if fact.member == event.actor.person, event.position.value > 1 {
          lines.insert("self-granted \(fact.member) \(places(event))")
        }
      case .memberRevoked: wantsReason = true
      case .policySet(let fact):
        wantsReason = true
        let (new, old) = (fact.policy, policy(before: event))
        if new.claims && !old.claims || old.fourEyes && !new.fourEyes
          || old.requireEvaluation && !new.requireEvaluation
          || !old.signed.allSatisfy({ new.signed.contains($0) })
          || new.retentionMinimumDays < old.retentionMinimumDays
        {
          lines.insert("control-waived policy \(places(event))")
        }
      default: continue
      }
      lines.insert(" \(places(event))")
      if wantsReason, !hasReason(event) { lines.insert("no-reason ? \(places(event))") }
    }
    return answerable(true, lines)
  }

  private var signatures: Set<String> {
    var lines: Set<String> = []
    for event in visible where isInWindow(event) {
      guard let act = event.fact.signedAct, policy(before: event).signed.contains(act) else {
        continue
      }
      lines.insert("false \(places(event))")
      lines.insert("signature-missing \(label(event.versionID)) \(places(event))")
    }
    return answerable(true, lines)
  }
}

extension Event {
  /// Whether it approves or rejects.
  fileprivate var isDecision: Bool {
    switch fact {
    case .versionApproved, .versionRejected: true
    default: false
    }
  }
}
