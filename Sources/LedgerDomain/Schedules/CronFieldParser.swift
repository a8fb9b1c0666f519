// SPDX-License-Identifier: Apache-2.0

/// Reads one field of a cron expression, byte by byte.
struct CronFieldParser {
  private let field: CronField
  private let bytes: [UInt8]
  private let end: Int
  private var index: Int

  init(_ field: CronField, _ bytes: [UInt8], _ range: Range<Int>) {
    self.field = field
    self.bytes = bytes
    index = range.lowerBound
    end = range.upperBound
  }

  /// The values of the whole field: bit n stands for the value n.
  mutating func values() throws(CronError) -> UInt64 {
    var values = try item()
    while index < end {
      guard bytes[index] == UInt8(ascii: ",") else { throw unexpected() }
      index += 1
      values |= try item()
    }
    return values
  }

  /// A value, a range, or either with a step.
  private mutating func item() throws(CronError) -> UInt64 {
    let start = index
    var low = field.range.lowerBound
    // Seven is another word for Sunday, not an eighth day.
    let greatest = field == .dayOfWeek ? 6 : field.range.upperBound
    var high = greatest
    var isOpen = true
    if !take(UInt8(ascii: "*")) && !(isOfDays && take(UInt8(ascii: "?"))) {
      low = try value().number
      isOpen = false
      high = low
      if take(UInt8(ascii: "-")) {
        let last = try value()
        // A week may be told to end on Sunday: FRI-SUN.
        high = last.isNamed && field == .dayOfWeek && last.number == 0 ? 7 : last.number
        guard low <= high else { throw error(.reversedRange(words(from: start)), at: start) }
        isOpen = true
      }
    }
    guard take(UInt8(ascii: "/")) else { return CronFieldParser.mask(low, high, 1) }
    if !isOpen { high = max(low, greatest) }
    let column = index
    guard let step = number() else { throw valueMissing() }
    guard step > 0 else { throw error(.stepOfZero, at: column) }
    return CronFieldParser.mask(low, high, step)
  }

  private var isOfDays: Bool { field == .dayOfMonth || field == .dayOfWeek }

  private static func mask(_ low: Int, _ high: Int, _ step: Int) -> UInt64 {
    var mask: UInt64 = 0
    for value in stride(from: low, through: high, by: step) { mask |= 1 << value }
    return mask
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard index < end, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  /// Digits as a number, at most 1,000: what is larger is as good as that.
  private mutating func number() -> Int? {
    let start = index
    var value = 0
    while index < end, (0x30...0x39).contains(bytes[index]) {
      value = min(value * 10 + Int(bytes[index] - 0x30), 1_000)
      index += 1
    }
    return index > start ? value : nil
  }

  private mutating func value() throws(CronError) -> (number: Int, isNamed: Bool) {
    let start = index
    if let number = number() {
      guard field.range.contains(number) else {
        throw error(.outOfRange(words(from: start)), at: start)
      }
      return (number, false)
    }
    while index < end, (0x41...0x5A).contains(bytes[index] & 0xDF) { index += 1 }
    guard index > start else { throw valueMissing() }
    let word = words(from: start)
    guard let place = field.names.firstIndex(of: word.uppercased()) else {
      throw error(.outOfRange(word), at: start)
    }
    return (field.firstNamed + place, true)
  }

  // MARK: Errors

  private func words(from start: Int) -> String {
    String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private func error(_ reason: CronError.Reason, at place: Int) -> CronError {
    CronError(field: field, column: place + 1, reason: reason)
  }

  private func valueMissing() -> CronError {
    guard index < end, bytes[index] != UInt8(ascii: ",") else {
      return error(.valueMissing, at: index)
    }
    return unexpected()
  }

  /// The whole character at this place, which may have several bytes.
  private func unexpected() -> CronError {
    let rest = String(decoding: bytes[index..<end], as: UTF8.self)
    let scalar = rest.unicodeScalars.prefix(1)
    return error(.unexpected(String(scalar)), at: index)
  }
}
