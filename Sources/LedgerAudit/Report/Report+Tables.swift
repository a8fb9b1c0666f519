// SPDX-License-Identifier: Apache-2.0

extension Report {
  /// One table of a set: a file name without its ending, headings, and all rows.
  public struct Table: Sendable {
    /// A cell: what it says, and whether it is a number as we wrote it.
    public typealias Cell = (text: String, isNumber: Bool)
    /// `08-approval-before-deployment`.
    public var name: String
    /// Above the columns.
    public var heading: [String]
    /// As many cells in each as there are headings.
    public var rows: [[Cell]]
  }

  /// The report as tables: what it covers, the exceptions, the clauses if there are any, then each
  /// answer, with all its rows.
  public var tables: [Table] {
    let words = ReportWords(language)
    let value = AnswerText(words: words)
    func said(_ text: String) -> Table.Cell { (text, false) }
    var tables = [
      Table(
        name: "00-summary", heading: [words.summary, ""],
        rows: summary.map { [said($0.0), said($0.1)] }),
      Table(
        name: "00-exceptions",
        heading: [words.question, words.rule, words.exceptions, words.about, words.events],
        rows: answers.flatMap { answer in
          answer.exceptions.map { exception in
            [
              ("\(answer.question.rawValue)", true), said(exception.rule.rawValue),
              said(exception.rule.words(language)), said(exception.about ?? ""),
              said(AnswerText.events(exception.positions)),
            ]
          }
        }),
    ]
    if let profile = order.profile {
      tables.append(
        Table(
          name: "00-\(profile.rawValue)",
          heading: [words.article, words.asks, words.helps, words.notCovered],
          rows: profile.clauses.map { clause in
            [
              said(clause.citation(language)), said(clause.asks(language)),
              said(
                clause.questions.map { "\($0.rawValue) \($0.title(language)): \(result(of: $0))" }
                  .joined(separator: "\n")), said(clause.notCovered(language)),
            ]
          }))
    }
    for answer in answers {
      let number = answer.question.rawValue
      let name = "\(number < 10 ? "0" : "")\(number)-\(answer.question.name)"
      if let why = answer.notAnswerable {
        tables.append(Table(name: name, heading: [words.notAnswerable], rows: [[said(why)]]))
        continue
      }
      tables.append(
        Table(
          name: name, heading: answer.columns.map { $0.heading(language) } + [words.events],
          rows: answer.rows.map { row in
            row.values.map { cell in
              let (text, form) = value(cell)
              // What stands behind `#` or before a unit is no number to a sheet.
              return (text, form == .number && Double(text) != nil)
            } + [said(AnswerText.events(row.positions))]
          }))
    }
    return tables
  }
}
