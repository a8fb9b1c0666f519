// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerConsole
import LedgerDomain
import LedgerTestSupport
import Testing

@Suite struct TableTests {
  private static let columns = [
    Column("job"), Column("lines", .right), Column("reason", isFlexible: true),
  ]

  private static func table(_ rows: [[Cell]], _ style: TableStyle = TableStyle()) -> String {
    var writer = TableWriter(columns, style: style)
    var text = ""
    for row in rows { text += writer.row(row) }
    return text + writer.finish()
  }

  private static let rows: [[Cell]] = [
    [.text("train-7k2pqx"), .number("12"), .text("模型 was fine")],
    [.text("eval-000000"), .number("1234"), .none],
  ]

  @Test func `columns line up, whatever the characters`() {
    let expected = """
      JOB           LINES  REASON
      train-7k2pqx     12  模型 was fine
      eval-000000    1234

      """
    #expect(TableTests.table(TableTests.rows) == expected)
  }

  @Test func `a narrow terminal cuts the flexible column, and no line is wider`() {
    let text = TableTests.table(TableTests.rows, TableStyle(width: 32))
    #expect(text.contains("模型 was f…\n"))
    for line in text.split(separator: "\n") { #expect(DisplayWidth.of(String(line)) <= 32) }
  }

  @Test func `nothing is cut where there is no terminal`() {
    let long = String(repeating: "why ", count: 200)
    #expect(TableTests.table([[.text("a"), .number("1"), .text(long)]]).contains(long))
  }

  @Test func `words of others cannot break a row or steer the terminal`() {
    let text = TableTests.table([
      [.text("a\nb"), .number("1"), .text("\u{1b}]0;title\u{7}\u{202e}")]
    ])
    #expect(text.split(separator: "\n").count == 2)
    #expect(text.contains("a\\nb"))
    #expect(text.contains("\\x1b]0;title\\x07\\u202e"))
  }

  @Test func `colours do not move columns`() {
    var writer = TableWriter([Column("status"), Column("job")], style: TableStyle(colors: true))
    var text = writer.row([.word("failed"), .text("x")]) + writer.row([.word("ok"), .text("y")])
    text += writer.finish()
    #expect(
      text
        == "\u{1b}[1mSTATUS\u{1b}[0m  \u{1b}[1mJOB\u{1b}[0m\n\u{1b}[31mfailed\u{1b}[0m  x\nok      y\n"
    )
  }

  @Test func `an empty list has no lines, and a long one comes as it is made`() {
    #expect(TableTests.table([]) == "")
    var writer = TableWriter([Column("n", .right)], style: TableStyle())
    var early = ""
    for number in 0..<1000 { early += writer.row([.number("\(number)")]) }
    #expect(early.split(separator: "\n").count == 1001)
    #expect(writer.finish() == "")
  }

  @Test(arguments: [(true, "none\n"), (false, "")])
  func `who looks at a terminal is told of an empty list`(isTerminal: Bool, words: String) throws {
    let (out, err) = (Capture(), Capture())
    let console = Console(
      out: out.output, err: err.output, outIsTerminal: isTerminal, errIsTerminal: isTerminal)
    var empty = try ListPrinter(console, [Column("n")])
    try empty.finish()
    #expect(out.text == "" && err.text == words)
    var one = try ListPrinter(console, [Column("n")])
    try one.add([.number("1")], json: .null)
    try one.finish()
    #expect(err.text == words)
  }

  @Test func `moments are relative on a terminal and absolute elsewhere`() throws {
    let now = try #require(Timestamp("2026-06-30T12:00:00.000000Z"))
    let time = Timestamp(microseconds: now.microseconds - 7_200_000_000)
    var plain = TableWriter([Column("t")], style: TableStyle())
    #expect((plain.row([.time(time)]) + plain.finish()).contains("2026-06-30T10:00:00.000000Z"))
    var terminal = TableWriter([Column("t")], style: TableStyle(width: 80, now: now))
    #expect((terminal.row([.time(time)]) + terminal.finish()).contains("2 h ago"))
  }
}

@Suite struct CSVTests {
  @Test(arguments: [
    ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
    ("two\nlines", "\"two\nlines\""), ("=1+1", "\"'=1+1\""), ("+1", "\"'+1\""), ("-1", "\"'-1\""),
    ("@SUM(A1)", "\"'@SUM(A1)\""), ("\t=1", "\"'\t=1\""), ("\r=1", "\"'\r=1\""),
    ("\n=1", "\"'\n=1\""), ("＝1", "\"'＝1\""), ("＋1", "\"'＋1\""), ("－1", "\"'－1\""),
    ("＠1", "\"'＠1\""), ("\u{1B}[2J\u{7}\u{9B}\u{202E}", "\\x1b[2J\\x07\\u009b\\u202e"),
    ("a=1", "a=1"), ("", ""), ("'=1", "'=1"),
  ])
  func `words are quoted where needed, and are no formulas`(text: String, cell: String) {
    #expect(CSV.line([.text(text)]) == Array(cell.utf8) + [0x0D, 0x0A])
  }

  @Test func `numbers stay numbers`() {
    let line = CSV.line([.number("-0.5"), .duration(microseconds: 1_050_000), .none])
    #expect(String(decoding: line, as: UTF8.self) == "-0.5,1.050000,\r\n")
  }

