// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import Testing

@testable import LedgerRunner

/// A capture fed by hand at moments of the test's choosing.
private struct Bench: ~Copyable {
  var core: CaptureCore
  var milliseconds: Int64 = 0

  init(allProgress: Bool = false, secrets: [String] = []) {
    core = CaptureCore(allProgress: allProgress, secrets: secrets.map { Array($0.utf8) })
  }

  var now: CaptureMoment {
    CaptureMoment(
      nanoseconds: milliseconds * 1_000_000, time: Timestamp(microseconds: milliseconds * 1000))
  }

  mutating func feed(_ bytes: [UInt8], _ stream: LogStream = .stdout) {
    bytes.withUnsafeBytes { core.feed(stream, $0, at: now) }
  }

  mutating func feed(_ text: String, _ stream: LogStream = .stdout) {
    feed(Array(text.utf8), stream)
  }

  mutating func pass(_ milliseconds: Int64) {
    self.milliseconds += milliseconds
    core.tick(at: now)
  }

  mutating func take() -> [Captured] {
    defer { core.batch.removeAll() }
    return Captured.all(core.batch)
  }

  mutating func finish() -> [Captured] {
    core.finish(.stdout, at: now)
    core.finish(.stderr, at: now)
    core.finish(at: now)
    return take()
  }
}

private func captured(_ text: String, allProgress: Bool = false) -> [Captured] {
  var bench = Bench(allProgress: allProgress)
  bench.feed(text)
  return bench.finish()
}

/// A line in short: its message and its end, as `words|cr`.
private func short(_ records: [Captured]) -> [String] {
  records.map { record in
    guard let line = record.line else { return "progress" }
    var text = text(record.message)
    if let part = line.part { text += "|\(part)" }
    if let end = line.end { text += "|\(end.rawValue)" }
    if let skipped = line.skipped { text += "|skipped \(skipped)" }
    return text
  }
}

@Suite struct LineSplitterTests {
  @Test func `every kind of end is kept`() {
    #expect(short(captured("a\nb\r\nc\n")) == ["a", "b|crlf", "c"])
    #expect(short(captured("a\n\n\r\n")) == ["a", "", "|crlf"])
    #expect(short(captured("no end")) == ["no end|none"])
    #expect(short(captured("a\rb\r\rc\n", allProgress: true)) == ["a|cr", "b|cr", "|cr", "c"])
    #expect(short(captured("a\r", allProgress: true)) == ["a|cr"])
    #expect(short(captured("")) == [])
    #expect(short(captured("\n")) == [""])
  }

  @Test func `NUL is a character, invalid UTF-8 is marked`() {
    let records = captured("a\0b\n")
    #expect(records[0].message == [97, 0, 98])
    #expect(records[0].line?.isBase64 == false)
    var bench = Bench()
    bench.feed([0xFF, 0xFE, 10, 0xC3, 10, 0xC3, 0xA9, 10, 0xED, 0xA0, 0x80, 10, 0xC0, 0x80, 10])
    let lines = bench.finish()
    #expect(lines.map { $0.line?.isBase64 } == [true, true, false, true, true])
    #expect(lines[0].message == [0xFF, 0xFE])
  }

  @Test func `lines are numbered across both streams in the order read`() {
    var bench = Bench()
    bench.feed("one\n")
    bench.feed("two\n", .stderr)
    bench.feed("three\n")
    let lines = bench.finish()
    #expect(lines.map { $0.line?.line } == [1, 2, 3])
    #expect(lines.map { $0.line?.stream } == [.stdout, .stderr, .stdout])
  }

  @Test func `a long line comes in parts of at most 32 KiB, cut between characters`() {
    let long = String(repeating: "é", count: 40_000)
    let lines = captured("x" + long + "\r\nafter\n")
    #expect(lines.count == 4)
    #expect(lines.map { $0.line?.part } == [1, 2, 3, nil])
    #expect(lines.map { $0.line?.line } == [1, 1, 1, 2])
    #expect(lines.map { $0.line?.end } == [LineEnd.none, LineEnd.none, .crlf, nil])
    #expect(lines.allSatisfy { $0.message.count <= 32 * 1024 && $0.line?.isBase64 == false })
    #expect(text(lines[0].message + lines[1].message + lines[2].message) == "x" + long)
    let exact = captured(String(repeating: "y", count: 32 * 1024) + "\n")
    #expect(exact.count == 1)
    #expect(exact[0].line?.part == nil)
  }

  @Test func `parts share the level and the record of their line`() {
    let lines = captured("ERROR: " + String(repeating: "z", count: 70_000) + "\nplain\n")
    #expect(lines.map { $0.line?.level } == [.error, .error, .error, .info])
  }

