// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain

/// Prints log lines: for people as they were written, made safe to show; for programs as objects.
struct LogPrinter {
  private let console: Console
  private let pattern: TextPattern?
  private let stream: LogStream?
  private let showsTimes: Bool
  /// The last lines, as far as they must be counted; nil where all are printed.
  private var last: LastLines?
  /// The line of which a part was printed without its end.
  private var open: (line: UInt64, part: UInt32)?
  private var bytes: [UInt8] = []
  /// Whether lines count by when they were read, and between which moments.
  private var occurred: (since: Timestamp?, until: Timestamp?)?

  /// Begins a log.
  init(
    _ console: Console, pattern: TextPattern?, stream: LogStream?, showsTimes: Bool, tail: UInt64?
  ) throws {
    self.console = console
    self.pattern = pattern
    self.stream = stream
    self.showsTimes = showsTimes
    last = tail.map { LastLines(limit: Int(clamping: $0)) }
    if console.format == .csv { try console.out.write(CSV.heading(LogPrinter.columns)) }
  }

  private static let columns = [
    Column("position"), Column("time"), Column("stream"), Column("line"), Column("part"),
    Column("level"), Column("message"),
  ]

  /// Goes by the time when lines were read instead of when they were recorded. Within one log the
  /// order is the same.
  mutating func showOccurred(since: Timestamp?, until: Timestamp?) { occurred = (since, until) }

  /// When a line was, by the clock that was asked for.
  private func time(_ logged: LoggedLine) -> Timestamp {
    occurred == nil ? logged.time : logged.occurred ?? logged.time
  }

  /// What stands for the words of a line that are gone.
  var erasedWords: (LoggedLine) -> String = { _ in "erased" }

  /// Prints a line, if it is wanted.
  mutating func add(_ line: LogLineView) throws {
    let logged = line.logged
    if let since = occurred?.since, time(logged) < since { return }
    if let until = occurred?.until, time(logged) > until { return }
    if let stream, logged.line.stream != stream { return }
    if let pattern, !pattern.matches(LogPrinter.message(line)) { return }
    defer { bytes.removeAll(keepingCapacity: true) }
    switch console.format {
    case .json:
      var buffer = ByteBuffer(capacity: 512)
      line.appendJSON(to: &buffer)
      buffer.append(0x0A as UInt8)
      bytes = buffer.array()
    case .csv:
      bytes = CSV.line([
        .number(logged.position.value), .time(time(logged)), .word(logged.line.stream.rawValue),
        .number(logged.line.line), .number(logged.line.part), .word(logged.line.level.rawValue),
        .text(words(line)),
      ])
    case .table: render(line)
    }
    if last != nil {
      last?.add(bytes)
    } else {
      try console.out.write(bytes)
    }
  }

  // MARK: Messages alone

  /// Whether each whole line is printed as its message and nothing else.
  var needsMessagesOnly: Bool {
    console.format == .table && !console.style.colors && !showsTimes && pattern == nil
      && stream == nil && last == nil && occurred == nil
  }

  /// Adds a message; false where its whole line must be asked what it is.
  ///
  /// What was added is printed by ``flushMessages()``, which tells a failure to write.
  mutating func add(_ message: LogMessage) -> Bool {
    guard let stored = message.stored, !message.mayBeBase64 else { return false }
    if LogPrinter.isPlain(stored) {
      bytes.append(contentsOf: stored)
    } else {
      var words = ByteBuffer(capacity: stored.count)
      message.append(to: &words)
      LogPrinter.show(words, to: &bytes)
    }
    bytes.append(0x0A)
    if bytes.count >= 1 << 16 { try? flushMessages() }
    return true
  }

  /// Prints the messages that were added.
  mutating func flushMessages() throws {
    defer { bytes.removeAll(keepingCapacity: true) }
    try console.out.write(bytes)
  }

  /// From here on every line is printed at once.
  mutating func catchUp() throws {
    guard let last else { return }
    for line in last.lines { try console.out.write(line) }
    self.last = nil
  }

  /// Prints what still waits.
  mutating func finish() throws {
    try catchUp()
    if open != nil { try console.out.write([0x0A]) }
    open = nil
  }

