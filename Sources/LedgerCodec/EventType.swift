// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// The types of events that this program knows, all of version 1.
public enum EventType: UInt8, CaseIterable, Hashable, Sendable {
  /// The ledger itself: made, its key rotated, restored, its clock corrected, its views rebuilt.
  case ledgerCreated, keyRotated, ledgerRestored, clockCorrected, ledgerUpgraded
  /// A project.
  case projectCreated, projectUpdated
  /// Who may do what.
  case memberGranted, memberRevoked
  /// The rules in force from here on.
  case policySet
  /// A model or feature task.
  case subjectRegistered, subjectUpdated
  /// A job under way.
  case jobCreated, jobStarted, jobLogged, jobProgressed, jobStopRequested
  /// How a job ended.
  case jobCompleted, jobFailed, jobStopped, jobLost
  /// A version made or measured.
  case versionTrained, versionImported, versionEvaluated
  /// A data set described.
  case statisticsComputed
  /// What was decided of a version, and that it went into production.
  case versionApproved, versionRejected, versionDeployed
  /// The end of a deployment.
  case deploymentRetired
  /// What a deployment or a feature task produced.
  case predictionCompleted, runCompleted
  /// What was seen in production, and what people said to it.
  case driftMeasured, alertAnswered, changeAssessed, noteAdded
  /// Schedules and the ticks that nobody ran.
  case scheduleCreated, scheduleRemoved, scheduleMissed
  /// What was not allowed.
  case commandRefused
  /// What was erased.
  case textErased, artifactErased
  /// What may not be erased.
  case holdPlaced, holdReleased
  /// What left the ledger as a report.
  case reportExported

  /// The name as it is stored: a promise, written here and nowhere else.
  public var name: StaticString {
    switch self {
    case .ledgerCreated: "ledger.created"
    case .keyRotated: "ledger.key_rotated"
    case .ledgerRestored: "ledger.restored"
    case .clockCorrected: "ledger.clock_corrected"
    case .ledgerUpgraded: "ledger.upgraded"
    case .projectCreated: "project.created"
    case .projectUpdated: "project.updated"
    case .memberGranted: "member.granted"
    case .memberRevoked: "member.revoked"
    case .policySet: "policy.set"
    case .subjectRegistered: "subject.registered"
    case .subjectUpdated: "subject.updated"
    case .jobCreated: "job.created"
    case .jobStarted: "job.started"
    case .jobLogged: "job.logged"
    case .jobProgressed: "job.progressed"
    case .jobStopRequested: "job.stop_requested"
    case .jobCompleted: "job.completed"
    case .jobFailed: "job.failed"
    case .jobStopped: "job.stopped"
    case .jobLost: "job.lost"
    case .versionTrained: "version.trained"
    case .versionImported: "version.imported"
    case .versionEvaluated: "version.evaluated"
    case .statisticsComputed: "statistics.computed"
    case .versionApproved: "version.approved"
    case .versionRejected: "version.rejected"
    case .versionDeployed: "version.deployed"
    case .deploymentRetired: "deployment.retired"
    case .predictionCompleted: "prediction.completed"
    case .runCompleted: "run.completed"
    case .driftMeasured: "drift.measured"
    case .alertAnswered: "alert.answered"
    case .changeAssessed: "change.assessed"
    case .noteAdded: "note.added"
    case .scheduleCreated: "schedule.created"
    case .scheduleRemoved: "schedule.removed"
    case .scheduleMissed: "schedule.missed"
    case .commandRefused: "command.refused"
    case .textErased: "text.erased"
    case .artifactErased: "artifact.erased"
    case .holdPlaced: "hold.placed"
    case .holdReleased: "hold.released"
    case .reportExported: "report.exported"
    }
  }

  /// The latest version of events of the type. Version 2 is version 1 with the signature that has
  /// the time of its making, version 3 of a policy is one with anchors; all others are still
  /// written as version 1.
  public var version: UInt64 {
    switch self {
    case .policySet: 3
    case .versionApproved, .versionRejected, .versionDeployed, .deploymentRetired,
      .textErased, .artifactErased:
      2
    default: 1
    }
  }

  /// The version in which an event is written.
  static func version(of fact: Fact) -> UInt64 {
    if case .policySet(let fact) = fact, !fact.policy.anchors.isEmpty { return 3 }
    return fact.signature?.signedAt == nil ? 1 : 2
  }

