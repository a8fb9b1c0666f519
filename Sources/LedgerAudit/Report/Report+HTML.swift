// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

extension Report {
  /// One page without scripts, for the screen and for paper; UTF-8, and complete in itself.
  public var html: String {
    var page = ReportPage(self)
    return page.write()
  }
}

/// Writes the page, part by part, in the order in which it is read.
private struct ReportPage {
  private static let policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

  let report: Report
  let words: ReportWords
  private let value: AnswerText
  private var page = HTMLText()

  init(_ report: Report) {
    self.report = report
    words = ReportWords(report.language)
    value = AnswerText(words: words)
  }

  mutating func write() -> String {
    page.markup("<!DOCTYPE html>\n")
    let part = self
    page.element("html", [("lang", report.language.rawValue)]) { page in
      page.newline()
      part.head(&page)
      page.element("body") { page in
        page.element("a", [("class", "skip"), ("href", "#report")], part.words.skip)
        page.newline()
        part.header(&page)
        page.element("main", [("id", "report")]) { page in
          part.summary(&page)
          part.exceptions(&page)
          part.contents(&page)
          part.drawings(&page)
          part.profile(&page)
          for answer in part.report.answers { part.section(answer, &page) }
          part.checking(&page)
        }
        page.element("footer", [("class", "soft")]) { page in
          page.element("p", part.words.disclaimer)
        }
      }
    }
    page.newline()
    return page.text
  }

  private func head(_ page: inout HTMLText) {
    page.element("head") { page in
      page.markup("<meta charset=\"utf-8\">\n")
      page.element(
        void: "meta", [("http-equiv", "Content-Security-Policy"), ("content", Self.policy)])
      page.markup("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n")
      page.element(void: "meta", [("name", "generator"), ("content", report.order.tool)])
      page.element("title", "\(report.title) · \(report.origin)")
      page.markup("<style>")
      page.markup(ReportStyle.sheet)
      page.markup("</style>")
    }
    page.newline()
  }

  private func header(_ page: inout HTMLText) {
    page.element("header") { page in
      page.element("p", [("class", "soft")], report.origin)
      page.element("h1", report.title)
    }
    page.newline()
  }

  private func summary(_ page: inout HTMLText) {
    page.element("h2", [("id", "summary")], words.summary)
    page.element("div", [("class", "wide")]) { page in
      page.element("table", [("class", "facts")]) { page in
        page.element("tbody") { page in
          for (name, said) in report.summary {
            page.element("tr") { page in
              page.element("th", [("scope", "row")], name)
              page.element("td", said)
            }
          }
        }
      }
    }
    page.newline()
  }

  private func exceptions(_ page: inout HTMLText) {
    page.element("h2", [("id", "exceptions")], words.exceptions)
    guard report.exceptionCount > 0 else {
      return page.element("p", [("class", "clear")], words.noExceptions)
    }
    page.element("div", [("class", "exceptions")]) { page in
      page.element("p", [("class", "flag")], words.exceptions(report.exceptionCount))
      page.element("ul") { page in
        for (question, rules) in report.exceptionsByQuestion {
          page.element("li") { page in
            page.element("a", [("href", "#q\(question.rawValue)")]) { page in
              page.words("\(question.rawValue) \(question.title(report.language))")
            }
            page.words(": ")
            page.words(
              rules.map { "\($0.rule.words(report.language)) (\($0.count))" }
                .joined(separator: "; "))
          }
        }
      }
    }
    page.newline()
  }

  private func contents(_ page: inout HTMLText) {
    page.element("nav", [("aria-labelledby", "contents")]) { page in
      page.element("h2", [("id", "contents")], words.contents)
      page.element("ol") { page in
        for answer in report.answers {
          page.element("li", [("value", "\(answer.question.rawValue)")]) { page in
            page.element("a", [("href", "#q\(answer.question.rawValue)")]) { page in
              page.words(answer.question.title(report.language))
            }
            if !answer.exceptions.isEmpty {
              page.words(" ")
              page.element(
                "span", [("class", "flag")], "(\(words.exceptions(answer.exceptions.count)))")
            }
          }
        }
      }
    }
    page.newline()
  }

  private func drawings(_ page: inout HTMLText) {
    if !report.timeline.lanes.isEmpty {
      page.element("h2", [("id", "timeline")], words.timeline)
      page.element("p", [("class", "soft")], words.timelineText)
      scrolling(words.timeline, &page) { page in
        TimelineDrawing(timeline: report.timeline, words: words).write(to: &page)
      }
      if report.timeline.omitted > 0 {
        page.element("p", [("class", "soft")], words.lanesOmitted(report.timeline.omitted))
      }
    }
    page.element("h2", [("id", "lifecycle")], words.lifeCycle)
    page.element("p", [("class", "soft")], words.lifeCycleText)
    scrolling(words.lifeCycle, &page) { page in
      LifeCycleDrawing(lifeCycle: report.lifeCycle, words: words).write(to: &page)
    }
  }

