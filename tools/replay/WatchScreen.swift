// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// Where a history is played: a line for each event, and on a terminal what is in production below.
struct WatchScreen {
  /// How many deployments are shown at once.
  private static let rows = 8
  /// Gaps from here on are told between two events.
  private static let gap: UInt64 = 3600 * 1_000_000

  private let console: Console
  /// Whether there is a panel, which is drawn again below each event.
  let hasPanel: Bool
  /// The keys that the last line of the panel names; nil for no such line.
  var keys: String?
  private var drawn = 0

  init(_ console: Console) {
    self.console = console
    hasPanel = console.outIsTerminal && ProcessEnvironment["TERM"] != "dumb"
  }

  /// Shows an event, and what is in production after it.
  mutating func show(
    _ entry: TrailEntry, after gap: UInt64, _ production: [(version: String, state: Deployment)]
  ) throws {
    if console.isJSON {
      try console.print(entry.json)
      return try console.out.flush()
    }
    var text = lift()
    if hasPanel, gap >= WatchScreen.gap {
      let span = TimeText.duration(microseconds: gap)
      text += cut([("      … \(span) later", .dim)]) + "\n"
    }
    text += line(entry) + "\n"
    if hasPanel { text += panel(production, asOf: entry.event) }
    try console.out.write(text)
    try console.out.flush()
  }

  /// Takes the keys away at the end; the rest stays.
  mutating func finish() throws {
    guard keys != nil, drawn > 0 else { return }
    try console.out.write("\u{1b}[1A\r\u{1b}[J")
    try console.out.flush()
  }

  /// Moves to the first line of the panel and clears it.
  private mutating func lift() -> String {
    defer { drawn = 0 }
    return drawn == 0 ? "" : "\u{1b}[\(drawn)A\r\u{1b}[J"
  }

  private func line(_ entry: TrailEntry) -> String {
    let event = entry.event
    var parts: [(String, Style)] = [
      ("#\(event.position.value)", .bold), ("  \(TimeText.seconds(event.time))  ", .plain),
      (event.actor.person.string, .active), (" ", .plain), (entry.what, TrailText.style(entry)),
    ]
    if let why = entry.why { parts.append((", because: \(why.string)", .plain)) }
    for mark in entry.marks { parts.append(("  " + mark.rawValue.uppercased(), .bad)) }
    if !entry.changes.isEmpty {
      let changes = entry.changes.map(TrailText.change).joined(separator: "; ")
      parts.append(("  · \(changes)", .dim))
    }
    return cut(parts)
  }

  private mutating func panel(
    _ production: [(version: String, state: Deployment)], asOf event: Event
  ) -> String {
    let title =
      "── in production at size \(event.position.value + 1), \(TimeText.seconds(event.time)) "
    let rest = max(0, (console.style.width ?? 80) - DisplayWidth.of(title))
    var lines = [cut([(title + String(repeating: "─", count: rest), .dim)])]
    if production.isEmpty { lines.append(cut([("  nothing", .dim)])) }
    for (version, state) in production.prefix(WatchScreen.rows) {
      lines.append(
        cut([
          ("  \(state.target)  ", .plain), (version, .good),
          ("  since \(TimeText.seconds(state.since.time)) by \(state.deployedBy.person)", .plain),
          (state.openAlert == nil ? "" : "  ALERT", .bad),
        ]))
    }
    if production.count > WatchScreen.rows {
      lines.append(cut([("  and \(production.count - WatchScreen.rows) more", .dim)]))
    }
    if let keys { lines.append(cut([(keys, .dim)])) }
    drawn = lines.count
    return lines.joined(separator: "\n") + "\n"
  }

  /// The parts on one line, cut where the terminal ends so that none wraps.
  private func cut(_ parts: [(text: String, style: Style)]) -> String {
    var left = hasPanel ? console.style.width ?? 80 : Int.max
    var line = ""
    for part in parts where left > 0 {
      let text = TerminalText.escape(part.text)
      let shown = hasPanel ? DisplayWidth.truncate(text, to: left) : text
      line += part.style.apply(to: shown, isOn: console.style.colors)
      left -= hasPanel ? DisplayWidth.of(shown) : 0
    }
    return line
  }
}
