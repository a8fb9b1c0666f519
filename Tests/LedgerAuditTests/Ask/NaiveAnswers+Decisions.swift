// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerTestSupport

// Evidence, four eyes and rejections, found by looking at all events.
extension NaiveAnswers {
  var evidence: [String] {
    var lines: [String] = []
    var told: [String] = []
    for event in window {
      guard let verdict = event.verdict, let fact = event.decided else { continue }
      let after = all.filter { $0.position > event.position && $0.versionID == event.versionID }
      let next = after.first { $0.verdict != nil }
      let later = after.filter { other in
        if let next, next.position < other.position { return false }
        if other.isEvaluated || other.isRun { return true }
        if case .driftMeasured(let drift) = other.fact { return drift.alert }
        if case .changeAssessed(let change) = other.fact { return change.substantial }
        return false
      }
      let list = later.map { "\($0.position.value)" }.joined(separator: ",")
      lines.append("\(verdict.rawValue) [\(list)]")
      for exception in fact.exceptions
      where [.noEvaluation, .thresholdOverridden, .notShown].contains(exception) {
        told.append("\(exception.rawValue) \(about(event)) \(places(event))")
      }
      if next == nil, verdict == .approved, !later.isEmpty {
        told.append(
          "evidence-changed \(about(event)) "
            + Answer.words([event.position] + later.map(\.position)))
      }
    }
    return lines + told.sorted()
  }

  func separation(_ one: Actor, _ other: Actor, _ event: Event) -> String {
    if one.person == other.person { return "same" }
    func keys(_ member: ActorID) -> Set<Text> {
      var keys: Set<Text> = []
      for before in all.prefix(while: { $0.position < event.position }) {
        if case .memberGranted(let fact) = before.fact, fact.member == member {
          keys.formUnion(fact.keyFingerprints)
        }
      }
      return keys
    }
    if !keys(one.person).isDisjoint(with: keys(other.person)) { return "same" }
    let isLocal = [one, other].allSatisfy { [.os, .claimed].contains($0.authentication) }
    guard isLocal, let left = one.os?.uid, left == other.os?.uid else { return "separate" }
    var claims = false
    for before in all.prefix(while: { $0.position < event.position }) {
      if case .policySet(let fact) = before.fact { claims = fact.policy.claims }
    }
    let isClaimed = [one, other].contains { $0.authentication == .claimed }
    return isClaimed && claims ? "claimed" : "same"
  }

  var fourEyes: [String] {
    var lines: [String] = []
    var told: [String] = []
    for event in visible where event.isApproval {
      guard let fact = event.decided,
        let made = all.first(where: { $0.versionID == event.versionID && $0.createsVersion })
      else { continue }
      let deployed = window.filter { $0.deployed?.decision == event.position }
      if event.position.value < UInt64(since), deployed.isEmpty { continue }
      let from = separation(event.actor, made.actor, event)
      let begin = "\(event.actor.id) \(made.actor.id) \(from)"
      if from == "same" || fact.exceptions.contains(.selfApproval) {
        told.append("self-approval \(about(event)) \(places(made, event))")
      }
      if from == "claimed" || fact.exceptions.contains(.separationClaimed) {
        told.append("separation-claimed \(about(event)) \(places(made, event))")
      }
      if deployed.isEmpty { lines.append("\(begin) - - \(places(made, event))") }
      for other in deployed {
        let from = separation(event.actor, other.actor, other)
        lines.append("\(begin) \(other.actor.id) \(from) \(places(made, event, other))")
        if from == "same" {
          told.append("self-deployment \(about(event)) \(places(event, other))")
        }
        if from == "claimed" {
          told.append("separation-claimed \(about(event)) \(places(event, other))")
        }
      }
    }
    return lines + told.sorted()
  }

  var rejections: [String] {
    var lines: [String] = []
    var told: [String] = []
    for event in window where event.verdict == .rejected {
      guard let version = event.versionID else { continue }
      let own = all.filter { $0.versionID == version }
      let after = own.filter { $0.position > event.position }
      func active(_ events: [Event]) -> Bool {
        events.filter { $0.deployed != nil }.count
          > events.filter { if case .deploymentRetired = $0.fact { true } else { false } }.count
      }
      let was = active(own.filter { $0.position < event.position })
      let next = after.filter { other in
        if case .deploymentRetired = other.fact { return true }
        return other.verdict != nil || other.deployed != nil || other.isEvaluated || other.isRun
      }
      let superseded = all.contains {
        $0.isApproval && $0.position > event.position && $0.subjectID == version.subject
          && ($0.number.map { version.number < $0 } ?? false)
      }
      var outcome = superseded ? "superseded" : "nothing"
      if next.contains(where: { $0.isEvaluated || $0.isRun }) { outcome = "evaluated" }
      if next.contains(where: { if case .deploymentRetired = $0.fact { true } else { false } }) {
        outcome = "retired"
      }
      if was, active(own) { outcome = "in-production" }
      if let verdict = next.last(where: { $0.verdict != nil })?.verdict {
        outcome = verdict.rawValue
      }
      if next.contains(where: { $0.deployed != nil }) { outcome = "deployed" }
      let list = next.map { "\($0.position.value)" }.joined(separator: ",")
      lines.append("\(event.actor.id) \(outcome) [\(list)]")
      let later = next.first { $0.verdict != nil }
      if was, active(own), later == nil {
        told.append("rejected-since \(label(version)) \(places(event))")
      }
      if let later, later.isApproval,
        !next.contains(where: { $0.position < later.position && ($0.isEvaluated || $0.isRun) })
      {
        told.append("approved-unchanged \(label(version)) \(places(event, later))")
      }
    }
    return lines + told.sorted()
  }
}

extension Event {
  var verdict: Verdict? {
    switch fact {
    case .versionApproved: .approved
    case .versionRejected: .rejected
    default: nil
    }
  }
  var isApproval: Bool { verdict == .approved }
  var decided: Decided? {
    switch fact {
    case .versionApproved(let fact), .versionRejected(let fact): fact
    default: nil
    }
  }
  var deployed: VersionDeployed? {
    if case .versionDeployed(let fact) = fact { fact } else { nil }
  }
  var imported: VersionMade? {
    if case .versionImported(let fact) = fact { fact } else { nil }
  }
  var isEvaluated: Bool {
    if case .versionEvaluated = fact { true } else { false }
  }
  /// A run of a feature task before it is deployed, which counts as its evaluation.
  var isRun: Bool {
    if case .runCompleted(let fact) = fact { fact.deployment == nil } else { false }
  }
  var createsVersion: Bool {
    if case .jobCreated(let fact) = fact { fact.kind.makesVersion } else { false }
  }
}
