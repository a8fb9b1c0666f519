// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `jobledger answer`
struct Answer: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "answer",
    abstract: "Record what is done about a drift alert.",
    discussion: """
      An answer covers the alert and those of the same deployment before it. A further answer may \
      follow, such as 'investigate' and then 'retrain'.

        jobledger answer '#57' --action retrain --reason 'A new scanner since May'
        jobledger show deploy-7k
      """)

  @Argument(help: "The alert: the number of a drift.measured, such as 57 or '#57'.")
  var alert: String
  @Option(help: "What is done.") var action: AlertAction
  @Option(help: "Why. It is kept for good.") var reason: String
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    _ = try session.ledger()
    // An alert is an event: its number is enough.
    let ref = alert.utf8.allSatisfy { (0x30...0x39).contains($0) } ? "#\(alert)" : alert
    guard case .event(let position) = try session.resolve(ref, [.event]) else { return }
    let fact = try session.read { snapshot in try snapshot.event(at: position).fact }
    guard case .driftMeasured(let drift) = fact, drift.alert else {
      throw Failure(
        .badInput, code: "no-alert", what: "answer", on: "#\(position.value)",
        why: "it is no drift.measured in alert",
        next: "open alerts are listed by: jobledger status")
    }
    let made = try session.submit(
      .answerAlert(
        AnswerAlert(
          deployment: drift.deployment, drift: position, action: action, reason: Text(reason))),
      Attempt(
        "answer", on: "the alert #\(position.value)",
        [
          ("drift", .integer(position.value)), ("action", .string(action.rawValue)),
          ("reason", .string(reason)),
        ]))
    try session.printEvents(made) {
      "the alert #\(position.value) of \(drift.deployment) is answered, \(action.rawValue): "
        + "event #\($0.position.value)\n"
    }
  }
}

extension DriftDocument {
  /// What was found, in few words: `mean radius moved most: 0.31, above the threshold 0.2`.
  var words: String {
    var parts: [String] = []
    if let greatest, greatest.value <= fact.threshold {
      parts.append(
        "\(Words.count(columns, "column")), none above \(Words.number(fact.threshold)), "
          + "\(greatest.name.string) moved most: \(Words.places(greatest.value))")
    } else if let greatest {
      let others = movedColumns.count - 1
      parts.append(
        "\(greatest.name.string) \(Words.places(greatest.value))"
          + (others > 0 ? " and \(Words.count(UInt64(others), "other column"))" : "")
          + " above the threshold \(Words.number(fact.threshold))")
    } else if columns > 0 {
      parts.append(
        "\(Words.count(columns, "column")), \(fact.alert ? "one or more" : "none") above the "
          + "threshold \(Words.number(fact.threshold))")
    }
    if let predictions = fact.predictionDrift {
      let place = predictions > fact.threshold ? "above" : "within"
      parts.append(
        "predictions \(Words.places(predictions)), \(place) the threshold "
          + Words.number(fact.threshold))
    }
    if let performance = fact.performanceDrift {
      let changed = performance.filter { $0.value != 0 }.map { metric in
        "\(metric.name.string) \(metric.value > 0 ? "+" : "")\(Words.places(metric.value))"
      }
      parts.append(changed.isEmpty ? "unchanged" : changed.joined(separator: ", "))
    }
    return parts.joined(separator: "; ")
  }

  /// The columns above the threshold, the one that moved most first.
  var movedColumns: [Metric] {
    guard case .inline(let columns) = fact.psi else { return [] }
    return columns.filter { $0.value > fact.threshold }.sorted { $0.value > $1.value }
  }

  /// One line after the job that measured it.
  var line: String {
    let about = "\(fact.deployment) against #\(fact.baseline.value)"
    let what = fact.comparesData ? "drift" : "performance"
    return fact.alert
      ? "ALERT #\(mark.position.value): \(what) of \(about): \(words)"
      : "\(what) of \(about): \(words)"
  }

  /// What to do about an alert.
  var advice: String {
    "say what is done about it with: jobledger answer '#\(mark.position.value)' --action "
      + AlertAction.allCases.map(\.rawValue).joined(separator: "|") + " --reason …"
  }
}

extension Page {
  private static let shownColumns = 10

  /// Adds how a deployment is doing: what it scored, how its data, predictions and performance have
  /// moved, and what was done about alerts.
  mutating func addHealth(_ document: DeploymentDocument) {
    let state = document.deployment
    guard let last = state.lastPrediction ?? state.lastDrift ?? state.lastPerformance else {
      return
    }
    heading("How it is doing")
    if let outputs = document.outputs {
      let rows = outputs.rows.map { ", \(Words.count($0, "row"))" } ?? ""
      item("last used \(TimeText.absolute(last.time))\(rows) (event #\(last.position.value))")
    }
    if let drift = document.drift {
      item("drift against #\(drift.fact.baseline.value): \(drift.words)", drift.style)
      for column in drift.movedColumns.prefix(Page.shownColumns) {
        item("  \(column.name.string) \(Words.places(column.value))", .warning)
      }
      if drift.movedColumns.count > Page.shownColumns {
        item("  and \(drift.movedColumns.count - Page.shownColumns) more")
      }
    }
    if let performance = document.performance {
      item(
        "performance against the approval #\(performance.fact.baseline.value): "
          + performance.words, performance.style)
    }
    if let answer = document.answer {
      let delay = TimeText.duration(microseconds: answer.delayMicroseconds)
      item(
        "alert #\(answer.answer.drift.value) was answered after \(delay) by \(answer.actor.words): "
          + "\(answer.answer.action.rawValue), because: \(answer.reason?.string ?? "(erased)")")
    }
    if let open = state.openAlert {
      item(
        "the alert #\(open.position.value) of \(TimeText.absolute(open.time)) waits for an answer",
        .bad)
    }
  }
}

extension DriftDocument {
  fileprivate var style: Style { fact.alert ? .bad : .plain }
}

extension Words {
  /// A number to four places: enough of an index, or of a change, which may well be none.
  fileprivate static func places(_ value: Double) -> String {
    guard value.magnitude < 1_000_000 else { return number(value) }
    return number((value * 10_000).rounded() / 10_000)
  }
}