  @Test func `a partial line is shown after a second and goes on in parts`() {
    var bench = Bench()
    bench.feed("Proceed")
    bench.pass(999)
    #expect(bench.take() == [])
    #expect(bench.core.deadline == 1_000_000_000)
    bench.pass(1)
    #expect(short(bench.take()) == ["Proceed|1|none"])
    #expect(bench.core.deadline == nil)
    bench.feed("? [y")
    bench.pass(1000)
    #expect(short(bench.take()) == ["? [y|2|none"])
    bench.feed("/n]\nnext\n")
    let lines = bench.finish()
    #expect(short(lines) == ["/n]|3", "next"])
    #expect(lines.map { $0.line?.line } == [1, 2])
  }

  @Test func `a partial line that was shown needs no empty last part at the end of the stream`() {
    var bench = Bench()
    bench.feed("prompt> ")
    bench.pass(1000)
    #expect(short(bench.finish()) == ["prompt> |1|none"])
    bench = Bench()
    bench.feed("prompt> ")
    bench.pass(1000)
    bench.feed("\n")
    #expect(short(bench.finish()) == ["prompt> |1|none", "|2"])
  }

  @Test func `a partial line is cut before an incomplete character`() {
    var bench = Bench()
    bench.feed(Array("caf".utf8) + [0xC3])
    bench.pass(1000)
    #expect(short(bench.take()) == ["caf|1|none"])
    bench.pass(1000)
    #expect(bench.take() == [])
    bench.feed([0xA9, 10])
    let lines = bench.finish()
    #expect(short(lines) == ["é|2"])
    #expect(lines[0].line?.isBase64 == false)
  }

  @Test func `a carriage return waits a moment for its line feed`() {
    var bench = Bench(allProgress: true)
    bench.feed("a\r")
    #expect(bench.take() == [])
    bench.feed("\nb\r")
    #expect(short(bench.take()) == ["a|crlf"])
    bench.pass(200)
    #expect(short(bench.take()) == ["b|cr"])
  }

  @Test func `progress lines are kept to one in 200 ms and the last, the others counted`() {
    var bench = Bench()
    for percent in 0..<100 {
      bench.feed("\(percent)%\r")
      bench.pass(10)
    }
    bench.feed("done\n")
    let lines = bench.finish()
    let kept = lines.filter { $0.line?.end == .cr }
    #expect(kept.count <= 7)
    #expect(kept.count >= 5)
    #expect(text(kept[0].message) == "0%")
    #expect(text(kept[kept.count - 1].message) == "99%")
    #expect(text(lines[lines.count - 1].message) == "done")
    let skipped = lines.reduce(0) { $0 + ($1.line?.skipped ?? 0) }
    #expect(UInt64(kept.count) + skipped == 100)
    #expect(lines.map { $0.line?.line } == (1...UInt64(lines.count)).map { $0 })
  }

  @Test func `a kept progress line appears when its time has come, without further output`() {
    var bench = Bench()
    bench.feed("1%\r2%\r3%\r4")
    #expect(short(bench.take()) == ["1%|cr"])
    bench.pass(199)
    #expect(bench.take() == [])
    bench.pass(1)
    #expect(short(bench.take()) == ["3%|cr|skipped 1"])
  }

  @Test func `the empty line before a progress bar shows nothing but is counted`() {
    #expect(short(captured("\r10%\r20%\r100%\n")) == ["10%|cr|skipped 1", "20%|cr", "100%"])
    #expect(short(captured("\rdone\n")) == ["done|skipped 1"])
    #expect(short(captured("\r")) == ["|cr"])
  }

  @Test func `two streams keep their progress apart`() {
    var bench = Bench()
    bench.feed("1%\r2%\r.")
    bench.feed("a\rb\r.", .stderr)
    #expect(short(bench.take()) == ["1%|cr", "a|cr"])
    #expect(short(bench.finish()) == ["2%|cr", ".|none", "b|cr", ".|none"])
  }

  @Test func `progress events come at most once a second, the last one always`() {
    var bench = Bench()
    bench.feed("::progress 1/40 epochs\n::progress 2/40 epochs\n::progress 3/40 epochs\nwords\n")
    var records = bench.take()
    #expect(records.count == 2)
    #expect(records[0].line?.line == 1)
    #expect(records[1].progress == Progress(done: 1, of: 40))
    #expect(text(records[1].message) == "epochs")
    bench.pass(1000)
    records = bench.take()
    #expect(records.map(\.progress) == [Progress(done: 3, of: 40)])
    bench.feed("::progress 39/40\n::progress 40/40\n", .stderr)
    records = bench.finish()
    #expect(records.map(\.progress) == [Progress(done: 40, of: 40)])
    #expect(records[0].message == [])
  }

