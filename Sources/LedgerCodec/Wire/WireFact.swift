// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// The data of one event type: members in sorted order, written and read.
///
/// `number` and `subject` are not named here: ``EventWriter`` and ``EventReader`` place them.
protocol WireFact {
  /// Writes the members.
  func write(_ writer: inout EventWriter) throws(CodecError)
  /// Reads the members.
  init(from reader: inout EventReader) throws(CodecError)
}

extension EventWriter {
  /// Writes the members of a fact.
  mutating func fact(_ fact: Fact) throws(CodecError) {
    switch fact {
    case .ledgerCreated(let fact): try fact.write(&self)
    case .keyRotated(let fact): try fact.write(&self)
    case .ledgerRestored(let fact): try fact.write(&self)
    case .clockCorrected(let fact): try fact.write(&self)
    case .ledgerUpgraded(let fact): try fact.write(&self)
    case .projectCreated(let fact), .projectUpdated(let fact): try fact.write(&self)
    case .memberGranted(let fact): try fact.write(&self)
    case .memberRevoked(let fact): try fact.write(&self)
    case .policySet(let fact): try fact.write(&self)
    case .subjectRegistered(let fact), .subjectUpdated(let fact): try fact.write(&self)
    case .jobCreated(let fact): try fact.write(&self)
    case .jobStarted(let fact): try fact.write(&self)
    case .jobLogged(let fact): try fact.write(&self)
    case .jobProgressed(let fact): try fact.write(&self)
    case .jobStopRequested: break
    case .jobCompleted(let fact), .jobFailed(let fact), .jobStopped(let fact), .jobLost(let fact):
      try fact.write(&self)
    case .versionTrained(let fact), .versionImported(let fact): try fact.write(&self)
    case .versionEvaluated(let fact): try fact.write(&self)
    case .statisticsComputed(let fact): try fact.write(&self)
    case .versionApproved(let fact), .versionRejected(let fact): try fact.write(&self)
    case .versionDeployed(let fact): try fact.write(&self)
    case .deploymentRetired(let fact): try fact.write(&self)
    case .predictionCompleted(let fact), .runCompleted(let fact): try fact.write(&self)
    case .driftMeasured(let fact): try fact.write(&self)
    case .alertAnswered(let fact): try fact.write(&self)
    case .changeAssessed(let fact): try fact.write(&self)
    case .noteAdded(let fact): try fact.write(&self)
    case .scheduleCreated(let fact): try fact.write(&self)
    case .scheduleRemoved(let fact): try fact.write(&self)
    case .scheduleMissed(let fact): try fact.write(&self)
    case .commandRefused(let fact): try fact.write(&self)
    case .textErased(let fact): try fact.write(&self)
    case .artifactErased(let fact): try fact.write(&self)
    case .holdPlaced(let fact), .holdReleased(let fact): try fact.write(&self)
    case .reportExported(let fact): try fact.write(&self)
    }
  }
}

extension EventReader {
  /// Reads the members of a fact of `type`.
  mutating func fact(_ type: EventType) throws(CodecError) -> Fact {
    switch type {
    case .ledgerCreated: .ledgerCreated(try .init(from: &self))
    case .keyRotated: .keyRotated(try .init(from: &self))
    case .ledgerRestored: .ledgerRestored(try .init(from: &self))
    case .clockCorrected: .clockCorrected(try .init(from: &self))
    case .ledgerUpgraded: .ledgerUpgraded(try .init(from: &self))
    case .projectCreated: .projectCreated(try .init(from: &self))
    case .projectUpdated: .projectUpdated(try .init(from: &self))
    case .memberGranted: .memberGranted(try .init(from: &self))
    case .memberRevoked: .memberRevoked(try .init(from: &self))
    case .policySet: .policySet(try .init(from: &self))
    case .subjectRegistered: .subjectRegistered(try .init(from: &self))
    case .subjectUpdated: .subjectUpdated(try .init(from: &self))
    case .jobCreated: .jobCreated(try .init(from: &self))
    case .jobStarted: .jobStarted(try .init(from: &self))
    case .jobLogged: .jobLogged(try .init(from: &self))
    case .jobProgressed: .jobProgressed(try .init(from: &self))
    case .jobStopRequested: .jobStopRequested
    case .jobCompleted: .jobCompleted(try .init(from: &self))
    case .jobFailed: .jobFailed(try .init(from: &self))
    case .jobStopped: .jobStopped(try .init(from: &self))
    case .jobLost: .jobLost(try .init(from: &self))
    case .versionTrained: .versionTrained(try .init(from: &self))
    case .versionImported: .versionImported(try .init(from: &self))
    case .versionEvaluated: .versionEvaluated(try .init(from: &self))
    case .statisticsComputed: .statisticsComputed(try .init(from: &self))
    case .versionApproved: .versionApproved(try .init(from: &self))
    case .versionRejected: .versionRejected(try .init(from: &self))
    case .versionDeployed: .versionDeployed(try .init(from: &self))
    case .deploymentRetired: .deploymentRetired(try .init(from: &self))
    case .predictionCompleted: .predictionCompleted(try .init(from: &self))
    case .runCompleted: .runCompleted(try .init(from: &self))
    case .driftMeasured: .driftMeasured(try .init(from: &self))
    case .alertAnswered: .alertAnswered(try .init(from: &self))
    case .changeAssessed: .changeAssessed(try .init(from: &self))
    case .noteAdded: .noteAdded(try .init(from: &self))
    case .scheduleCreated: .scheduleCreated(try .init(from: &self))
    case .scheduleRemoved: .scheduleRemoved(try .init(from: &self))
    case .scheduleMissed: .scheduleMissed(try .init(from: &self))
    case .commandRefused: .commandRefused(try .init(from: &self))
    case .textErased: .textErased(try .init(from: &self))
    case .artifactErased: .artifactErased(try .init(from: &self))
    case .holdPlaced: .holdPlaced(try .init(from: &self))
    case .holdReleased: .holdReleased(try .init(from: &self))
    case .reportExported: .reportExported(try .init(from: &self))
    }
  }
}
