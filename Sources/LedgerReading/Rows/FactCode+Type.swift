// SPDX-License-Identifier: Apache-2.0
public import LedgerCodec

extension FactCode {
  /// The code that events of a type have in the indexes.
  public init(_ type: EventType) {
    self =
      switch type {
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
