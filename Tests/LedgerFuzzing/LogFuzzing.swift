// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerRunner
import LedgerStorage

/// What commands print: any bytes become lines, and the lines are those bytes.
public enum LogFuzzing {
  /// The first byte is how many bytes arrive at once, the second of which stream.
  public static func target() -> FuzzTarget {
    let ways: [[UInt8]] = [[0, 0], [2, 1], [254, 0]]
    let seeds: [[UInt8]] = [
      "plain\nWARNING: w\r\nERROR x\n", "10%\r20%\r100%\n",
      "::progress 3/40 epochs\n::progress x\n",
      "Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: bad\nok\n",
      "{\"level\":\"error\",\"msg\":\"x\"}\n[warn] a\n\u{1B}[31merr\u{1B}[0m\n",
      "Error in f(x) : object 'y' not found\nCalls: f -> g\n",
      "Exception in thread \"main\" java.lang.Error: x\n\tat a.B.c(B.java:5)\n\t... 3 more\n",
      "no end", "\r\r\n\n\r", "\u{e9}\u{1F600}\n",
    ].flatMap { text in ways.map { $0 + Array(text.utf8) } }
    return FuzzTarget(name: "log-lines", seeds: seeds + [[1, 0, 0xFF, 0x0A, 0xC3, 0x0D]]) {
      bytes in
      guard bytes.count >= 2 else { return nil }
      let stream: LogStream = bytes[1] & 1 == 0 ? .stdout : .stderr
      let data = Array(bytes.dropFirst(2))
      let whole = CapturedText.capture(data, of: stream, pieces: max(1, data.count))
      let pieces = CapturedText.capture(data, of: stream, pieces: Int(bytes[0]) + 1)
      guard whole == pieces else { return "a log depends on how its bytes arrived" }
      var again: [UInt8] = []
      for (index, line) in whole.lines.enumerated() {
        if line.fact.line != UInt64(index + 1) || line.fact.stream != stream {
          return "lines are not numbered in order"
        }
        if let of = line.fact.of, of == 0 || of >= line.fact.line {
          return "a record begins with a line to come"
        }
        if line.fact.isBase64 == (String(validating: line.bytes, as: UTF8.self) != nil) {
          return "bytes that are no text pass for text, or text for bytes"
        }
        again += line.bytes + CapturedText.end(of: line.fact)
      }
      // A line that tells progress is no line of the log.
      let told = whole.progress
      if told == 0, again != data { return "a log is not what was printed" }
      return again.count <= data.count ? nil : "a log has more than was printed"
    }
  }
}

/// A log as it is recorded of bytes at hand, all at one moment.
private struct CapturedText: Equatable {
  /// A line or a part of one, with its bytes.
  struct Line: Equatable {
    /// What is recorded of it.
    var fact: LogLine
    /// What was printed, without its end.
    var bytes: [UInt8]
  }

  /// The lines, in order.
  var lines: [Line]
  /// How many signs of progress were taken out.
  var progress: Int

  /// Captures bytes that arrive in pieces of this size, every carriage-return line kept.
  static func capture(
    _ bytes: [UInt8], of stream: LogStream, pieces size: Int
  ) -> CapturedText {
    var core = CaptureCore(allProgress: true)
    let now = CaptureMoment(nanoseconds: 0, time: Timestamp(microseconds: 0))
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + size)
      bytes[start..<end].withUnsafeBytes { core.feed(stream, $0, at: now) }
      start = end
    }
    core.finish(stream, at: now)
    core.finish(at: now)
    return CapturedText(
      lines: core.batch.lines.map {
        Line(fact: $0.fact, bytes: Array(core.batch.message($0)))
      }, progress: core.batch.progress.count)
  }

  /// The bytes that ended a line.
  static func end(of line: LogLine) -> [UInt8] {
    switch line.end {
    case nil: [10]
    case .crlf: [13, 10]
    case .cr: [13]
    case .some(.none): []
    }
  }
}
