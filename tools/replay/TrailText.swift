// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading

/// What people read of a trail: the same for everybody who asks the same, so no "3 days ago".
enum TrailText {
  static func header(_ header: TrailHeader) -> [String] {
    var facts: [(String, String)] = [
      ("trail of", header.scope.words + (header.window.actor.map { ", what \($0) did" } ?? "")),
      ("ledger", "\(header.origin), id \(header.id)"),
      ("as of", header.asOf.words),
    ]
    if let words = window(header.window) { facts.append(("window", words)) }
    var events = Words.count(header.events, "event")
    if let first = header.first, let last = header.last {
      events += ", #\(first.value) to #\(last.value)"
    }
    let lines = Words.count(header.log.lines.total, "log line")
    events +=
      "; \(lines) (\(serious(header.log))) \(header.includesLogs ? "among them" : "left out")"
    facts.append(("events", events))
    if let head = header.checkpoint {
      facts.append(
        (
          "signed",
          "checkpoint of size \(head.size.value), root \(head.root)"
            + (head.covers ? "" : "; what is after it is not signed yet")
        ))
    } else {
      facts.append(("signed", "nothing: there is no checkpoint"))
    }
    let marks = TrailMark.allCases.compactMap { mark in
      header.marks[mark].map { "\($0) \(mark.rawValue)" }
    }
    facts.append(("marked", marks.isEmpty ? "nothing" : marks.joined(separator: ", ")))
    facts.append(
      (
        "erased",
        header.erased == 0 ? "nothing" : "the words of \(Words.count(header.erased, "event"))"
      )
    )
    if header.missingCount > 0 {
      let named = header.missing.map { "#\($0.value)" }.joined(separator: ", ")
      facts.append(("MISSING", "the words of \(header.missingCount) events: \(named)"))
    } else {
      facts.append(("missing", "nothing"))
    }
    return facts.map { name, words in
      name + String(repeating: " ", count: 10 - name.utf8.count) + TerminalText.escape(words)
    }
  }

  static func lines(_ entry: TrailEntry, _ console: Console) -> [String] {
    let event = entry.event
    var lines = [
      console.styled("#\(event.position.value)", .bold) + "  " + event.time.description + "  "
        + console.styled(entry.what, style(entry)) + marks(entry, console),
      "    by " + TerminalText.escape(event.actor.words),
    ]
    func add(_ name: String, _ words: String?) {
      guard let words, !words.isEmpty else { return }
      lines.append("    \(name) \(TerminalText.escape(words))")
    }
    add("occurred", event.occurred.map { "\($0)\(lateness(of: event))" })
    add("the clock read", event.clock?.description)
    if entry.words == .erased {
      lines.append(
        entry.erasure.map { "    its words were \($0.words)" } ?? "    its words are MISSING")
    }
    add("because:", entry.why?.string)
    // What a deployment says of itself names its approval.
    if let cause = entry.cause, entry.event.fact.deployedOn == nil {
      add("caused by", TrailText.cause(cause))
    }
    add("on conditions:", entry.words.string(.conditions)?.string)
    add("procedure:", entry.words.string(.procedure)?.string)
    add("purpose:", entry.words.string(.purpose)?.string)
    add("command:", entry.words[.command].map(json))
    add("parameters:", entry.words[.parameters].map(json))
    if case .jobLogged = event.fact { add("|", entry.words.string(.message)?.string) }
    for change in entry.changes { add("changed", TrailText.change(change)) }
    if let decision = entry.decision {
      let evidence = decision.evidence
      let events = evidence.evaluations.map { "#\($0.value)" }.joined(separator: " ")
      add(
        "evidence:",
        (evidence.evaluations.isEmpty ? "no evaluation" : "evaluations \(events)")
          + (evidence.metrics.isEmpty ? "" : ", \(Words.metrics(evidence.metrics))")
          + ", seen at size \(evidence.seen.value)" + (evidence.shown ? "" : ", not shown"))
      for digest in evidence.dataDigests { add("data", digest.description) }
      for exception in decision.exceptions { add("EXCEPTION:", exception.rawValue) }
      add("valid until", decision.validUntil?.description)
    }
    add("signed by", event.fact.signature?.words)
    if !entry.changes.contains(where: { $0.name == "artifacts" }) {
      add("artifacts", entry.artifactsDigest?.description)
    }
    if let log = entry.log, log.lines.total > 0 {
      add(
        "log:",
        "\(Words.count(log.lines.total, "line")), \(serious(log))")
    }
    return lines
  }

  /// The words of what makes an entry stand out, after two spaces.
  static func marks(_ entry: TrailEntry, _ console: Console) -> String {
    entry.marks.map { mark in
      let style: Style =
        switch mark {
        case .late, .clock: .warning
        case .backDated, .exception, .erased, .missing, .lost: .bad
        }
      return "  " + console.styled(mark.rawValue.uppercased(), style)
    }.joined()
  }

  private static func lateness(of event: Event) -> String {
    guard let occurred = event.occurred, occurred < event.time else { return "" }
    let span = UInt64(event.time.microseconds - occurred.microseconds)
    return ", \(TimeText.duration(microseconds: span)) before it was recorded"
  }

  private static func window(_ window: TrailWindow) -> String? {
    var parts: [String] = []
    if window.since.value > 0 { parts.append("from #\(window.since.value)") }
    if let until = window.until { parts.append("up to size \(until.value)") }
    if let since = window.happenedSince { parts.append("what occurred from \(since)") }
    if let until = window.happenedUntil { parts.append("what occurred up to \(until)") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private static func serious(_ log: LogCounts) -> String {
    Words.count(log.records.warning, "warning") + ", " + Words.count(log.records.error, "error")
  }

  /// `#41: alice revoked every role of bob, because: he left`
  static func cause(_ cause: EventCause) -> String {
    "#\(cause.event.position.value): \(cause.event.actor.words) \(cause.what)"
      + (cause.reason.map { ", because: \($0.string)" } ?? "")
  }

  /// `version churn/churn-lr@3: status evaluated → approved`
  static func change(_ change: Change) -> String {
    let after = change.after.map(json) ?? "nothing"
    let before = change.before.map { "\(json($0)) → " } ?? ""
    return "\(change.of): \(change.name) \(before)\(after)"
  }

  private static func json(_ value: JSONValue) -> String {
    if let text = value.text { return text.string }
    return (try? CanonicalJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
  }

  static func style(_ entry: TrailEntry) -> Style {
    switch entry.event.fact {
    case .versionApproved, .versionDeployed, .jobCompleted: .good
    case .versionRejected, .jobFailed, .jobLost, .commandRefused, .textErased, .artifactErased:
      .bad
    case .jobStopped, .deploymentRetired, .clockCorrected: .warning
    default: .plain
    }
  }
}

extension Fact {
  /// The approval that a deployment rests on.
  fileprivate var deployedOn: Position? {
    if case .versionDeployed(let fact) = self { fact.decision } else { nil }
  }
}
