// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// Tells the levels of one stream's lines, and which of them form one record.
///
/// Tracebacks, stack traces, panics and R's two-line messages are records: their lines share the
/// level of the line that opened them and name it.
struct LevelDetector {
  private enum Form {
    case python, stack, rError, rWarning, warning, go, rust
  }

  private struct Record {
    var form: Form
    var level: LogLevel
    /// The number of the line that opened it.
    var line: UInt64
    /// Lines of it seen so far, the opening one included.
    var seen = 1
    /// What precedes every line of it, as `[rank0]: `.
    var prefix: [UInt8] = []
  }

  private var record: Record?
  private var plain: [UInt8] = []

  /// The level of a line (without its end), and the line that opened its record if another did.
  mutating func classify(
    _ line: UnsafeRawBufferPointer, line number: UInt64
  ) -> (level: LogLevel, of: UInt64?) {
    let head = UnsafeRawBufferPointer(rebasing: line.prefix(LevelRules.headerBytes * 2))
    if head.contains(0x1B) {
      var stripped = plain
      plain = []
      defer { plain = stripped }
      Self.strip(head, into: &stripped)
      return stripped.withUnsafeBytes { classifyPlain($0, number) }
    }
    return classifyPlain(line, number)
  }

  private mutating func classifyPlain(
    _ line: UnsafeRawBufferPointer, _ number: UInt64
  ) -> (level: LogLevel, of: UInt64?) {
    if let open = record {
      if let last = Self.continues(open, line) {
        record?.seen += 1
        if last { record = nil }
        return (open.level, open.line)
      }
      record = nil
    }
    guard let first = line.first(where: { !$0.isBlank }) else { return (.info, nil) }
    if first == UInt8(ascii: "{") {
      let start = line.firstIndex(of: first) ?? 0
      var object = ObjectScan(line, at: start)
      return (object.level() ?? .info, nil)
    }
    if let opened = Self.opens(line, first, number) {
      record = opened
      return (opened.level, nil)
    }
    return (LevelRules.header(line) ?? .info, nil)
  }

  private static let traceback: StaticString = "Traceback (most recent call last):"

  private static func opens(
    _ line: UnsafeRawBufferPointer, _ first: UInt8, _ number: UInt64
  ) -> Record? {
    func record(_ form: Form, _ level: LogLevel) -> Record {
      Record(form: form, level: level, line: number)
    }
    let last = line[line.count - 1]
    if last == UInt8(ascii: ":"), line.ends(with: traceback) {
      var opened = record(.python, .error)
      let prefix = line.count - traceback.utf8CodeUnitCount
      // Only a prefix that every line will carry; `  + Exception Group ` is none.
      if prefix > 0, line[0] == UInt8(ascii: "[") || line[0] == UInt8(ascii: "(") {
        opened.prefix = Array(line[..<prefix])
      }
      return opened
    }
    switch line[0] {
    case UInt8(ascii: "E"):
      if line.has("Exception in thread ") { return record(.stack, .error) }
      if line.has("Error in "), line.find(" : ", within: 256) || line.ends(with: " :") {
        return record(.rError, .error)
      }
    case UInt8(ascii: "W"):
      if line.has("Warning message:") || line.has("Warning messages:") {
        return record(.rWarning, .warning)
      }
    case UInt8(ascii: "I"):
      if line.has("In addition: Warning message") { return record(.rWarning, .warning) }
    case UInt8(ascii: "p"):
      if line.has("panic: ") { return record(.go, .error) }
    case UInt8(ascii: "t"):
      if line.has("thread '"), line.find("' panicked at ", within: 120) {
        return record(.rust, .error)
      }
    default: break
    }
    guard first.isLetter || first == UInt8(ascii: "/") || first == UInt8(ascii: "<"),
      let level = LevelRules.header(line), level > .info
    else { return nil }
    if level == .warning {
      // a.py:7: UserWarning: message, and below it the source line.
      return line.find("Warning: ", within: 256) && line.find(": ", within: 256)
        ? record(.warning, level) : nil
    }
    return isExceptionLine(line) ? record(.stack, level) : nil
  }

  /// Whether the line belongs to the record, and if so whether it is the last that can; nil when
  /// it does not belong.
  private static func continues(_ record: Record, _ line: UnsafeRawBufferPointer) -> Bool? {
    var line = line
    if !record.prefix.isEmpty {
      guard line.starts(with: record.prefix) else { return nil }
      line = UnsafeRawBufferPointer(rebasing: line[record.prefix.count...])
    }
    let indented = line.first?.isBlank == true
    switch record.form {
    case .python:
      if indented { return false }
      return isExceptionLine(line) ? true : nil
    case .stack:
      let rest = UnsafeRawBufferPointer(rebasing: line.drop { $0.isBlank })
      if rest.has("Caused by: ") || rest.has("Suppressed: ") { return false }
      return indented && (rest.has("at ") || rest.has("... ")) ? false : nil
    case .rError:
      if indented || line.has("Calls: ") { return false }
      return line.has("Execution halted") ? true : nil
    case .rWarning:
      if record.seen == 1 || indented { return false }
      return line.first?.isDigit == true && line.find(": ", within: 6) ? false : nil
    case .warning:
      return indented && record.seen == 1 ? true : nil
    case .go:
      if line.isEmpty || line[0] == 0x09 || line.has("goroutine ") || line.has("[signal ")
        || line.has("created by ") || line.has("panic: ")
      {
        return false
      }
      if line.has("exit status ") { return true }
      return line[line.count - 1] == UInt8(ascii: ")") && line.contains(UInt8(ascii: "("))
        ? false : nil
    case .rust:
      if record.seen == 1 || indented || line.has("stack backtrace:") { return false }
      return line.has("note: ") ? true : nil
    }
  }

  /// `package.Name: words`, `KeyboardInterrupt`: a dotted name, then a colon or nothing. Words of
  /// capitals alone are levels (`INFO: …`), not exceptions.
  private static func isExceptionLine(_ line: UnsafeRawBufferPointer) -> Bool {
    guard let first = line.first, first.isLetter || first == 95 else { return false }
    var index = 0
    var lower = false
    while index < line.count, line[index].isWord || line[index] == 0x2E || line[index] == 0x24 {
      if line[index].isLetter, !line[index].isUpper { lower = true }
      index += 1
    }
    guard lower else { return false }
    if index == line.count { return true }
    return line[index] == 0x3A && (index + 1 == line.count || line[index + 1] == 0x20)
  }

  /// Copies the bytes without terminal control sequences (ECMA-48 CSI and OSC).
  private static func strip(_ line: UnsafeRawBufferPointer, into plain: inout [UInt8]) {
    plain.removeAll(keepingCapacity: true)
    var index = 0
    while index < line.count {
      guard line[index] == 0x1B else {
        plain.append(line[index])
        index += 1
        continue
      }
      index += 1
      guard index < line.count else { return }
      if line[index] == UInt8(ascii: "[") {
        index += 1
        while index < line.count, !(0x40...0x7E).contains(line[index]) { index += 1 }
        index += 1
      } else if line[index] == UInt8(ascii: "]") {
        while index < line.count, line[index] != 0x07, line[index] != 0x1B { index += 1 }
        if index < line.count { index += line[index] == 0x1B ? 2 : 1 }
      } else {
        index += 1
      }
    }
  }
}