  private func profile(_ page: inout HTMLText) {
    guard let profile = report.order.profile else { return }
    page.element("h2", [("id", "articles")], "\(words.articles): \(profile.title(report.language))")
    page.element("p", words.disclaimer)
    table(
      caption: profile.title(report.language),
      heading: [words.article, words.asks, words.helps, words.notCovered], &page
    ) { page in
      for clause in profile.clauses {
        page.element("tr") { page in
          page.element("td", clause.citation(report.language))
          page.element("td", clause.asks(report.language))
          page.element("td") { page in
            if clause.questions.isEmpty { page.words(words.nothingHere) }
            for (index, question) in clause.questions.enumerated() {
              if index > 0 { page.markup("<br>") }
              page.element("a", [("href", "#q\(question.rawValue)")]) { page in
                page.words("\(question.rawValue) \(question.title(report.language))")
              }
              page.words(": \(report.result(of: question))")
            }
          }
          page.element("td", clause.notCovered(report.language))
        }
      }
    }
  }

  private func section(_ answer: Answer, _ page: inout HTMLText) {
    let id = "q\(answer.question.rawValue)"
    page.element("section", [("aria-labelledby", id)]) { page in
      page.element("h2", [("id", id)]) { page in
        page.element("span", [("class", "number")], "\(answer.question.rawValue)")
        page.words(answer.question.title(report.language))
      }
      if let why = answer.notAnswerable {
        page.element("p", [("class", "flag")], "\(words.notAnswerable): \(why)")
        return
      }
      if !answer.exceptions.isEmpty { exceptions(of: answer, &page) }
      rows(of: answer, &page)
    }
    page.newline()
  }

  private func exceptions(of answer: Answer, _ page: inout HTMLText) {
    page.element("div", [("class", "exceptions")]) { page in
      page.element("p", [("class", "flag")], words.exceptions(answer.exceptions.count))
      page.element("ul") { page in
        for exception in answer.exceptions.prefix(Report.shownRows) {
          let about = exception.about.map { "\($0): " } ?? ""
          page.element("li") { page in
            page.words(about + exception.rule.words(report.language) + " ")
            page.element(
              "span", [("class", "soft")], "(\(AnswerText.events(exception.positions)))")
          }
        }
      }
      if answer.exceptions.count > Report.shownRows {
        page.element("p", words.shortened(Report.shownRows, of: answer.exceptions.count))
      }
    }
  }

  private func rows(of answer: Answer, _ page: inout HTMLText) {
    guard !answer.rows.isEmpty else {
      return page.element("p", [("class", "soft")], words.none)
    }
    let filled = AnswerText.filled(answer)
    table(
      caption: words.rows(answer.rows.count),
      heading: filled.map { answer.columns[$0].heading(report.language) } + [words.events],
      numbers: Set(filled.indices.filter { isOfNumbers(filled[$0], in: answer) }), &page
    ) { page in
      for row in answer.rows.prefix(Report.shownRows) {
        page.element("tr") { page in
          for cell in filled.map({ value(row.values[$0]) }) {
            var kind: [(StaticString, String)] = []
            if cell.form != .words { kind.append(("class", cell.form.rawValue)) }
            // Else the columns that are not broken would leave long ones a word a line.
            if cell.form == .words, cell.text.utf8.count > 24 { kind.append(("class", "long")) }
            page.element("td", kind, cell.text)
          }
          page.element("td", [("class", "soft")], AnswerText.events(row.positions))
        }
      }
    }
    if answer.rows.count > Report.shownRows {
      page.element(
        "p", [("class", "soft")], words.shortened(Report.shownRows, of: answer.rows.count))
    }
  }

  private func checking(_ page: inout HTMLText) {
    page.element("h2", [("id", "check")], words.checkIt)
    page.element("p", report.checking)
    page.element("pre", report.commands.joined(separator: "\n"))
  }

  /// Whether all that is in a column stands to the right, as its heading then does.
  private func isOfNumbers(_ column: Int, in answer: Answer) -> Bool {
    answer.rows.prefix(Report.shownRows).allSatisfy { row in
      row.values[column].map { value($0).form == .number } ?? true
    }
  }

  /// A table that scrolls by itself where it is too wide.
  private func table(
    caption: String, heading: [String], numbers: Set<Int> = [], _ page: inout HTMLText,
    _ body: (inout HTMLText) -> Void
  ) {
    scrolling(caption, &page) { page in
      page.element("table") { page in
        page.element("caption", caption)
        page.element("thead") { page in
          page.element("tr") { page in
            for (column, heading) in heading.enumerated() {
              let kind: [(StaticString, String)] = numbers.contains(column) ? [("class", "n")] : []
              page.element("th", kind + [("scope", "col")], heading)
            }
          }
        }
        page.element("tbody") { page in body(&page) }
      }
    }
    page.newline()
  }

  private func scrolling(
    _ label: String, _ page: inout HTMLText, _ body: (inout HTMLText) -> Void
  ) {
    page.element(
      "div", [("class", "wide"), ("role", "region"), ("aria-label", label), ("tabindex", "0")], body
    )
  }
}
