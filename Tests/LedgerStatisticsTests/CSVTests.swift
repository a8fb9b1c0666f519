// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerStatistics

/// Keeps every cell.
struct CellList: CSVSink {
  var rows: [[String]] = []
  var lines: [UInt64] = []
  private var row: [String] = []

  mutating func cell(
    _ column: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int
  ) throws(DataError) {
    #expect(column == row.count)
    row.append(
      String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self))
  }

  mutating func endRow(cells: Int, line: UInt64) throws(DataError) {
    #expect(cells == row.count)
    rows.append(row)
    lines.append(line)
    row = []
  }
}

/// All cells of a text that arrives in pieces of so many bytes.
private func cells(
  _ bytes: [UInt8], pieces: Int = .max, _ options: CSVOptions = CSVOptions(delimiter: .comma)
) throws -> CellList {
  var scanner = CSVScanner(options, sink: CellList())
  var at = 0
  while at < bytes.count {
    let end = at + min(pieces, bytes.count - at)
    try bytes[at..<end].withUnsafeBytes { try scanner.consume($0) }
    at = end
  }
  try scanner.finish()
  return scanner.sink
}

private func rows(_ csv: String) throws -> [[String]] { try cells(Array(csv.utf8)).rows }

@Suite struct CSVTests {
  @Test func `line ends may be LF, CRLF or CR, and the last may be absent`() throws {
    let wanted = [["a", "b"], ["1", "2"], ["3", "4"]]
    for end in ["\n", "\r\n", "\r"] {
      #expect(try rows("a,b\(end)1,2\(end)3,4\(end)") == wanted)
      #expect(try rows("a,b\(end)1,2\(end)3,4") == wanted)
    }
  }

  @Test func `quotes hold delimiters, line ends and doubled quotes`() throws {
    #expect(try rows("\"a,b\",\"c\nd\",\"e\"\"f\"\"\"\n") == [["a,b", "c\nd", "e\"f\""]])
    #expect(try rows("\"\",\"\"\"\"\n") == [["", "\""]])
  }

  @Test func `a quote inside a field, and words behind a closing quote, are taken as they are`()
    throws
  {
    #expect(try rows("a\"b,\"c\" d,\"e\"\"\"f\n") == [["a\"b", "c d", "e\"f"]])
    #expect(try statistics("a,b\n1,\"x\"y\n").oddities.looseQuotes.lines == [2])
  }

  @Test func `empty fields count, blank lines do not`() throws {
    #expect(try rows(",\n\na,\n\r\n,,") == [["", ""], ["a", ""], ["", "", ""]])
    #expect(try statistics("a\n1\n\n\n2\n").oddities.blankLines == 2)
  }

  @Test func `lines are those of the file, embedded line ends counted`() throws {
    let list = try cells(Array("h\n\"x\ny\r\nz\"\r\n\nlast\n".utf8))
    #expect(list.rows == [["h"], ["x\ny\r\nz"], ["last"]])
    #expect(list.lines == [1, 2, 6])
  }

  @Test(arguments: UInt64(0)..<300)
  func `cells are those of Swift's plain reading, in whatever pieces they come`(seed: UInt64) throws
  {
    var random = SplitMix64(seed: seed)
    let alphabet = Array("ab,,\"\n\r\"1 \u{e9}\0".utf8)
    let bytes = (0..<random.next(upTo: 200)).map { _ in alphabet[random.next(upTo: alphabet.count)]
    }
    let whole = Result { try cells(bytes).rows }
    for pieces in [1, 2, 3, 7] {
      let parts = Result { try cells(bytes, pieces: pieces).rows }
      #expect((try? parts.get()) == (try? whole.get()))
    }
    let plain = plainRows(bytes)
    #expect((try? whole.get()) == plain)
  }

  @Test func `cells are those of Python's csv module`() throws {
    // Files as csv.writer makes them; what is no CSV is read differently by everyone.
    let script = """
      import csv, io, json, random, sys
      random.seed(int(sys.stdin.read()))
      alphabet = ['a', 'b', ',', '"', '\\n', '\\r\\n', ' ', '1', 'é', '😀', ';']
      files = []
      for number in range(300):
          rows = [[''.join(random.choices(alphabet, k=random.randrange(12))) for _ in range(3)]
                  for _ in range(random.randrange(1, 8))]
          out = io.StringIO()
          csv.writer(out, lineterminator=random.choice(['\\n', '\\r\\n'])).writerows(rows)
          files.append([out.getvalue(), list(csv.reader(io.StringIO(out.getvalue(), newline='')))])
      json.dump(files, sys.stdout)
      """
    for file in try oracle(script, Array("7".utf8)).array ?? [] {
      let pair = file.array ?? []
      let text = pair[0].text?.string ?? ""
      let wanted = (pair[1].array ?? []).map { ($0.array ?? []).map { $0.text?.string ?? "" } }
      #expect(try rows(text) == wanted)
    }
  }

