// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// The types of events as numbers in the indexes: stored, listed here alone, never reused.
public enum FactCode: UInt16, CaseIterable, Sendable {
  /// `ledger.created`
  case ledgerCreated = 1
  /// `ledger.key_rotated`
  case keyRotated = 2
  /// `ledger.restored`
  case ledgerRestored = 3
  /// `ledger.clock_corrected`
  case clockCorrected = 4
  /// `ledger.upgraded`
  case ledgerUpgraded = 5
  /// `project.created`
  case projectCreated = 6
  /// `project.updated`
  case projectUpdated = 7
  /// `member.granted`
  case memberGranted = 8
  /// `member.revoked`
  case memberRevoked = 9
  /// `policy.set`
  case policySet = 10
  /// `subject.registered`
  case subjectRegistered = 11
  /// `subject.updated`
  case subjectUpdated = 12
  /// `job.created`
  case jobCreated = 13
  /// `job.started`
  case jobStarted = 14
  /// `job.logged`
  case jobLogged = 15
  /// `job.progressed`
  case jobProgressed = 16
  /// `job.stop_requested`
  case jobStopRequested = 17
  /// `job.completed`
  case jobCompleted = 18
  /// `job.failed`
  case jobFailed = 19
  /// `job.stopped`
  case jobStopped = 20
  /// `job.lost`
  case jobLost = 21
  /// `version.trained`
  case versionTrained = 22
  /// `version.imported`
  case versionImported = 23
  /// `version.evaluated`
  case versionEvaluated = 24
  /// `statistics.computed`
  case statisticsComputed = 25
  /// `version.approved`
  case versionApproved = 26
  /// `version.rejected`
  case versionRejected = 27
  /// `version.deployed`
  case versionDeployed = 28
  /// `deployment.retired`
  case deploymentRetired = 29
  /// `prediction.completed`
  case predictionCompleted = 30
  /// `run.completed`
  case runCompleted = 31
  /// `drift.measured`
  case driftMeasured = 32
  /// `alert.answered`
  case alertAnswered = 33
  /// `change.assessed`
  case changeAssessed = 34
  /// `note.added`
  case noteAdded = 35
  /// `schedule.created`
  case scheduleCreated = 36
  /// `schedule.removed`
  case scheduleRemoved = 37
  /// `schedule.missed`
  case scheduleMissed = 38
  /// `command.refused`
  case commandRefused = 39
  /// `text.erased`
  case textErased = 40
  /// `artifact.erased`
  case artifactErased = 41
  /// `hold.placed`
  case holdPlaced = 42
  /// `hold.released`
  case holdReleased = 43
  /// `report.exported`
  case reportExported = 44

  /// The number of a fact's type.
  public init(_ fact: Fact) {
    self =
      switch fact {
      case .ledgerCreated: .ledgerCreated
      case .keyRotated: .keyRotated
      case .ledgerRestored: .ledgerRestored
      case .clockCorrected: .clockCorrected
      case .ledgerUpgraded: .ledgerUpgraded
      case .projectCreated: .projectCreated
      case .projectUpdated: .projectUpdated
      case .memberGranted: .memberGranted
      case .memberRevoked: .memberRevoked
      case .policySet: .policySet
      case .subjectRegistered: .subjectRegistered
      case .subjectUpdated: .subjectUpdated
      case .jobCreated: .jobCreated
      case .jobStarted: .jobStarted
      case .jobLogged: .jobLogged
      case .jobProgressed: .jobProgressed
      case .jobStopRequested: .jobStopRequested
      case .jobCompleted: .jobCompleted
      case .jobFailed: .jobFailed
      case .jobStopped: .jobStopped
      case .jobLost: .jobLost
      case .versionTrained: .versionTrained
      case .versionImported: .versionImported
      case .versionEvaluated: .versionEvaluated
      case .statisticsComputed: .statisticsComputed
      case .versionApproved: .versionApproved
      case .versionRejected: .versionRejected
      case .versionDeployed: .versionDeployed
      case .deploymentRetired: .deploymentRetired
      case .predictionCompleted: .predictionCompleted
      case .runCompleted: .runCompleted
      case .driftMeasured: .driftMeasured
      case .alertAnswered: .alertAnswered
      case .changeAssessed: .changeAssessed
      case .noteAdded: .noteAdded
      case .scheduleCreated: .scheduleCreated
      case .scheduleRemoved: .scheduleRemoved
      case .scheduleMissed: .scheduleMissed
      case .commandRefused: .commandRefused
      case .textErased: .textErased
      case .artifactErased: .artifactErased
      case .holdPlaced: .holdPlaced
      case .holdReleased: .holdReleased
      case .reportExported: .reportExported
      }
  }
}