  // MARK: For people

  private mutating func render(_ line: LogLineView) {
    let fact = line.logged.line
    let continues =
      open.map { fact.part == $0.part + 1 && fact.line == $0.line } ?? false
    if open != nil, !continues { bytes.append(0x0A) }
    if showsTimes, !continues {
      bytes += time(line.logged).description.utf8
      bytes.append(0x20)
    }
    let style = Style.of(word: fact.level.rawValue)
    let isColored = console.style.colors && style != .plain
    if isColored { bytes += "\u{1b}[\(style.rawValue)m".utf8 }
    let inside = line.message.map { UnsafeRawBufferPointer(rebasing: $0[1..<$0.count - 1]) }
    if let inside, LogPrinter.isPlain(inside), !fact.isBase64 {
      bytes.append(contentsOf: inside)
    } else {
      bytes += TerminalText.escape(words(line), keepingTabs: true).utf8
    }
    if isColored { bytes += "\u{1b}[0m".utf8 }
    if let part = fact.part, fact.end == LineEnd.none {
      // The line may go on; its end comes with what follows.
      open = (fact.line, part)
    } else {
      open = nil
      bytes.append(0x0A)
    }
  }

  /// Whether stored words show as they stand: ASCII without escapes and controls.
  private static func isPlain(_ stored: UnsafeRawBufferPointer) -> Bool {
    var bad: UInt8 = 0
    for byte in stored { bad |= byte &- 0x20 >= 0x5F || byte == 0x5C ? 1 : 0 }
    return bad == 0
  }

  /// Appends words made safe to show.
  private static func show(_ words: borrowing ByteBuffer, to bytes: inout [UInt8]) {
    words.withBytes { words in
      var bad: UInt8 = 0
      for byte in words { bad |= byte &- 0x20 >= 0x5F && byte != 0x09 ? 1 : 0 }
      if bad == 0 { return bytes.append(contentsOf: words) }
      let shown = LogPrinter.words(Array(words))
      bytes += TerminalText.escape(shown, keepingTabs: true).utf8
    }
  }

  /// The words of a line, its bytes beyond UTF-8 as `\xff`.
  func words(_ line: LogLineView) -> String {
    line.message == nil
      ? "(\(erasedWords(line.logged)))" : LogPrinter.words(LogPrinter.message(line))
  }

  private static func words(_ message: [UInt8]) -> String {
    if String(validating: message, as: UTF8.self) != nil {
      return String(decoding: message, as: UTF8.self)
    }
    var words = ""
    var rest = message[...]
    while !rest.isEmpty {
      // The longest piece that is UTF-8, then one byte that is not.
      var length = rest.count
      while length > 0, String(validating: rest.prefix(length), as: UTF8.self) == nil {
        length = LogPrinter.validLength(rest.prefix(length))
        break
      }
      words += String(decoding: rest.prefix(length), as: UTF8.self)
      rest = rest.dropFirst(length)
      if let byte = rest.popFirst() {
        let hex = String(byte, radix: 16)
        words += "\\x" + (hex.utf8.count == 1 ? "0" : "") + hex
      }
    }
    return words
  }

  private static func validLength(_ bytes: ArraySlice<UInt8>) -> Int {
    var length = 0
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      length += UTF8.width(scalar)
    }
    return length
  }

  /// The bytes of a line as they were read.
  static func message(_ line: LogLineView) -> [UInt8] {
    var buffer = ByteBuffer(capacity: 256)
    line.appendMessage(to: &buffer)
    let bytes = buffer.array()
    guard line.logged.line.isBase64 else { return bytes }
    return bytes.withUnsafeBytes { Base64.standard.decode($0) } ?? bytes
  }
}

/// The last few of many lines.
private struct LastLines {
  let limit: Int
  private var ring: [[UInt8]] = []
  private var next = 0

  init(limit: Int) { self.limit = limit }

  mutating func add(_ line: [UInt8]) {
    guard limit > 0 else { return }
    if ring.count < limit {
      ring.append(line)
    } else {
      ring[next] = line
      next = (next + 1) % limit
    }
  }

  var lines: [[UInt8]] { Array(ring[next...] + ring[..<next]) }
}