  @Test func `a file with a byte order mark, and one of a single column, are read`() throws {
    let found = try DataStatistics.compute([0xef, 0xbb, 0xbf] + Array("a\n1\n2\n".utf8))
    #expect(found.columns.map(\.name) == ["a"])
    #expect(found.rows == 2)
  }

  @Test(arguments: [
    ("a,b\n1,2\n", CSVOptions.Delimiter.comma), ("a;b\n1,5;2,5\n", .semicolon),
    ("a\tb\n1\t2\n", .tab), ("a|b\n1|2\n", .pipe), ("a\n1\n", .comma),
    ("\"a,b,c\";d\n1;2\n", .semicolon), ("when, where;x\n1;2\n3;4\n", .semicolon),
  ])
  func `the delimiter is found by what the records agree on`(
    csv: String, delimiter: CSVOptions.Delimiter
  ) throws {
    #expect(try statistics(csv).delimiter == delimiter)
  }

  @Test func `the delimiter given is the one taken`() throws {
    let found = try statistics("a;b,c\n1;2,3\n", CSVOptions(delimiter: .comma))
    #expect(found.columns.map(\.name) == ["a;b", "c"])
  }

  @Test func `ragged rows are counted, with their first lines, and their cells are missing`() throws
  {
    var csv = "a,b,c\n1,2,3\n1,2\n1,2,3,4\n\"x\ny\",2,3\n1\n"
    for _ in 0..<20 { csv += "1\n" }
    let found = try statistics(csv)
    #expect(found.oddities.ragged.count == 23)
    #expect(found.oddities.ragged.lines == [3, 4, 7, 8, 9, 10, 11, 12, 13, 14])
    #expect(found.rows == 25)
    #expect(found.columns.map(\.missing) == [0, 21, 22])
  }

  @Test func `nothing is an error, a header alone is none`() throws {
    #expect(dataError([]) == .empty)
    #expect(dataError(Array("\n\r\n\n".utf8)) == .empty)
    #expect(dataError([0xef, 0xbb, 0xbf]) == .empty)
    for header in ["a,b", "a,b\n", "a,b\r\n\r\n"] {
      let found = try statistics(header)
      #expect(found.rows == 0)
      #expect(found.columns.map(\.type) == [.empty, .empty])
    }
  }

  @Test func `names that are empty or given twice are told apart as pandas does`() throws {
    let header = "a,a,,b,,a,a.1,b\n1,2,3,4,5,6,7,8\n"
    let found = try statistics(header)
    #expect(found.oddities.duplicateNames == ["a", "b"])
    #expect(found.oddities.emptyNames == 2)
    let theirs = try oracle(
      "import sys, json, pandas; json.dump(list(pandas.read_csv(sys.stdin).columns), sys.stdout)",
      Array(header.utf8))
    #expect(found.columns.map { JSONValue.string($0.name) } == theirs.array)
    let plain = try statistics("1,2\n3,4\n", CSVOptions(hasHeader: false))
    #expect(plain.columns.map(\.name) == ["column 1", "column 2"])
    #expect(plain.rows == 2)
    #expect(plain.columns[0].numbers?.mean == 2)
  }

  @Test func `a quote that never closes is an error with the line it opens on`() {
    #expect(dataError(Array("a,b\n1,2\n3,\"x\n4,5\n6,7\n".utf8)) == .unclosedQuote(line: 3))
    #expect(dataError(Array("\"".utf8)) == .unclosedQuote(line: 1))
  }

  @Test func `a field of 100 MB is an error with its line, in little memory`() {
    var builder = StatisticsBuilder()
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    for quoted in [false, true] {
      builder = StatisticsBuilder()
      var thrown: DataError?
      do {
        try Array((quoted ? "a\n1\n\"" : "a\n1\n").utf8).withUnsafeBytes {
          try builder.consume($0)
        }
        for _ in 0..<100 { try piece.withUnsafeBytes { try builder.consume($0) } }
        _ = try builder.finish()
      } catch { thrown = error as? DataError }
      #expect(thrown == .fieldTooLong(line: 3, limit: 8 << 20, quoted: quoted))
    }
  }

