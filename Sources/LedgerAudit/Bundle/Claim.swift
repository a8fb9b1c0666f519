// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// Something about one version that events can show to be so.
public enum Claim: Equatable, Sendable {
  /// Every approval rests on an evaluation of this version that came before it.
  case evaluatedBeforeApproval
  /// Every deployment rests on the latest decision: an approval of the same artifacts, still valid.
  case approvedBeforeDeployment
  /// Nobody who approved it had made it.
  case deciderNotMaker
  /// A deployment of it was active at a moment.
  case inProductionAt(Timestamp)
  /// Every retirement says why.
  case retiredWithReason

  /// The names, as they are written.
  public static let names = [
    "evaluated-before-approval", "approved-before-deployment", "decider-not-maker",
    "in-production-at", "retired-with-reason",
  ]

  /// Reads a name; the one that needs a moment has it behind `=`, in full and in UTC.
  public init?(_ written: String) {
    let parts = written.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, let index = Claim.names.firstIndex(of: String(name)) else {
      return nil
    }
    if index == 3 {
      guard parts.count == 2, let moment = Timestamp(parts[1]) else { return nil }
      self = .inProductionAt(moment)
      return
    }
    guard parts.count == 1 else { return nil }
    switch index {
    case 0: self = .evaluatedBeforeApproval
    case 1: self = .approvedBeforeDeployment
    case 2: self = .deciderNotMaker
    default: self = .retiredWithReason
    }
  }

  /// The form that both verifiers read.
  public var written: String {
    switch self {
    case .evaluatedBeforeApproval: Claim.names[0]
    case .approvedBeforeDeployment: Claim.names[1]
    case .deciderNotMaker: Claim.names[2]
    case .inProductionAt(let moment): "\(Claim.names[3])=\(moment)"
    case .retiredWithReason: Claim.names[4]
    }
  }

  /// What is claimed, in words.
  public func words(_ version: VersionID) -> String {
    switch self {
    case .evaluatedBeforeApproval:
      "each approval of \(version) rests on an evaluation of it that came before"
    case .approvedBeforeDeployment:
      "each deployment of \(version) rests on a valid approval of these artifacts that came before"
    case .deciderNotMaker: "nobody who approved \(version) had made it"
    case .inProductionAt(let moment): "a deployment of \(version) was active at \(moment)"
    case .retiredWithReason: "each retirement of \(version) says why"
    }
  }
}

/// Why a claim is not so.
public struct Contradiction: Equatable, Sendable {
  /// The event that contradicts it; nil where it is one that is lacking.
  public var position: Position?
  /// In words.
  public var why: String
  /// Pairs the two.
  public init(_ position: Position?, _ why: String) {
    self.position = position
    self.why = why
  }
}

/// The events by which claims about a version are judged: proved ones, in order, whose revisions have
/// no gap. `tools/verify` judges by the same rules.
struct ClaimCase {
  /// What came of judging.
  struct Judgement {
    var contradictions: [Contradiction] = []
    /// Why it may be so and is not shown; nil where it is shown, or contradicted.
    var missing: String?
    /// The events that it rests on.
    var rests: [Position] = []
    var remarks: [String] = []
    /// What cannot be told from what is here.
    var unchecked: String?
  }

  let version: VersionID
  /// Whether every event of the ledger is here.
  let isComplete: Bool
  /// The moment that is asked about.
  private let moment: Timestamp?
  /// The version's events of the kinds that claims are about, and their reasons.
  private var events: [(event: Event, reason: Text?)] = []
  /// The last event that was recorded up to the moment: as of then is just after it.
  var seen: Position?
  private var last: (position: Position, time: Timestamp)?
  private var subjectLast: Position?
  /// Whether times go back somewhere, and no event says that a clock was corrected.
  private var goesBack = false

  init(_ version: VersionID, _ claim: Claim, isComplete: Bool) {
    self.version = version
    self.isComplete = isComplete
    if case .inProductionAt(let moment) = claim { self.moment = moment } else { moment = nil }
  }

  /// Takes the next event, in the order of positions.
  mutating func take(_ event: Event, reason: @autoclosure () -> Text?) {
    if let last, event.time < last.time {
      if case .clockCorrected = event.fact {} else { goesBack = true }
    }
    last = (event.position, event.time)
    if let moment, event.time <= moment { seen = event.position }
    if event.subjectID == version.subject, event.revision != nil { subjectLast = event.position }
    guard event.versionID == version else { return }
    switch event.fact {
    case .versionTrained, .versionImported, .versionEvaluated, .versionApproved, .versionRejected,
      .versionDeployed, .deploymentRetired, .jobCreated, .runCompleted:
      events.append((event, reason()))
    default: break
    }
  }

  func judge(_ claim: Claim) -> Judgement {
    switch claim {
    case .evaluatedBeforeApproval: evaluatedBeforeApproval()
    case .approvedBeforeDeployment: approvedBeforeDeployment()
    case .deciderNotMaker: deciderNotMaker()
    case .inProductionAt(let moment): inProduction(at: moment)
    case .retiredWithReason: retiredWithReason()
    }
  }

  private func none(_ what: String) -> Judgement {
    Judgement(contradictions: [Contradiction(nil, "there is no \(what) of it")])
  }