  @Test(arguments: UInt64(0)..<4)
  func `Python's csv reads back what was written`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let alphabet = ["a", ",", "\"", "\n", "\r\n", "=", "'", " ", "é", "模", "\t", "-", "\\"]
    let rows = (0..<200).map { _ in
      (0..<4).map { _ in (0..<random.below(6)).map { _ in random.pick(alphabet) }.joined() }
    }
    var bytes: [UInt8] = []
    for row in rows { bytes += CSV.line(row.map { .text($0) }) }
    let output = try PythonOracle.run(
      """
      import csv, io, sys
      text = sys.stdin.buffer.read().decode()
      for row in csv.reader(io.StringIO(text, newline="")):
          print(*(cell.encode().hex() or "-" for cell in row))
      """, input: bytes)
    let read = String(decoding: output, as: UTF8.self).split(separator: "\n")
    #expect(read.count == rows.count)
    for (row, line) in zip(rows, read) {
      let expected = row.map { text in
        let isFormula = ["=", "-", "\t", "\n", "\r"].contains {
          text.unicodeScalars.first == $0.unicodeScalars.first
        }
        let hex = Array(((isFormula ? "'" : "") + text).utf8).map {
          String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }
        return hex.isEmpty ? "-" : hex.joined()
      }
      #expect(line == expected.joined(separator: " "))
    }
  }
}

@Suite struct ListPrinterTests {
  private func list(_ format: ListFormat, _ reason: String) throws -> String {
    let out = Capture()
    let console = Console(out: out.output, err: Output(descriptor: -1), format: format)
    var printer = try ListPrinter(console, [Column("job"), Column("last seen", .right)])
    var object = JSONObject()
    object["reason"] = .string(reason)
    try printer.add([.text(reason), .number("-1")], json: .object(object))
    try printer.finish()
    return out.text
  }

  @Test func `each form shows the same row in its own way`() throws {
    #expect(try list(.json, "\u{1b}=\n") == "{\"reason\":\"\\u001b=\\n\"}\n")
    #expect(try list(.csv, "=x") == "job,last_seen\r\n\"'=x\",-1\r\n")
    #expect(try list(.table, "=\u{1b}") == "JOB    LAST SEEN\n=\\x1b         -1\n")
  }
}

@Suite struct OutputTests {
  @Test func `a reader that left is told apart from a full disk`() throws {
    _ = Output.standard()
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    let closed = Output(descriptor: ends[1])
    try closed.write("x")
    #expect(throws: OutputError.closed) { try closed.flush() }
    #expect(throws: OutputError.closed) { try closed.write("x") }
    close(ends[1])
    let full = open("/dev/full", O_WRONLY)
    let output = Output(descriptor: full)
    try output.write("x")
    #expect(throws: OutputError.failed(ENOSPC)) { try output.flush() }
    close(full)
  }

  @Test func `bytes arrive whole and in order, however many`() throws {
    let capture = Capture()
    var expected: [UInt8] = []
    for number in 0..<20_000 {
      let piece = Array("line \(number) \u{0}\u{ff}\n".utf8)
      try capture.output.write(piece)
      expected += piece
    }
    #expect(capture.bytes == expected)
  }
}

@Suite struct ColorTests {
  @Test func `colour is for terminals, and NO_COLOR forbids it`() {
    func isOn(_ choice: ColorChoice, _ terminal: Bool, _ environment: [String: String]) -> Bool {
      choice.isOn(isTerminal: terminal) { environment[$0] }
    }
    #expect(isOn(.auto, true, [:]))
    #expect(!isOn(.auto, false, [:]))
    #expect(!isOn(.auto, true, ["NO_COLOR": "1"]))
    #expect(isOn(.auto, true, ["NO_COLOR": ""]))
    #expect(!isOn(.auto, true, ["TERM": "dumb"]))
    #expect(isOn(.always, false, ["NO_COLOR": "1"]))
    #expect(!isOn(.never, true, [:]))
  }
}

@Suite struct ProgressLineTests {
  @Test func `progress is shown on terminals, ten times a second at most, and cleared`() {
    let err = Capture()
    let console = Console(out: Output(descriptor: -1), err: err.output, errIsTerminal: true)
    var now: UInt64 = 0
    var line = ProgressLine(console) { now }
    for step in 0..<1000 {
      now = UInt64(step) * 1000
      line.update("verifying", done: UInt64(step), of: 12_345)
    }
    line.clear()
    let shown = err.text.components("\r\u{1b}[K")
    #expect(shown.count == 12)
    #expect(shown[10] == "verifying: 7% (900 of 12,345)")
    #expect(shown.last == "")
    let silent = Capture()
    var none = ProgressLine(Console(out: silent.output, err: silent.output))
    none.update("verifying", done: 1, of: 2)
    none.clear()
    #expect(silent.bytes == [])
  }
}

extension String {
  fileprivate func components(_ separator: String) -> [String] {
    var parts: [String] = []
    var current = ""
    var rest = unicodeScalars[...]
    while !rest.isEmpty {
      if rest.starts(with: separator.unicodeScalars) {
        parts.append(current)
        current = ""
        rest = rest.dropFirst(separator.unicodeScalars.count)
      } else {
        current.unicodeScalars.append(rest.removeFirst())
      }
    }
    return parts + [current]
  }
}
