// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain

/// Prints answers in the form that was asked for.
struct AnswerPrinter {
  private let console: Console

  init(_ console: Console) { self.console = console }

  /// Prints an answer; among others it has a heading.
  func print(_ answer: Answer, isAlone: Bool) throws {
    switch console.format {
    case .json: return try console.print(answer.json)
    case .csv: break
    case .table:
      if !isAlone {
        try console.print()
        try console.print(
          console.styled("\(answer.question.rawValue) \(answer.question.title)", .bold))
      }
    }
    if let why = answer.notAnswerable { return console.remark("not answerable: \(why)") }
    var printer = try ListPrinter(
      console,
      answer.columns.map { Column($0.heading, isFlexible: $0.isFlexible) } + [Column("events")])
    for row in answer.rows {
      try printer.add(
        row.values.map { $0.map(Cell.init) ?? .none } + [.text(events(row.positions))],
        json: answer.json)
    }
    try printer.finish()
    for exception in answer.exceptions {
      let about = exception.about.map { " \($0)" } ?? ""
      console.remark(
        "exception: \(exception.rule.rawValue)\(about) (\(events(exception.positions)))")
    }
    if isAlone {
      let time = answer.asOf.time.map { ", \($0)" } ?? ""
      console.remark("as of size \(answer.asOf.size.value)\(time)")
    }
  }

  /// A value as canonical JSON; a string without its quotes.
  static func text(of value: JSONValue) -> String {
    if let text = value.text { return text.string }
    return (try? CanonicalJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private func events(_ positions: [Position]) -> String {
    positions.map { "#\($0.value)" }.joined(separator: " ")
  }
}

extension AnswerColumn {
  /// Whether a narrow terminal may cut it.
  fileprivate var isFlexible: Bool { [.artifactsDigest].contains(self) }
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