  private func evaluatedBeforeApproval() -> Judgement {
    var result = Judgement()
    var evaluations: Set<Position> = []
    for (event, _) in events {
      switch event.fact {
      case .versionEvaluated, .runCompleted: evaluations.insert(event.position)
      case .versionApproved(let fact):
        let named = fact.evidence.evaluations.filter { evaluations.contains($0) }
        result.rests += [event.position] + named
        if named.isEmpty {
          result.contradictions.append(
            Contradiction(event.position, "its evidence names no evaluation of it before it"))
        }
      default: break
      }
    }
    return result.rests.isEmpty ? none("version.approved") : result
  }

  private func approvedBeforeDeployment() -> Judgement {
    var result = Judgement()
    var decision: Event?
    for (event, _) in events {
      switch event.fact {
      case .versionApproved, .versionRejected: decision = event
      case .versionDeployed(let fact):
        result.rests.append(event.position)
        guard let decision, case .versionApproved(let approval) = decision.fact else {
          let why = decision.map { "the latest decision, #\($0.position.value), rejected it" }
          result.contradictions.append(
            Contradiction(event.position, why ?? "no decision came before it"))
          continue
        }
        result.rests.append(decision.position)
        let isValid = approval.validUntil.map { event.time <= $0.lastMoment } ?? true
        if fact.decision != decision.position {
          result.contradictions.append(
            Contradiction(event.position, "it names another decision than the latest"))
        } else if fact.artifactsDigest != approval.artifactsDigest {
          result.contradictions.append(
            Contradiction(event.position, "other artifacts were approved"))
        } else if !isValid {
          result.contradictions.append(
            Contradiction(event.position, "the approval was not valid any more"))
        }
      default: break
      }
    }
    return result.rests.isEmpty ? none("version.deployed") : result
  }

  private func deciderNotMaker() -> Judgement {
    var result = Judgement()
    var jobs: Set<JobID> = []
    var approvals: [(Event, Decided)] = []
    for (event, _) in events {
      switch event.fact {
      case .versionTrained, .versionImported:
        if let job = event.job { jobs.insert(job) }
        result.rests.append(event.position)
      case .versionApproved(let fact): approvals.append((event, fact))
      default: break
      }
    }
    guard !approvals.isEmpty else { return none("version.approved") }
    var makers: [Actor] = []
    for (event, _) in events {
      guard case .jobCreated = event.fact, let job = event.job, jobs.contains(job) else { continue }
      makers.append(event.actor)
      result.rests.append(event.position)
    }
    guard !makers.isEmpty else { return none("job.created of the job that made any files") }
    for (event, fact) in approvals {
      result.rests.append(event.position)
      let isSame = makers.contains { ClaimCase.isSame($0, event.actor) }
      if isSame || fact.exceptions.contains(.selfApproval) {
        result.contradictions.append(
          Contradiction(event.position, "\(event.actor.person) approved it, and had made it"))
      }
      for exception in fact.exceptions {
        result.remarks.append(
          "event #\(event.position.value) has the exception \(exception.rawValue)")
      }
    }
    return result
  }

  private static func isSame(_ maker: Actor, _ decider: Actor) -> Bool {
    let makers = [maker.id, maker.actsFor].compactMap { $0 }
    let deciders = [decider.id, decider.actsFor ?? decider.id]
    if makers.contains(where: { deciders.contains($0) }) { return true }
    guard maker.authentication == .os, decider.authentication == .os else { return false }
    return maker.os?.uid == decider.os?.uid
  }

  private func inProduction(at moment: Timestamp) -> Judgement {
    var result = Judgement()
    var deployed: [(DeploymentID, Position)] = []
    var retired: [DeploymentID: Position] = [:]
    for (event, _) in events {
      switch event.fact {
      case .versionDeployed(let fact): deployed.append((fact.deployment, event.position))
      case .deploymentRetired(let fact): retired[fact.deployment] = event.position
      default: break
      }
    }
    guard !deployed.isEmpty else { return none("version.deployed") }
    for (deployment, position) in deployed {
      if let seen, position <= seen {
        if let end = retired[deployment], end <= seen {
          result.contradictions.append(Contradiction(end, "\(deployment) was retired by then"))
        } else {
          result.rests.append(position)
        }
      } else {
        result.contradictions.append(Contradiction(position, "\(deployment) came only later"))
      }
    }
    guard !result.rests.isEmpty else { return result }
    result.contradictions = []
    if goesBack {
      result.missing = "times go back here, and no event says why"
      return result
    }
    if !isComplete {
      result.unchecked = "whether a clock was corrected meanwhile, by an event that is not here"
    }
    if let next = subjectLast, let seen, next > seen { return result }
    if isComplete, let last, last.time >= moment { return result }
    result.missing =
      "no later event of \(version.subject) shows that it was not retired before \(moment)"
    return result
  }

  private func retiredWithReason() -> Judgement {
    var result = Judgement()
    var deployed: [DeploymentID: Position] = [:]
    var isRetired = false
    for (event, reason) in events {
      switch event.fact {
      case .versionDeployed(let fact): deployed[fact.deployment] = event.position
      case .deploymentRetired(let fact):
        isRetired = true
        result.rests += [event.position] + [deployed[fact.deployment]].compactMap { $0 }
        if reason?.isBlank ?? true {
          result.contradictions.append(
            Contradiction(event.position, "its reason is blank, or was erased"))
        }
      default: break
      }
    }
    return isRetired ? result : none("deployment.retired")
  }
}