  /// The type with this stored name; nil for names this program does not know.
  public init?(name: UnsafeRawBufferPointer) {
    guard let start = name.baseAddress, name.count < Self.byLength.count else { return nil }
    for type in Self.byLength[name.count]
    where ByteScan.equal(start, UnsafeRawPointer(type.name.utf8Start), name.count) {
      self = type
      return
    }
    return nil
  }

  /// The type with this stored name; nil for names this program does not know.
  public init?(name: String) {
    var native = name
    guard let type = native.withUTF8({ EventType(name: UnsafeRawBufferPointer($0)) }) else {
      return nil
    }
    self = type
  }

  /// The types whose names have so many bytes.
  private static let byLength: [[EventType]] = {
    let longest = allCases.map(\.name.utf8CodeUnitCount).max() ?? 0
    var types = [[EventType]](repeating: [], count: longest + 1)
    for type in allCases { types[type.name.utf8CodeUnitCount].append(type) }
    return types
  }()

  /// Whether events of the type never carry a revision, whatever they are about (DESIGN, the
  /// event).
  public var isExemptFromRevision: Bool {
    switch self {
    case .ledgerCreated, .keyRotated, .ledgerRestored, .clockCorrected, .ledgerUpgraded,
      .projectCreated, .projectUpdated, .memberGranted, .memberRevoked, .policySet, .jobLogged,
      .jobProgressed:
      true
    default: false
    }
  }

  /// Whether events of the type are about one version and must name it.
  public var needsVersion: Bool {
    switch self {
    case .versionTrained, .versionImported, .versionEvaluated, .statisticsComputed,
      .versionApproved, .versionRejected, .versionDeployed, .deploymentRetired:
      true
    default: false
    }
  }

  /// Whether events of the type are about a subject and must name it.
  public var needsSubject: Bool {
    self == .subjectRegistered || self == .subjectUpdated || needsVersion
  }

  /// Whether events of the type belong to a job and must name it.
  public var needsJob: Bool {
    switch self {
    case .jobCreated, .jobStarted, .jobLogged, .jobProgressed, .jobStopRequested, .jobCompleted,
      .jobFailed, .jobStopped, .jobLost:
      true
    default: false
    }
  }

  /// The type of a fact.
  public init(_ fact: Fact) {
    switch fact {
    case .ledgerCreated: self = .ledgerCreated
    case .keyRotated: self = .keyRotated
    case .ledgerRestored: self = .ledgerRestored
    case .clockCorrected: self = .clockCorrected
    case .ledgerUpgraded: self = .ledgerUpgraded
    case .projectCreated: self = .projectCreated
    case .projectUpdated: self = .projectUpdated
    case .memberGranted: self = .memberGranted
    case .memberRevoked: self = .memberRevoked
    case .policySet: self = .policySet
    case .subjectRegistered: self = .subjectRegistered
    case .subjectUpdated: self = .subjectUpdated
    case .jobCreated: self = .jobCreated
    case .jobStarted: self = .jobStarted
    case .jobLogged: self = .jobLogged
    case .jobProgressed: self = .jobProgressed
    case .jobStopRequested: self = .jobStopRequested
    case .jobCompleted: self = .jobCompleted
    case .jobFailed: self = .jobFailed
    case .jobStopped: self = .jobStopped
    case .jobLost: self = .jobLost
    case .versionTrained: self = .versionTrained
    case .versionImported: self = .versionImported
    case .versionEvaluated: self = .versionEvaluated
    case .statisticsComputed: self = .statisticsComputed
    case .versionApproved: self = .versionApproved
    case .versionRejected: self = .versionRejected
    case .versionDeployed: self = .versionDeployed
    case .deploymentRetired: self = .deploymentRetired
    case .predictionCompleted: self = .predictionCompleted
    case .runCompleted: self = .runCompleted
    case .driftMeasured: self = .driftMeasured
    case .alertAnswered: self = .alertAnswered
    case .changeAssessed: self = .changeAssessed
    case .noteAdded: self = .noteAdded
    case .scheduleCreated: self = .scheduleCreated
    case .scheduleRemoved: self = .scheduleRemoved
    case .scheduleMissed: self = .scheduleMissed
    case .commandRefused: self = .commandRefused
    case .textErased: self = .textErased
    case .artifactErased: self = .artifactErased
    case .holdPlaced: self = .holdPlaced
    case .holdReleased: self = .holdReleased
    case .reportExported: self = .reportExported
    }
  }
}
