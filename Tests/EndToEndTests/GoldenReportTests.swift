// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

/// Reports of the golden ledger, byte by byte: `Fixtures/reports/make` makes them again.
@Suite struct GoldenReportTests {
  @Test func `golden reports are made again, byte by byte, wherever and whenever`() throws {
    let site = Site(ledger: false)
    let run = site.run(
      """
      TZ=Asia/Kathmandu "$FIXTURES/reports/make" made > said || { cat said; exit 90; }
      diff -r -q -x README.md -x make "$FIXTURES/reports" made && ls made | wc -l
      """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    #expect(run.text == "6\n")
  }

  @Test func `the forms of one report have as many rows, exceptions and events`() throws {
    let site = Site(ledger: false)
    let run = site.run(
      """
      "$PYTHON" - "$FIXTURES/reports" <<'SCRIPT'
      import csv, glob, json, os, re, sys
      here = sys.argv[1]
      report = json.load(open(here + "/lr.json", encoding="utf-8"))
      page = open(here + "/lr.html", encoding="utf-8").read()
      german = open(here + "/lr.de.html", encoding="utf-8").read()
      words = open(here + "/lr.md", encoding="utf-8").read()
      assert len(report["answers"]) == 26
      for answer in report["answers"]:
          number = answer["question"]
          section, = re.findall(f'<section aria-labelledby="q{number}">(.*?)</section>', page, re.S)
          deutsch, = re.findall(f'<section aria-labelledby="q{number}">(.*?)</section>', german, re.S)
          part, = re.findall(rf"^## {number} .*?(?=^## |\\Z)", words, re.S | re.M)
          file, = glob.glob(f"{here}/lr-tables/{number:02}-*.csv")
          rows = list(csv.reader(open(file, encoding="utf-8", newline="")))[1:]
          if "notAnswerable" in answer:
              assert "<table" not in section and len(rows) == 1 and "|" not in part, number
              continue
          many, wrong = len(answer["rows"]), len(answer["exceptions"])
          assert len(rows) == many, number
          for each in (section, deutsch):
              assert each.count("<tr>") == (many + 1 if many else 0), number
              assert each.count("<li>") == wrong, number
          assert len(re.findall("^[|] ", part, re.M)) == (many + 1 if many else 0), number
          assert len(re.findall("^- ", part, re.M)) == wrong, number
      wrong = list(csv.reader(open(here + "/lr-tables/00-exceptions.csv", encoding="utf-8", newline="")))[1:]
      assert len(wrong) == report["exceptions"] == sum(len(a["exceptions"]) for a in report["answers"]) > 0
      print("agreed")
      SCRIPT
      """)
    #expect(run.exit == 0, "\(run.text)\(run.words)")
    #expect(run.text == "agreed\n")
  }
}
