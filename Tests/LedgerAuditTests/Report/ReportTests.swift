// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

@Suite struct ReportTests {
  private func report(
    _ house: House, about scope: TrailScope = .ledger, since: UInt64 = 0, size: LedgerSize? = nil,
    profile: Profile? = nil, language: Language = .english
  ) throws -> Report {
    try house.ledger.reader.withSnapshot { snapshot in
      try Report.make(
        of: house.ledger.reader, in: snapshot,
        Report.Order(
          scope: scope, since: LedgerSize(since), size: size ?? snapshot.size, profile: profile,
          language: language, tool: "test 1"))
    }
  }

  private func lived() throws -> House {
    let house = try House()
    try house.live()
    return house
  }

  @Test func `all forms have the same numbers`() throws {
    let house = try lived()
    let report = try report(house, profile: .euAIAct)
    let answers = try #require(report.json.object?["answers"]?.array)
    #expect(answers.count == Question.allCases.count)
    let html = Markup(report.html)
    let sections = html.sections
    #expect(sections.count == answers.count)
    let tables = report.tables
    let markdown = report.markdown.split(separator: "\n## ").dropFirst()
    for (index, answer) in answers.enumerated() {
      let object = try #require(answer.object)
      let number = try #require(Question.allCases.map(\.rawValue).sorted()[safe: index])
      let rows = try #require(object["rows"]?.array).count
      let table = try #require(
        tables.first { $0.name.hasPrefix(number < 10 ? "0\(number)-" : "\(number)-") })
      let section = sections[index]
      let written = try #require(markdown.first { $0.hasPrefix("\(number) ") })
      if object["notAnswerable"] != nil {
        #expect(table.rows.count == 1 && section.rows == 0)
        continue
      }
      #expect(table.rows.count == rows, "CSV of question \(number)")
      #expect(section.rows == rows, "HTML of question \(number)")
      let lines = written.split(separator: "\n").count { $0.hasPrefix("| ") }
      #expect(lines == (rows == 0 ? 0 : rows + 1), "Markdown of question \(number)")
      let exceptions = try #require(object["exceptions"]?.array).count
      #expect(section.items == exceptions, "exceptions of question \(number)")
    }
    #expect(
      report.exceptionCount
        == answers.reduce(0) { sum, answer in
          sum + (answer.object?["exceptions"]?.array?.count ?? 0)
        })
  }

  @Test func `the same range gives the same bytes, whatever came after`() throws {
    let house = try lived()
    let size = try house.size
    let forms = { (report: Report) throws in
      [Array(report.html.utf8), Array(report.markdown.utf8), try CanonicalJSON.encode(report.json)]
    }
    let first = try forms(try report(house, size: LedgerSize(size.value / 2)))
    #expect(try forms(try report(house, size: LedgerSize(size.value / 2))) == first)
    #expect(try forms(try report(house, size: size)) != first)
  }

  @Test(arguments: Language.allCases)
  func `a page is well formed, without scripts and without anything from elsewhere`(
    _ language: Language
  ) throws {
    let house = try lived()
    let html = try report(house, profile: .electronicRecords, language: language).html
    let markup = Markup(html)
    #expect(markup.fault == nil)
    #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"\(language.rawValue)\">"))
    for word in ["<script", "javascript:", " src=", "@import", "url(http", " onload="] {
      #expect(!html.contains(word), "'\(word)' in a page")
    }
    // The one address is the name of SVG's markup.
    let rest = html.replacing("http://www.w3.org/2000/svg", with: "")
    #expect(!rest.replacing("http-equiv", with: "").contains("http"))
    #expect(markup.headings.first == 1 && markup.headings.count { $0 == 1 } == 1)
    #expect(markup.tablesWithoutHeadings == 0)
    #expect(markup.drawingsWithoutTitle == 0)
  }

  @Test func `what somebody wrote is shown and not obeyed`() throws {
    let house = try House()
    try house.live()
    let hostile = "<img src=x onerror=alert(1)> | [a](javascript:1) \u{202E}\u{1B}[31m =1+1"
    try house.ask(
      .alice, .hold(.project(.churn), places: true, reason: Text(hostile)))
    try house.ask(
      .bob, Scenario.decision(.rejected, Scenario.version(2), reason: Text(hostile)))
    let report = try report(house)
    #expect(Markup(report.html).fault == nil)
    #expect(!report.html.contains("<img"))
    #expect(report.html.contains("&lt;img src=x onerror=alert(1)&gt;"))
    for text in [report.html, report.markdown] {
      #expect(!text.unicodeScalars.contains("\u{202E}") && !text.unicodeScalars.contains("\u{1B}"))
    }
    #expect(
      report.markdown.contains("&lt;img src=x onerror=alert(1)&gt; \\| \\[a\\](javascript:1)"))
  }

  @Test func `a report of one subject says nothing of another`() throws {
    let house = try lived()
    let whole = try report(house)
    let part = try report(house, about: .subject(Scenario.feature))
    #expect(whole.html.contains("churn-lr@1"))
    #expect(!part.html.contains("churn-lr@1"))
  }

  @Test(arguments: Profile.allCases)
  func `a profile cites, shows what helps and what is not covered, and never says compliant`(
    _ profile: Profile
  ) throws {
    let house = try lived()
    for language in Language.allCases {
      let report = try report(house, profile: profile, language: language)
      let clauses = try #require(
        report.json.object?["profile"]?.object?["clauses"]?.array)
      #expect(clauses.count >= 5)
      for clause in clauses {
        let object = try #require(clause.object)
        for member in ["clause", "asks", "notCovered"] as [Text] {
          #expect(object[member]?.text.map { !$0.string.isEmpty } == true)
        }
        let questions = try #require(object["questions"]?.array)
        #expect(questions.count == object["results"]?.array?.count)
      }
      let words = report.html.lowercased()
      for claim in ["compliant", "konform", "conforme", "zertifiziert", "certif"] {
        #expect(!words.contains(claim), "'\(claim)' in \(profile) in \(language)")
      }
    }
  }

  @Test func `erased words are erased in a report made later, of any range`() throws {
    let house = try lived()
    let before = try report(house)
    #expect(before.html.contains("too slow"))
    let size = try house.size
    let event = try house.documents { documents in
      try #require(try documents.decision(at: try documents.decisionPositions()[0])).event
    }
    let position = event.position
    var policy = Policy.default
    policy.retentionMinimumDays = 0
    try house.ask(.alice, .setPolicy(policy, reason: "a password was printed"))
    try house.ask(
      .alice,
      .erase(
        Erase(
          items: [
            ErasureItem(
              .texts([PositionRange(from: position, to: position)]), project: .churn,
              subject: Scenario.modelReference,
              parts: [ErasureItem.Part(project: .churn, subject: Scenario.model)],
              latest: event.time, count: 1)
          ], basis: .mistake, reason: "a name")))
    let after = try report(house, size: size)
    #expect(!after.html.contains("too slow"))
    #expect(after.html.contains("erased ("))
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? {
    indices.contains(index) ? self[index] : nil
  }
}