  @Test func `a field at the limit is read, one byte more is not`() throws {
    let options = CSVOptions(fieldLimitBytes: 100_000)
    for pieces in [1_000, 70_000, 1_000_000] {
      let text = String(repeating: "y", count: 100_000)
      #expect(
        try cells(Array("a\n\(text)\n".utf8), pieces: pieces, options).rows == [["a"], [text]])
      #expect(throws: DataError.fieldTooLong(line: 2, limit: 100_000, quoted: false)) {
        try cells(Array("a\n\(text)y\n".utf8), pieces: pieces, options)
      }
    }
  }

  @Test func `NUL bytes and bytes that are no UTF-8 are text, counted by line`() throws {
    let found = try DataStatistics.compute(
      Array("a,b\nx\0y,1\nx\0y,2\n".utf8) + [0xff, 0x2c, 0x33, 0x0a, 0xff, 0x2c, 0x33, 0x0a])
    #expect(found.oddities.invalidUTF8.lines == [4, 5])
    guard case .values(let values) = found.columns[0].bins.cut else { throw Unexpected() }
    #expect(Set(values.map(\.value)) == ["x\0y", "\u{fffd}"])
    #expect(found.columns[0].kinds.text == 4)
  }

  @Test(arguments: [
    [0x1f, 0x8b, 8, 0], Array("PK\u{3}\u{4}".utf8), Array("PAR1".utf8), [0xff, 0xfe, 0x61, 0],
  ])
  func `another kind of file is named`(bytes: [UInt8]) {
    guard case .notText = dataError(bytes + [UInt8](repeating: 0, count: 100)) else {
      Issue.record("read as CSV")
      return
    }
  }

  @Test func `too many columns are refused`() {
    let header = Array(repeating: "c", count: 10_001).joined(separator: ",")
    #expect(dataError(Array(header.utf8)) == .tooManyColumns(limit: 10_000))
  }

  @Test func `a descriptor that cannot be read is an error`() {
    #expect(throws: DataError.unreadable(errno: 9)) {
      try DataStatistics.compute(readingFrom: -1)
    }
  }

  @Test(arguments: UInt64(0)..<200)
  func `random bytes never trap, and give the same in any pieces`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let bytes = (0..<random.next(upTo: 400)).map { _ in
      random.next() % 3 == 0
        ? Array(",\"\n;\r".utf8)[random.next(upTo: 5)] : UInt8(random.next() % 256)
    }
    let whole = Result { try DataStatistics.compute(bytes) }
    var builder = StatisticsBuilder()
    let parts = Result { () throws -> DataStatistics in
      for byte in bytes { try [byte].withUnsafeBytes { try builder.consume($0) } }
      return try builder.finish()
    }
    #expect((try? whole.get())?.json == (try? parts.get())?.json)
  }
}

struct Unexpected: Error {}

extension SplitMix64 {
  mutating func next(upTo bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// The same rules, one byte after the other; nil for a quote that never closes.
private func plainRows(_ bytes: [UInt8]) -> [[String]]? {
  var rows: [[String]] = []
  var row: [String] = []
  var field: [UInt8] = []
  var at = 0
  var isQuoted = false
  func text(_ field: [UInt8]) -> String { String(decoding: field, as: UTF8.self) }
  while at < bytes.count {
    field = []
    isQuoted = false
    if bytes[at] == 0x22 {
      isQuoted = true
      at += 1
      while true {
        guard at < bytes.count else { return nil }
        if bytes[at] == 0x22 {
          at += 1
          guard at < bytes.count, bytes[at] == 0x22 else { break }
        }
        field.append(bytes[at])
        at += 1
      }
    }
    while at < bytes.count, ![0x2c, 0x0a, 0x0d].contains(bytes[at]) {
      field.append(bytes[at])
      at += 1
    }
    if at < bytes.count, bytes[at] == 0x2c {
      row.append(text(field))
      at += 1
      if at == bytes.count { row.append("") }
      continue
    }
    if row.isEmpty, field.isEmpty, !isQuoted {
    } else {
      rows.append(row + [text(field)])
      row = []
    }
    at += bytes[at...].starts(with: [0x0d, 0x0a]) ? 2 : 1
  }
  if !row.isEmpty { rows.append(row) }
  return rows
}
