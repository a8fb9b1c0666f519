// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// How a line's level is told from its bytes: common forms of loggers, compilers and languages.
///
/// A line that looks like none of them is `info`, on either stream: programs write progress to
/// standard error too. Only the first 256 bytes are looked at (8 KiB of a JSON object).
public enum LevelRules {
  /// The version of these rules, stored with each line; raised when a rule changes.
  public static let version: UInt32 = 1

  /// The level of one line by itself, without its end.
  public static func level(of line: some Sequence<UInt8>) -> LogLevel {
    var detector = LevelDetector()
    return Array(line).withUnsafeBytes { detector.classify($0, line: 1).level }
  }

  static let headerBytes = 256
  static let objectBytes = 8192

  /// The level that a bare line shows, or nil when it shows none.
  static func header(_ line: UnsafeRawBufferPointer) -> LogLevel? {
    let line = UnsafeRawBufferPointer(rebasing: line.prefix(headerBytes))
    var start = 0
    while start < line.count, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
    guard start < line.count else { return nil }
    if let level = lettered(line, start) ?? fixed(line, start) { return level }
    return WordScan(line: line, start: start).level()
  }

  /// Forms with one letter for the level: glog and its kin, TensorFlow, Jupyter, PyTorch.
  private static func lettered(_ line: UnsafeRawBufferPointer, _ start: Int) -> LogLevel? {
    func digit(_ index: Int) -> Bool { index < line.count && line[index].isDigit }
    func byte(_ index: Int, _ value: Unicode.Scalar) -> Bool {
      index < line.count && line[index] == UInt8(ascii: value)
    }
    // E0101 12:34:56.123456
    if let level = letter(line[start]), digit(start + 1), digit(start + 2), digit(start + 3),
      digit(start + 4), byte(start + 5, " "), digit(start + 6), digit(start + 7),
      byte(start + 8, ":"), digit(start + 9)
    {
      return level
    }
    // 2024-01-01 12:34:56.123456: E tensorflow/core/x.cc:1] message
    if digit(start), byte(start + 10, " "), byte(start + 13, ":"), byte(start + 19, "."),
      byte(start + 26, ":"), byte(start + 27, " "), byte(start + 29, " "), start + 28 < line.count,
      let level = letter(line[start + 28])
    {
      return level
    }
    // [W 2024-01-01 12:34:56 ServerApp] or [W1121 12:34:56.1 reducer.cpp:1251] or [E file.cc:7]
    if byte(start, "["), start + 2 < line.count, let level = letter(line[start + 1]) {
      var next = start + 2
      while digit(next) { next += 1 }
      guard byte(next, " "), next + 1 < line.count else { return nil }
      if line[next + 1].isDigit { return level }
      var colon = false
      for byte in line[(next + 1)...] {
        if byte == UInt8(ascii: ":") { colon = true }
        if byte == UInt8(ascii: " ") { return nil }
        if byte == UInt8(ascii: "]") { return colon ? level : nil }
      }
    }
    return nil
  }

  private static func letter(_ byte: UInt8) -> LogLevel? {
    switch byte {
    case UInt8(ascii: "E"), UInt8(ascii: "F"), UInt8(ascii: "C"): .error
    case UInt8(ascii: "W"): .warning
    case UInt8(ascii: "I"): .info
    case UInt8(ascii: "D"): .debug
    default: nil
    }
  }

  /// Whole sentences that programs and runtimes print.
  private static func fixed(_ line: UnsafeRawBufferPointer, _ start: Int) -> LogLevel? {
    switch line[start] {
    case UInt8(ascii: "A"):
      if line.has("Aborted (core dumped)", at: start) { return .error }
    case UInt8(ascii: "B"):
      if line.has("Bus error", at: start) { return .error }
    case UInt8(ascii: "C"):
      if line.has("Caused by: ", at: start) { return .error }
    case UInt8(ascii: "D"):
      if line.has("During handling of the above exception, another", at: start) { return .error }
    case UInt8(ascii: "E"):
      if line.has("Execution halted", at: start) { return .error }
      if line.has("Exception in thread ", at: start) { return .error }
    case UInt8(ascii: "F"):
      if line.has("Fatal Python error: ", at: start) { return .error }
    case UInt8(ascii: "S"):
      if line.has("Segmentation fault", at: start) { return .error }
    case UInt8(ascii: "T"):
      if line.has("The above exception was the direct cause of", at: start) { return .error }
    case UInt8(ascii: "a"):
      // A stack frame: "at com.example.Main.run(Main.java:7)", only when indented.
      if start > 0, line.has("at ", at: start), line.last == UInt8(ascii: ")") { return .error }
    case UInt8(ascii: "m"):
      if line.has("make", at: start), line.find(": *** ", within: 40) { return .error }
    case UInt8(ascii: "n"):
      if line.has("npm WARN ", at: start) { return .warning }
    case UInt8(ascii: "p"):
      if line.has("panic: ", at: start) { return .error }
    case UInt8(ascii: "t"):
      if line.has("terminate called ", at: start) { return .error }
      if line.has("thread '", at: start), line.find("' panicked at ", within: 120) {
        return .error
      }
    default: break
    }
    return nil
  }
}

extension UInt8 {
  var isDigit: Bool { self &- 48 < 10 }
  var isUpper: Bool { self &- 65 < 26 }
  var isLetter: Bool { (self | 32) &- 97 < 26 }
  /// Letters, digits, `_`, and every byte of what is not ASCII.
  var isWord: Bool { isLetter || isDigit || self == 95 || self >= 128 }
  var isBlank: Bool { self == 32 || self == 9 }
}

extension UnsafeRawBufferPointer {
  /// Whether these ASCII characters stand at `offset`.
  func has(_ text: StaticString, at offset: Int = 0) -> Bool {
    guard offset >= 0, count - offset >= text.utf8CodeUnitCount else { return false }
    for index in 0..<text.utf8CodeUnitCount
    where self[offset + index] != text.utf8Start[index] {
      return false
    }
    return true
  }

  /// Whether the bytes end with these ASCII characters.
  func ends(with text: StaticString) -> Bool { has(text, at: count - text.utf8CodeUnitCount) }

  /// Whether these ASCII characters start somewhere in the first `limit` bytes.
  func find(_ text: StaticString, within limit: Int) -> Bool {
    let first = text.utf8Start[0]
    for index in 0..<Swift.min(limit, count)
    where self[index] == first && has(text, at: index) {
      return true
    }
    return false
  }
}
