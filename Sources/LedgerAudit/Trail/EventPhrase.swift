// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// What happened, in a few words of ours: never those of a text, which may be erased.
struct EventPhrase {
  let words: String

  init(_ event: Event, about label: String?) {
    words = EventPhrase.phrase(event, label ?? "nothing named", event.job?.string ?? "a job")
  }

  private static func phrase(_ event: Event, _ about: String, _ job: String) -> String {
    switch event.fact {
    case .ledgerCreated: "made this ledger"
    case .keyRotated(let fact): "replaced the log's key at size \(fact.size.value)"
    case .ledgerRestored(let fact): "restored the ledger from a backup of \(fact.size.value) events"
    case .clockCorrected(let fact): "corrected the clock, which had said \(fact.from)"
    case .ledgerUpgraded(let fact): "rebuilt the views for reducer \(fact.reducers)"
    case .projectCreated(let fact): "added project \(fact.name)"
    case .projectUpdated(let fact): "changed project \(fact.name)"
    case .memberGranted(let fact):
      "granted \(fact.member) " + fact.roles.map(\.rawValue).joined(separator: ", ")
        + (event.project.map { " in \($0)" } ?? "")
    case .memberRevoked(let fact): "revoked every role of \(fact.member)"
    case .policySet: "set the policy"
    case .subjectRegistered: "registered \(about)"
    case .subjectUpdated: "changed what is known of \(about)"
    case .jobCreated(let fact):
      "created \(fact.kind.rawValue) job \(job)"
        + (event.subject == nil ? "" : " for \(about)")
        + (fact.target.map { " on \($0)" } ?? "")
        + (fact.retryOf.map { ", a retry of \($0)" } ?? "")
        + (fact.trigger == .manual ? "" : " (\(fact.trigger.rawValue))")
    case .jobStarted: "started \(job)"
    case .jobLogged(let line):
      "\(job) logged line \(line.line) (\(line.stream.rawValue), \(line.level.rawValue))"
    case .jobProgressed(let progress):
      "\(job) is at \(number(progress.done)) of \(number(progress.of))"
    case .jobStopRequested: "asked \(job) to stop"
    case .jobCompleted: "completed \(job)"
    case .jobFailed(let ending): "\(job) failed" + how(ending)
    case .jobStopped(let ending): "\(job) was stopped" + how(ending)
    case .jobLost(let ending): "\(job) was lost" + how(ending)
    case .versionTrained(let fact): "trained \(about): \(files(fact.artifacts))"
    case .versionImported(let fact): "imported \(about): \(files(fact.artifacts))"
    case .versionEvaluated(let fact): "evaluated \(about): \(metrics(fact.metrics))"
    case .statisticsComputed(let fact):
      "computed statistics of \(fact.rows) rows for \(about): \(fact.validation.rawValue)"
    case .versionApproved: "approved \(about)"
    case .versionRejected: "rejected \(about)"
    case .versionDeployed(let fact):
      "deployed \(about) to \(fact.target) as \(fact.deployment), on the approval #\(fact.decision.value)"
        + (fact.replaces.map { ", in place of \($0)" } ?? "")
    case .deploymentRetired(let fact):
      "retired \(fact.deployment) (\(about)) from \(fact.target)"
        + (fact.replacedBy.map { ", replaced by \($0)" } ?? "")
    case .predictionCompleted(let fact):
      "predicted with \(about)" + rows(fact) + ": \(files(fact.outputs))"
    case .runCompleted(let fact): "ran \(about)" + rows(fact) + ": \(files(fact.outputs))"
    case .driftMeasured(let fact): drift(fact)
    case .alertAnswered(let fact):
      "answered the alert #\(fact.drift.value)" + (fact.deployment.map { " of \($0)" } ?? "")
        + ": \(fact.action.rawValue)"
    case .changeAssessed(let fact):
      "assessed a change of \(about): \(fact.substantial ? "substantial" : "not substantial")"
    case .noteAdded(let fact): "noted on \(fact.on.string)"
    case .scheduleCreated(let fact):
      "scheduled \(fact.kind.rawValue) of \(fact.deployment) as \(fact.schedule)"
    case .scheduleRemoved(let fact): "removed the schedule \(fact.schedule)"
    case .scheduleMissed(let fact):
      "missed \(fact.count == 1 ? "a tick" : "\(fact.count) ticks") of \(fact.schedule), "
        + "the latest due \(fact.nominalTime)"
    case .commandRefused(let fact):
      "was refused: \(fact.command) (\(fact.rule)"
        + (fact.count == 1 ? ")" : ", \(fact.count) times)")
    case .textErased(let fact):
      "erased the words of events " + ranges(fact.ranges) + " (\(fact.basis.rawValue))"
    case .artifactErased(let fact):
      "erased \(fact.digests.count) stored files (\(fact.basis.rawValue))"
    case .holdPlaced(let fact): "placed a hold on \(fact.scope.string)"
    case .holdReleased(let fact): "released the hold on \(fact.scope.string)"
    case .reportExported(let fact):
      "exported a \(fact.report) of #\(fact.range.from.value) to #\(fact.range.to.value)"
    }
  }

  private static func how(_ ending: JobEnding) -> String {
    let cause = ending.signal ?? ending.exit.map { "exit \($0)" }
    let left = ending.effectRemaining.map { $0 == .none ? "" : ", left behind: \($0.rawValue)" }
    return (cause.map { " (\($0))" } ?? "") + (left ?? "")
  }

  private static func drift(_ fact: DriftMeasured) -> String {
    var parts: [String] = []
    switch fact.psi {
    case .inline(let columns):
      if let greatest = columns.max(by: { $0.value < $1.value }) {
        parts.append("\(greatest.name.string) moved most, \(rounded(greatest.value))")
      }
    case .list(let list): parts.append("\(list.count) columns")
    }
    if let predictions = fact.predictionDrift {
      parts.append("predictions \(rounded(predictions))")
    }
    if fact.comparesData { parts.append("the threshold is \(number(fact.threshold))") }
    for metric in fact.performanceDrift ?? [] {
      let sign = metric.value > 0 ? "+" : ""
      parts.append("\(metric.name.string) \(sign)\(rounded(metric.value))")
    }
    let what = fact.comparesData ? "drift" : "performance"
    return "measured \(what) of \(fact.deployment) against #\(fact.baseline.value): "
      + parts.joined(separator: ", ") + (fact.alert ? ": ALERT" : ": no alert")
  }

  /// To four places, which says how far something moved.
  private static func rounded(_ value: Double) -> String {
    value.magnitude < 1e9 ? number((value * 10_000).rounded() / 10_000) : number(value)
  }

  private static func rows(_ fact: OutputsMade) -> String {
    fact.rows.map { ", \($0) rows" } ?? ""
  }

  private static func files(_ files: FilesDigest) -> String {
    "\(files.count) file\(files.count == 1 ? "" : "s"), \(files.bytes) bytes"
  }

  private static func metrics(_ metrics: [Metric]) -> String {
    metrics.map { "\($0.name.string) \(number($0.value))" }.joined(separator: ", ")
  }

  private static func ranges(_ ranges: [PositionRange]) -> String {
    let shown = ranges.prefix(5).map {
      $0.from == $0.to ? "#\($0.from.value)" : "#\($0.from.value) to #\($0.to.value)"
    }
    return shown.joined(separator: ", ") + (ranges.count > 5 ? " and others" : "")
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "Infinity" : "-Infinity" }
    return Int64(exactly: value).map { String($0) } ?? "\(value)"
  }
}
