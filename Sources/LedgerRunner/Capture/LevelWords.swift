// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// The words around levels, compared without regard to case where loggers vary it.
enum LevelWords {
  /// Names of members that hold a level.
  static func isKey(_ word: UnsafeRawBufferPointer) -> Bool {
    switch word.count {
    case 2: matches(word, "@l")
    case 3: matches(word, "lvl")
    case 5: matches(word, "level")
    case 8: matches(word, "severity") || matches(word, "loglevel")
    case 9: matches(word, "levelname") || matches(word, "log_level") || matches(word, "log.level")
    default: false
    }
  }

  /// The level that a value of such a member means.
  static func value(_ word: UnsafeRawBufferPointer) -> LogLevel? {
    let debug: [StaticString] = ["debug", "trace", "verbose", "fine"]
    let info: [StaticString] = ["info", "information", "informational", "notice", "default"]
    let warning: [StaticString] = ["warn", "warning"]
    let error: [StaticString] = [
      "error", "err", "fatal", "critical", "crit", "severe", "alert", "emerg", "emergency", "panic",
    ]
    if error.contains(where: { matches(word, $0) }) { return .error }
    if warning.contains(where: { matches(word, $0) }) { return .warning }
    if info.contains(where: { matches(word, $0) }) { return .info }
    if debug.contains(where: { matches(word, $0) }) { return .debug }
    return nil
  }

  /// The level that a number under `key` means: syslog's 0–7, bunyan's and pino's 10–60, Python's
  /// `levelno`, OpenTelemetry's `severityNumber`.
  static func number(_ number: Int, key: UnsafeRawBufferPointer) -> LogLevel? {
    func level(_ debug: Range<Int>, _ info: Range<Int>, _ warning: Range<Int>) -> LogLevel {
      if debug.contains(number) { return .debug }
      if info.contains(number) { return .info }
      return warning.contains(number) ? .warning : .error
    }
    if matches(key, "levelno") { return level(0..<20, 20..<30, 30..<40) }
    if matches(key, "severitynumber") || matches(key, "severity_number") {
      return level(0..<9, 9..<13, 13..<17)
    }
    guard isKey(key) else { return nil }
    if number >= 10 { return level(10..<30, 30..<40, 40..<50) }
    return level(7..<10, 5..<7, 4..<5)
  }

  /// Whether a token is a time of day or ends in one: `12:34:56`, `12:34:56,123`, `…T12:34:56Z`.
  static func isTime(_ token: UnsafeRawBufferPointer) -> Bool {
    guard let last = token.last, last.isDigit || last == UInt8(ascii: "Z") else { return false }
    return token.indices.contains { index in
      token[index] == 0x3A && index > 0 && token[index - 1].isDigit
        && index + 1 < token.count && token[index + 1].isDigit
    }
  }

  /// Whether a token before a level's word says that there is none, or counts them.
  static func denies(_ token: UnsafeRawBufferPointer) -> Bool {
    matches(token, "no") || matches(token, "zero") || matches(token, "without")
      || matches(token, "any") || matches(token, "not") || matches(token, "of")
      || token.allSatisfy { $0.isDigit || $0 == 0x2E || $0 == 0x2C }
  }

  /// What errors are measured in.
  static func isMeasure(_ word: UnsafeRawBufferPointer) -> Bool {
    let words: [StaticString] = [
      "rate", "rates", "count", "counts", "bar", "bars", "bound", "bounds", "term", "terms",
      "margin", "margins", "norm", "analysis", "metric", "metrics", "threshold", "level", "levels",
    ]
    return words.contains { matches(word, $0) }
  }

  /// What follows "Error" in a sentence that reports one.
  static func follows(_ word: UnsafeRawBufferPointer) -> Bool {
    let words: [StaticString] = [
      "in", "while", "when", "during", "at", "on", "from", "occurred", "code", "opening",
    ]
    return (word.count > 5 && word.ends(with: "ing")) || words.contains { matches(word, $0) }
  }

  /// Compares with lower-case ASCII characters, letters of either case.
  static func matches(_ word: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard word.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<word.count {
      let byte = word[index]
      guard (byte.isUpper ? byte | 32 : byte) == text.utf8Start[index] else { return false }
    }
    return true
  }
}

/// Finds the level member of a JSON object without decoding it.
struct ObjectScan {
  private let line: UnsafeRawBufferPointer
  private var index: Int

  /// Starts at the opening brace.
  init(_ line: UnsafeRawBufferPointer, at start: Int) {
    self.line = UnsafeRawBufferPointer(rebasing: line.prefix(LevelRules.objectBytes))
    index = start + 1
  }

  /// The level that a member of the outermost object says, or nil.
  mutating func level() -> LogLevel? {
    var found: LogLevel?
    while let key = string() {
      skipBlanks()
      guard index < line.count, line[index] == 0x3A else { return found }
      index += 1
      skipBlanks()
      guard index < line.count else { return found }
      if line[index] == 0x22 {
        guard let value = string() else { return found }
        if LevelWords.isKey(key), let level = LevelWords.value(value) { return level }
      } else if line[index].isDigit {
        var number = 0
        while index < line.count, line[index].isDigit, number < 1_000_000 {
          number = number * 10 + Int(line[index] - 48)
          index += 1
        }
        if found == nil { found = LevelWords.number(number, key: key) }
      }
      skipValue()
      guard index < line.count, line[index] == 0x2C else { return found }
      index += 1
    }
    return found
  }

  private mutating func skipBlanks() {
    while index < line.count, line[index].isBlank { index += 1 }
  }

  /// The raw bytes between the quotes; escapes stay as they are.
  private mutating func string() -> UnsafeRawBufferPointer? {
    skipBlanks()
    guard index < line.count, line[index] == 0x22 else { return nil }
    let first = index + 1
    index = first
    while index < line.count, line[index] != 0x22 { index += line[index] == 0x5C ? 2 : 1 }
    guard index < line.count else { return nil }
    defer { index += 1 }
    return UnsafeRawBufferPointer(rebasing: line[first..<index])
  }

  /// Goes to the comma or brace that ends the value, over nested values and strings.
  private mutating func skipValue() {
    var depth = 0
    while index < line.count {
      switch line[index] {
      case 0x22:
        if string() == nil { index = line.count }
        continue
      case 0x7B, 0x5B: depth += 1
      case 0x7D, 0x5D:
        if depth == 0 { return }
        depth -= 1
      case 0x2C where depth == 0: return
      default: break
      }
      index += 1
    }
  }
}
