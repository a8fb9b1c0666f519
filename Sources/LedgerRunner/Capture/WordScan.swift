// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// Looks for a level's word where loggers put it, and passes over the same words in prose.
///
/// `ERROR` after a time, in brackets or before a colon is a level; `0 errors`, `error_rate=0.1`,
/// `mean squared error: 0.12` and `no warnings` are not.
struct WordScan {
  let line: UnsafeRawBufferPointer
  /// The first byte that is not blank.
  let start: Int

  func level() -> LogLevel? {
    var index = start
    let count = line.count
    while index < count {
      guard line[index].isWord else {
        index += 1
        continue
      }
      let begin = index
      repeat { index += 1 } while index < count && line[index].isWord
      let length = index - begin
      guard length >= 3 else { continue }
      let last = line[index - 1] | 32
      // The last letters of the words below: most words of prose end here.
      switch last {
      case UInt8(ascii: "r"), UInt8(ascii: "l"), UInt8(ascii: "t"), UInt8(ascii: "e"),
        UInt8(ascii: "g"), UInt8(ascii: "n"), UInt8(ascii: "o"), UInt8(ascii: "f"):
        break
      default: continue
      }
      if let level = level(begin, index) { return level }
    }
    return nil
  }

  private func level(_ begin: Int, _ end: Int) -> LogLevel? {
    if end - begin <= 8, let word = word(begin, end) {
      return accepts(word, begin, end) ? word.level : nil
    }
    return exceptionName(begin, end)
  }

  private struct Word {
    var level: LogLevel
    var isUpper: Bool
    /// Accepted only where nothing but a logger would put it.
    var isShort: Bool
  }

  private func word(_ begin: Int, _ end: Int) -> Word? {
    var packed: UInt64 = 0
    var upper = true
    for index in stride(from: end - 1, through: begin, by: -1) {
      let byte = line[index]
      if !byte.isUpper { upper = false }
      packed = packed << 8 | UInt64(byte | 32)
    }
    // The word's lower-case letters, the first in the lowest byte.
    switch packed {
    case 0x72_6F72_7265: return Word(level: .error, isUpper: upper, isShort: false)  // error
    case 0x72_7265: return Word(level: .error, isUpper: upper, isShort: true)  // err
    case 0x6C_6174_6166: return Word(level: .error, isUpper: upper, isShort: false)  // fatal
    case 0x6C_7466: return Word(level: .error, isUpper: upper, isShort: true)  // ftl
    case 0x6C61_6369_7469_7263: return Word(level: .error, isUpper: upper, isShort: false)
    case 0x7469_7263: return Word(level: .error, isUpper: upper, isShort: true)  // crit
    case 0x6572_6576_6573: return Word(level: .error, isUpper: upper, isShort: true)  // severe
    case 0x6E72_6177: return Word(level: .warning, isUpper: upper, isShort: false)  // warn
    case 0x67_6E69_6E72_6177: return Word(level: .warning, isUpper: upper, isShort: false)
    case 0x6E_7277: return Word(level: .warning, isUpper: upper, isShort: true)  // wrn
    case 0x6F66_6E69: return Word(level: .info, isUpper: upper, isShort: false)  // info
    case 0x66_6E69: return Word(level: .info, isUpper: upper, isShort: true)  // inf
    case 0x6563_6974_6F6E: return Word(level: .info, isUpper: upper, isShort: true)  // notice
    case 0x67_7562_6564: return Word(level: .debug, isUpper: upper, isShort: false)  // debug
    case 0x67_6264: return Word(level: .debug, isUpper: upper, isShort: true)  // dbg
    case 0x65_6361_7274: return Word(level: .debug, isUpper: upper, isShort: true)  // trace
    case 0x65_736F_6272_6576: return Word(level: .debug, isUpper: upper, isShort: true)
    default: return nil
    }
  }

  private func byte(_ index: Int) -> UInt8 {
    index >= 0 && index < line.count ? line[index] : 0
  }