  @Test(arguments: [
    "::progress", "::progress ", "::progress 1", "::progress 1/", "::progress /2",
    "::progress a/b", "::progress -1/2", "::progress 1/2epochs", "::progress 1.2.3/4",
    " ::progress 1/2", "::progress  1/2", "::progress 1 / 2", "::progress 1e3/2",
  ]) func `what only resembles progress stays a line`(line: String) {
    #expect(text(captured(line + "\n")[0].message) == line)
  }

  @Test func `known secrets become stars, the longer first`() {
    var bench = Bench(secrets: ["hunter22", "hunter22-long", "abc", "line one\nline two"])
    bench.feed("pw=hunter22-long, hunter22hunter22 abc\nline two of it\n")
    #expect(short(bench.finish()) == ["pw=***, ****** abc", "*** of it"])
  }

  @Test(arguments: UInt64(0)..<300)
  func `any cutting of the bytes gives the same lines, and these give the bytes back`(seed: UInt64)
  {
    var random = SplitMix(seed)
    let bytes = Self.output(&random)
    var whole = Bench(allProgress: true)
    whole.feed(bytes)
    let expected = whole.finish()
    var pieces = Bench(allProgress: true)
    var index = 0
    while index < bytes.count {
      let most = [1, 2, 7, 100, 5000, 70_000][Int(random.next() % 6)]
      let size = min(bytes.count - index, 1 + Int(random.next() % UInt64(most)))
      pieces.feed(Array(bytes[index..<(index + size)]))
      index += size
    }
    let actual = pieces.finish()
    #expect(actual == expected)
    #expect(Captured.original(actual, .stdout) == bytes)
    for record in actual {
      #expect(record.message.count <= LineSplitter.partLimit)
      #expect(record.line?.isBase64 == (String(validating: record.message, as: UTF8.self) == nil))
    }
  }

  @Test(arguments: UInt64(0)..<100)
  func `pauses change the parts but never the bytes`(seed: UInt64) {
    var random = SplitMix(seed)
    let bytes = Self.output(&random)
    var bench = Bench(allProgress: true)
    var records: [Captured] = []
    var index = 0
    while index < bytes.count {
      let size = min(bytes.count - index, 1 + Int(random.next() % 20_000))
      bench.feed(Array(bytes[index..<(index + size)]))
      index += size
      bench.pass(Int64(random.next() % 1500))
      records += bench.take()
    }
    records += bench.finish()
    #expect(Captured.original(records, .stdout) == bytes)
    // Every part but the last of its line has no end.
    for (part, next) in zip(records, records.dropFirst())
    where part.line?.part != nil && next.line?.line == part.line?.line {
      #expect(part.line?.end == LineEnd.none)
      #expect(next.line?.part == (part.line?.part ?? 0) + 1)
    }
  }

  /// Output with everything that makes lines difficult, now and then above the part limit.
  private static func output(_ random: inout SplitMix) -> [UInt8] {
    let pieces: [[UInt8]] = [
      Array("words ".utf8), Array("ERROR: x".utf8), Array("é🦊\u{301}".utf8), [10], [10], [13, 10],
      [13], [13, 13, 10], [0], [0xFF], [0xC3], [0xF0, 0x9F], [0xE2, 0x82], [0xF0, 0x90, 0x41],
      Array("Traceback (most recent call last):\n  File\nX: y\n".utf8), Array("::progres".utf8),
      Array(repeating: 120, count: 40_000), Array(repeating: 0xE2, count: 33_000),
      Array(String(repeating: "€", count: 30_000).utf8), Array("\u{1B}[31m".utf8),
    ]
    var bytes: [UInt8] = []
    for _ in 0..<(1 + random.next() % 60) {
      let index = Int(random.next() % UInt64(pieces.count))
      if pieces[index].count > 1000, random.next() % 4 != 0 { continue }
      bytes += pieces[index]
    }
    return bytes
  }
}

@Suite struct UTF8CheckTests {
  @Test(arguments: UInt64(0)..<200) func `agrees with the standard library`(seed: UInt64) {
    var random = SplitMix(seed)
    let interesting: [UInt8] = [
      0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED,
      0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF,
    ]
    for _ in 0..<200 {
      var bytes = [UInt8](repeating: 0x61, count: Int(random.next() % 12))
      for _ in 0..<(random.next() % 6) {
        bytes.append(interesting[Int(random.next() % UInt64(interesting.count))])
      }
      let valid = bytes.withUnsafeBytes { UTF8Check.isValid($0) }
      #expect(valid == (String(validating: bytes, as: UTF8.self) != nil))
    }
  }
}
