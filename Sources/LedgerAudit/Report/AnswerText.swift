// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain

/// Values of answers as words in one language: the same in HTML, Markdown and CSV.
struct AnswerText {
  /// How a value stands in a cell.
  enum Form: String {
    /// Words.
    case words = ""
    /// What is not broken at the end of a line: names, times.
    case mark = "k"
    /// Numbers, to the right.
    case number = "n"
    /// Digests and structures.
    case code = "code"
    /// What is gone.
    case erased = "erased"
  }

  let words: ReportWords

  /// The columns of an answer that hold anything: a page leaves the others out.
  static func filled(_ answer: Answer) -> [Int] {
    answer.columns.indices.filter { column in answer.rows.contains { $0.values[column] != nil } }
  }

  /// The words of a value, and how they stand in a cell.
  func callAsFunction(_ value: AnswerValue?) -> (text: String, form: Form) {
    switch value {
    case nil: ("", .words)
    case .text(let text): (text.string, .words)
    case .word(let word), .name(let word): (word, .mark)
    case .words(let words), .names(let words): (words.joined(separator: " "), .words)
    case .count(let count), .bytes(let count): ("\(count)", .number)
    case .number(let number): (Words.number(number), .number)
    case .duration(let microseconds): (Words.number(Double(microseconds) / 1e6) + " s", .number)
    case .time(let time): (time.description, .mark)
    case .date(let date): (date.description, .mark)
    case .digest(let digest): (digest.description, .code)
    case .digests(let digests):
      (digests.map(\.description).joined(separator: " "), .code)
    case .position(let position): ("#\(position.value)", .number)
    case .positions(let positions): (AnswerText.events(positions), .words)
    case .actor(let actor): (actor.words, .words)
    case .metrics(let metrics): (Words.metrics(metrics), .words)
    case .flag(let flag): (flag ? words.yes : words.no, .words)
    case .json(let value): (AnswerText.json(value), .code)
    case .erased(let mark): (erased(mark), .erased)
    }
  }

  private func erased(_ mark: ErasureMark?) -> String {
    guard let mark else { return words.missing }
    return words.erased(
      mark.basis.rawValue, "\(mark.actor.person)", "\(mark.time)", "#\(mark.position.value)")
  }

  /// `#3 #7–#9 #12`: runs of more than two are shortened.
  static func events(_ positions: [Position]) -> String {
    var runs: [(first: UInt64, last: UInt64)] = []
    for position in positions {
      if let last = runs.last?.last, last + 1 == position.value {
        runs[runs.count - 1].last = position.value
      } else {
        runs.append((position.value, position.value))
      }
    }
    return runs.map { run in
      switch run.last - run.first {
      case 0: "#\(run.first)"
      case 1: "#\(run.first) #\(run.last)"
      default: "#\(run.first)–#\(run.last)"
      }
    }.joined(separator: " ")
  }

  /// A value as canonical JSON; a string without its quotes.
  private static func json(_ value: JSONValue) -> String {
    if let text = value.text { return text.string }
    return (try? CanonicalJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
