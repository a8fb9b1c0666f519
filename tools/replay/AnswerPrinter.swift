// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain

/// Prints answers in the form that was asked for.
struct AnswerPrinter {
  /// How many events of a row are written in a table; JSON and CSV have all.
  private static let shownEvents = 6

  private let console: Console

  init(_ console: Console) { self.console = console }

  /// Prints an answer; among others it has a heading.
  func print(_ answer: Answer, isAlone: Bool) throws {
    switch console.format {
    case .json:
      var object = ObjectStream { try console.out.write($0) }
      try answer.write(to: &object)
      return try object.finish()
    case .csv: try printTable(answer)
    case .table:
      if !isAlone {
        try console.print()
        try console.print(
          console.styled("\(answer.question.rawValue) \(answer.question.title)", .bold))
      }
      if answer.notAnswerable == nil, answer.rows.isEmpty { try console.print("none") }
      fitsTerminal(answer) ? try printTable(answer) : try printBlocks(answer)
    }
    if let why = answer.notAnswerable { try tell("not answerable: \(why)", .warning) }
    for exception in answer.exceptions {
      let about = exception.about.map { " \($0)" } ?? ""
      try tell(
        "exception: \(exception.rule.rawValue)\(about) (\(events(exception.positions)))", .bad)
    }
    if isAlone {
      let time = answer.asOf.time.map { ", \($0)" } ?? ""
      console.remark("as of size \(answer.asOf.size.value)\(time)")
    }
  }

  /// What belongs to an answer stands with its table; beside CSV it is a remark.
  private func tell(_ words: String, _ style: Style) throws {
    if console.format == .csv { return console.remark(words) }
    try console.print(console.styled(words, style))
  }

  // MARK: Rows

  private func printTable(_ answer: Answer) throws {
    var printer = try ListPrinter(
      console,
      answer.columns.map { Column($0.heading, isFlexible: !$0.isFixed) }
        + [Column("positions", isFlexible: true)])
    for row in answer.rows {
      try printer.add(
        row.values.map { $0.map(Cell.init) ?? .none } + [.text(events(row.positions))],
        json: answer.json)
    }
    if !answer.rows.isEmpty { try printer.finish() }
  }

  /// Whether a row of so many columns can be read in a line of the terminal, if there is one.
  private func fitsTerminal(_ answer: Answer) -> Bool {
    guard let width = console.style.width else { return true }
    return (answer.columns.count + 1) * 14 <= width
  }

  /// A row as lines of its own, name and value, for terminals that are too narrow for the table.
  private func printBlocks(_ answer: Answer) throws {
    for row in answer.rows {
      // Headings without a word are the empty line before each row.
      var table = TableWriter([Column(""), Column("", isFlexible: true)], style: console.style)
      var lines = ""
      for (column, value) in zip(answer.columns, row.values) {
        if let value { lines += table.row([.text(column.heading), Cell(value)]) }
      }
      lines += table.row([.text("positions"), .text(events(row.positions))])
      try console.out.write(lines + table.finish())
    }
  }

  private func events(_ positions: [Position]) -> String {
    let limit = console.format == .table ? AnswerPrinter.shownEvents : positions.count
    let shown = positions.prefix(limit).map { "#\($0.value)" }.joined(separator: " ")
    let rest = positions.count - limit
    return rest > 0 ? "\(shown) and \(rest) more" : shown
  }

  /// A value as canonical JSON; a string without its quotes.
  static func text(of value: JSONValue) -> String {
    if let text = value.text { return text.string }
    return (try? CanonicalJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

extension AnswerColumn {
  /// Whether a narrow terminal may not cut it: what names a thing, and when.
  fileprivate var isFixed: Bool {
    [.version, .subject, .about, .time, .since, .until, .status, .verdict].contains(self)
  }
}

extension Cell {
  /// How a table and CSV show a value.
  init(_ value: AnswerValue) {
    switch value {
    case .text(let text): self = .text(text.string)
    case .word(let word): self = .word(word)
    case .words(let words), .names(let words): self = .text(words.joined(separator: " "))
    case .name(let name): self = .text(name)
    case .count(let count), .bytes(let count): self = .number(count)
    case .duration(let microseconds): self = .duration(microseconds: microseconds)
    case .number(let number): self = .number(Words.number(number))
    case .time(let time): self = .time(time)
    case .date(let date): self = .text(date.description)
    case .digest(let digest): self = .text(digest.description)
    case .digests(let digests):
      self = .text(digests.map(\.description).joined(separator: " "))
    case .position(let position): self = .text("#\(position.value)")
    case .positions(let positions):
      self = .text(positions.map { "#\($0.value)" }.joined(separator: " "))
    case .actor(let actor): self = .text(actor.words)
    case .metrics(let metrics): self = .text(Words.metrics(metrics))
    case .flag(let flag): self = .word(flag ? "yes" : "no")
    case .json(let value): self = .text(AnswerPrinter.text(of: value))
    case .erased(let mark): self = .text(mark.map { "(\($0.words))" } ?? "(missing)")
    }
  }
}
