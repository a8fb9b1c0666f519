// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

extension Report {
  /// The report as Markdown (CommonMark, with the tables of GitHub), without drawings.
  public var markdown: String {
    let words = ReportWords(language)
    let value = AnswerText(words: words)
    var lines = ["# \(MarkdownText.escape(title))", ""]
    lines += MarkdownText.table(
      [words.summary, ""], summary.map { [$0.0, $0.1] })
    lines += ["", "## \(words.exceptions)", ""]
    if exceptionCount == 0 { lines.append(words.noExceptions) }
    for (question, rules) in exceptionsByQuestion {
      let told = rules.map { "\($0.rule.words(language)) (\($0.count))" }.joined(separator: "; ")
      lines.append(
        MarkdownText.item("\(question.rawValue) \(question.title(language)): \(told)"))
    }
    if let profile = order.profile {
      lines += [
        "", "## \(MarkdownText.escape("\(words.articles): \(profile.title(language))"))", "",
      ]
      lines += MarkdownText.table(
        [words.article, words.asks, words.helps, words.notCovered],
        profile.clauses.map { clause in
          [
            clause.citation(language), clause.asks(language),
            clause.questions.isEmpty
              ? words.nothingHere
              : clause.questions.map {
                "\($0.rawValue) \($0.title(language)): \(result(of: $0))"
              }.joined(separator: "\n"),
            clause.notCovered(language),
          ]
        })
    }
    for answer in answers {
      let question = answer.question
      lines += [
        "", "## \(MarkdownText.escape("\(question.rawValue) \(question.title(language))"))", "",
      ]
      if let why = answer.notAnswerable {
        lines.append("**\(words.notAnswerable)**: \(MarkdownText.escape(why))")
        continue
      }
      for exception in answer.exceptions.prefix(Report.shownRows) {
        let about = exception.about.map { "\($0): " } ?? ""
        lines.append(
          MarkdownText.item(
            "\(about)\(exception.rule.words(language)) "
              + "(\(AnswerText.events(exception.positions)))"))
      }
      if !answer.exceptions.isEmpty { lines.append("") }
      if answer.rows.isEmpty {
        lines.append(words.none)
        continue
      }
      let filled = AnswerText.filled(answer)
      lines += MarkdownText.table(
        filled.map { answer.columns[$0].heading(language) } + [words.events],
        answer.rows.prefix(Report.shownRows).map { row in
          filled.map { value(row.values[$0]).text } + [AnswerText.events(row.positions)]
        })
      if answer.rows.count > Report.shownRows {
        lines += ["", words.shortened(Report.shownRows, of: answer.rows.count)]
      }
    }
    lines += ["", "## \(words.checkIt)", "", checking, ""]
    lines += commands.map { "    \($0)" }
    lines += ["", words.disclaimer, ""]
    return lines.joined(separator: "\n")
  }
}

/// Words in Markdown: nothing that somebody wrote is obeyed as markup.
enum MarkdownText {
  /// A table; line ends in cells become `<br>`.
  static func table(_ heading: [String], _ rows: [[String]]) -> [String] {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { escape($0) }.joined(separator: " | ") + " |"
    }
    return [line(heading), "|" + String(repeating: "---|", count: heading.count)]
      + rows.map { line($0) }
  }

  /// An item of a list.
  static func item(_ words: String) -> String { "- " + escape(words) }

  /// Escapes what Markdown or the HTML in it would obey.
  static func escape(_ words: String) -> String {
    var escaped = ""
    for scalar in words.unicodeScalars {
      switch scalar {
      case "\\", "`", "*", "_", "[", "]", "|", "~", "!": escaped += "\\\(scalar)"
      case "#" where escaped.isEmpty: escaped += "\\#"
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\n": escaped += "<br>"
      default: escaped += HTMLText.escape(String(scalar))
      }
    }
    return escaped
  }
}
