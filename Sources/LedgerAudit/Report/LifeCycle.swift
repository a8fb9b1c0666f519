// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// How many versions stand where as of the size, and how often each step was taken in the window.
public struct LifeCycle: Equatable, Sendable {
  /// A step from one status to another.
  enum Step: CaseIterable, Sendable {
    /// Trained or imported.
    case made
    /// Evaluated, or run.
    case evaluated
    /// Approved.
    case approved
    /// Rejected.
    case rejected
    /// Put into production.
    case deployed
    /// Taken out of it.
    case retired
    /// Its making failed, was stopped or lost.
    case failed
  }

  private(set) var versions: [VersionStatus: Int] = [:]
  private(set) var steps: [Step: Int] = [:]

  init(_ inquiry: inout Inquiry) throws(ReadingError) {
    var versions: [VersionStatus: Int] = [:]
    var failed = 0
    try inquiry.forEachVersion { version in
      versions[version.status, default: 0] += 1
      // What fails in the making leaves no event of its own about the version.
      if version.making == .failed, version.created.position.value >= inquiry.since.value {
        failed += 1
      }
    }
    self.versions = versions
    var steps: [Step: Int] = [:]
    try inquiry.forEachEvent(
      of: [
        .versionTrained, .versionImported, .versionEvaluated, .runCompleted, .versionApproved,
        .versionRejected, .versionDeployed, .deploymentRetired,
      ]
    ) { (event, _) in
      let step: Step? =
        switch event.fact {
        case .versionTrained, .versionImported: .made
        case .versionEvaluated: .evaluated
        case .runCompleted(let fact) where fact.deployment == nil: .evaluated
        case .versionApproved: .approved
        case .versionRejected: .rejected
        case .versionDeployed: .deployed
        case .deploymentRetired: .retired
        default: nil
        }
      if let step { steps[step, default: 0] += 1 }
    }
    if failed > 0 { steps[.failed] = failed }
    self.steps = steps
  }
}