  private func accepts(_ word: Word, _ begin: Int, _ end: Int) -> Bool {
    let before = byte(begin - 1)
    let after = byte(end)
    if isValueOfLevel(begin) { return true }
    if isBracketed(word, begin, end) { return true }
    switch after {
    case UInt8(ascii: "="), UInt8(ascii: "("), UInt8(ascii: "/"), UInt8(ascii: "'"),
      UInt8(ascii: "\""), UInt8(ascii: "%"):
      return false
    case UInt8(ascii: ","):
      return word.isUpper && before == UInt8(ascii: ",")
    case UInt8(ascii: "."), UInt8(ascii: "-"):
      if byte(end + 1).isWord { return false }
    default: break
    }
    let colon = after == UInt8(ascii: ":") && (end + 1 >= line.count || byte(end + 1) != 0x3A)
    if colon, isMeasure(after: end + 1) { return false }
    if begin == start { return acceptsFirst(word, end, colon) }
    guard before.isBlank || before == UInt8(ascii: "]") || before == UInt8(ascii: ",") else {
      return before == UInt8(ascii: ":") && word.isUpper && colon
    }
    var previous = begin - 1
    while previous > start, line[previous].isBlank { previous -= 1 }
    return word.isUpper
      ? acceptsUpper(previous, end, colon) : acceptsLower(previous, end, colon)
  }

  /// `level=error`, `severity: WARN`, `"levelname": "ERROR"` in lines that are no JSON objects.
  private func isValueOfLevel(_ begin: Int) -> Bool {
    var index = begin - 1
    if byte(index) == UInt8(ascii: "\"") || byte(index) == UInt8(ascii: "'") { index -= 1 }
    if byte(index) == 0x20 { index -= 1 }
    guard byte(index) == UInt8(ascii: "=") || byte(index) == UInt8(ascii: ":") else { return false }
    index -= 1
    if byte(index) == UInt8(ascii: "\"") { index -= 1 }
    let end = index + 1
    while index >= start, line[index].isWord { index -= 1 }
    let key = UnsafeRawBufferPointer(rebasing: line[(index + 1)..<max(end, index + 1)])
    return LevelWords.isKey(key)
  }

  /// `[error]`, `[ WARN ]`, `<debug>`, `| ERROR |`, `(WARNING)`, `[core:error]`, `[ERROR/Main]`.
  private func isBracketed(_ word: Word, _ begin: Int, _ end: Int) -> Bool {
    var left = begin - 1
    while left > start, line[left].isBlank { left -= 1 }
    var right = end
    while right < line.count, line[right].isBlank { right += 1 }
    switch (byte(left), byte(right)) {
    case (UInt8(ascii: "["), UInt8(ascii: "]")), (UInt8(ascii: "<"), UInt8(ascii: ">")):
      return left >= start
    case (UInt8(ascii: "("), UInt8(ascii: ")")), (UInt8(ascii: "|"), UInt8(ascii: "|")),
      (UInt8(ascii: "{"), UInt8(ascii: "}")):
      return word.isUpper && left >= start
    case (UInt8(ascii: "["), _):
      let next = byte(end)
      return word.isUpper && left == begin - 1 && (next.isBlank || next == 0x2F || next == 0x3A)
    case (UInt8(ascii: ":"), UInt8(ascii: "]")):
      return left == begin - 1 && right == end
    default: return false
    }
  }

  private func acceptsFirst(_ word: Word, _ end: Int, _ colon: Bool) -> Bool {
    let after = byte(end)
    if word.isUpper {
      if after == UInt8(ascii: "!") { return true }
      return
        (colon || end >= line.count || after.isBlank || after == UInt8(ascii: "]")
        || after == UInt8(ascii: "|") || after == UInt8(ascii: "-") || after == UInt8(ascii: ">"))
        && !(after.isBlank && isMeasured(end))
    }
    if word.isShort { return false }
    if colon { return end + 1 >= line.count || byte(end + 1).isBlank }
    // "Error while reading x", as sentences begin, but not "Error analysis" or "Error rate".
    return word.level == .error && after.isBlank && byte(start).isUpper && opensSentence(end)
      && !endsInMeasure()
  }

