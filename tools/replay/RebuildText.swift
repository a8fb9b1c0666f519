// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// What people read of a rebuild.
enum RebuildText {
  static func print(_ report: RebuildReport, _ console: Console) throws {
    if console.isJSON { return try console.print(report.json) }
    let verdict =
      report.isEqual
      ? console.styled("equal", .good) : console.styled("DIFFERENT", .bad)
    try console.print(
      verdict + ": \(Words.count(report.rows, "row")) made anew from "
        + "\(Words.count(report.events, "event")) by reducer \(report.reducer)"
        + (report.isEqual ? "" : ", \(report.differences) of them not as stored"))
    try console.print("as of   \(report.asOf.words)")
    try console.print("stored  made by reducer \(report.stored)")
    if let first = report.first { try show(first, console) }
    guard !report.kinds.isEmpty else { return }
    try console.print()
    var table = TableWriter(
      [Column("kind"), Column("entities", .right), Column("stored"), Column("rebuilt")],
      style: console.style)
    for kind in report.kinds {
      let isEqual = kind.stored == kind.rebuilt
      try console.out.write(
        table.row([
          .text(name(kind.kind)), .number(kind.entities), .text(kind.stored.description),
          isEqual ? .text("equal") : .text(kind.rebuilt.description),
        ]))
    }
    try console.out.write(table.finish())
  }

  private static func show(_ first: RebuildReport.Mismatch, _ console: Console) throws {
    func line(_ name: String, _ words: String) throws {
      let space = String(repeating: " ", count: max(1, 8 - name.utf8.count))
      try console.print("  " + name + space + TerminalText.escape(words))
    }
    try console.print()
    try console.print(console.styled("First difference", .bold))
    if let key = first.entity {
      try line(
        "view", [key.kind, key.written].compactMap { $0 }.joined(separator: " "))
    }
    if let event = first.event {
      let why = event.reason.map { ", because: \($0.string)" } ?? ""
      try line(
        "event",
        "#\(event.event.position.value), \(event.event.time): \(event.event.actor.words) "
          + "\(event.what)\(why)")
    } else {
      try line("event", "#\(first.position.value)")
    }
    switch first.what {
    case .differs(let field, let stored, let rebuilt):
      try line("field", field)
      try line("stored", FieldText.value(stored))
      try line("rebuilt", FieldText.value(rebuilt))
    case .otherBytes(let stored, let rebuilt):
      try line("bytes", "\(stored.count) stored, \(rebuilt.count) rebuilt, of the same meaning")
    case .unreadable(let why): try line("stored", "cannot be read: \(why)")
    case .missing: try line("stored", "nothing: the row is missing")
    case .surplus: try line("rebuilt", "nothing: no event makes this row")
    case .unfoldable(let why):
      try line("why", "it cannot follow what is before it: \(why); nothing after it was rebuilt")
    }
  }

  private static func name(_ kind: EntityKind) -> String {
    switch kind {
    case .slot: "target"
    default: "\(kind)"
    }
  }
}