  private func acceptsUpper(_ previous: Int, _ end: Int, _ colon: Bool) -> Bool {
    switch line[previous] {
    case UInt8(ascii: "]"), UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: ")"),
      UInt8(ascii: ","):
      return true
    case UInt8(ascii: ":"): return true
    case UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "#"):
      return previous == start || line[previous - 1].isBlank
    default: break
    }
    var first = previous
    while first > start, !line[first - 1].isBlank { first -= 1 }
    let token = UnsafeRawBufferPointer(rebasing: line[first...previous])
    let isNumber = token.allSatisfy { $0.isDigit }
    if LevelWords.isTime(token) { return true }
    let dated = line[start].isDigit || (line[start] == UInt8(ascii: "[") && byte(start + 1).isDigit)
    if isNumber { return dated && token.count >= 3 }
    if LevelWords.denies(token) { return false }
    if byte(end) == UInt8(ascii: "!"), byte(end + 1).isBlank { return true }
    // A logger's name between time and level, as Python's "%(asctime)s %(name)s %(levelname)s".
    return colon || (dated && tokens(before: first) <= 4 && !isMeasured(end))
  }

  private func acceptsLower(_ previous: Int, _ end: Int, _ colon: Bool) -> Bool {
    guard colon, end + 1 >= line.count || byte(end + 1).isBlank else { return false }
    // "file.c:7:5: error: …", "program: error: …", "fatal error: …".
    if line[previous] == UInt8(ascii: ":") { return true }
    guard previous - 4 >= start else { return false }
    return line.has("fatal", at: previous - 4)
      && (previous - 4 == start || byte(previous - 6) == UInt8(ascii: ":"))
  }

  /// `ValueError: …`, `java.io.IOException`, `a.py:7: UserWarning: …`, at the start of the line or
  /// after a colon or a closing bracket.
  private func exceptionName(_ begin: Int, _ end: Int) -> LogLevel? {
    let word = UnsafeRawBufferPointer(rebasing: line[begin..<end])
    let level: LogLevel
    if word.ends(with: "Error") || word.ends(with: "Exception") {
      level = .error
    } else if word.ends(with: "Warning") {
      level = .warning
    } else {
      return nil
    }
    let colon = byte(end) == UInt8(ascii: ":")
    guard end >= line.count || (colon && (end + 1 >= line.count || byte(end + 1).isBlank)) else {
      return nil
    }
    var first = begin
    while first > start,
      line[first - 1].isWord || byte(first - 1) == UInt8(ascii: ".")
        || byte(first - 1) == UInt8(ascii: "$")
    {
      first -= 1
    }
    let atStart = first == start && line[first].isLetter
    let afterMark =
      colon && first - 2 >= start && line[first - 1] == 0x20
      && (line[first - 2] == 0x3A || line[first - 2] == 0x29 || line[first - 2] == 0x5D)
    guard atStart || afterMark else { return nil }
    return colon && isMeasure(after: end + 1) ? nil : level
  }

  /// Whether all that follows is a measured value: `0.12`, ` 12%`, ` 0.3, loss: 2`.
  private func isMeasure(after index: Int) -> Bool {
    var index = index
    while index < line.count, line[index].isBlank { index += 1 }
    if byte(index) == UInt8(ascii: "-") || byte(index) == UInt8(ascii: "+") { index += 1 }
    guard byte(index).isDigit else {
      return line.has("nan", at: index) || line.has("inf", at: index)
    }
    var fraction = false
    while byte(index).isDigit || byte(index) == 0x2E || byte(index) == UInt8(ascii: "e")
      || (byte(index) == 0x2D && byte(index - 1) == UInt8(ascii: "e"))
    {
      if byte(index) == 0x2E { fraction = true }
      index += 1
    }
    if fraction && !byte(index).isWord { return true }
    switch byte(index) {
    case 0, UInt8(ascii: "%"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ")"): return true
    default: return index >= line.count
    }
  }

  /// Whether the next word is what errors are counted or drawn in: `ERROR RATE 0.2`.
  private func isMeasured(_ end: Int) -> Bool {
    var index = end
    while index < line.count, line[index].isBlank { index += 1 }
    let first = index
    while index < line.count, line[index].isWord { index += 1 }
    return LevelWords.isMeasure(UnsafeRawBufferPointer(rebasing: line[first..<index]))
  }

  private func opensSentence(_ end: Int) -> Bool {
    var index = end
    while index < line.count, line[index].isBlank { index += 1 }
    let first = index
    while index < line.count, line[index].isWord { index += 1 }
    return LevelWords.follows(UnsafeRawBufferPointer(rebasing: line[first..<index]))
  }

  private func endsInMeasure() -> Bool {
    guard let colon = line.lastIndex(where: { $0 == 0x3A || $0 == 0x3D }) else { return false }
    return isMeasure(after: colon + 1)
  }

  private func tokens(before index: Int) -> Int {
    var count = 0
    var inside = false
    for byte in line[start..<index] {
      if !byte.isBlank, !inside { count += 1 }
      inside = !byte.isBlank
    }
    return count
  }
}
