// SPDX-License-Identifier: Apache-2.0

/// Reads the compiled form of time zones: TZif, versions 1 to 4 (RFC 9636).
enum TimeZoneFile {
  /// Real files have 3 KiB at most.
  static let byteLimit = 1 << 18

  /// The rules in a file's bytes; nil when they are no TZif, or one that counts leap seconds.
  static func rules(_ bytes: [UInt8]) -> TimeZoneRules? {
    guard let first = Header(bytes, at: 0) else { return nil }
    if first.version == 0 { return block(bytes, first, at: Header.length, wide: false)?.rules }
    // The first block repeats the second in fewer bits, or is empty.
    let start = Header.length + first.length(wide: false)
    guard let header = Header(bytes, at: start),
      let (table, end) = block(bytes, header, at: start + Header.length, wide: true)
    else { return nil }
    var rules = table
    guard end < bytes.count, bytes[end] == 0x0A,
      let stop = bytes[(end + 1)...].firstIndex(of: 0x0A)
    else { return nil }
    let footer = bytes[(end + 1)..<stop]
    if !footer.isEmpty {
      guard let rule = PosixTimeZone(footer) else { return nil }
      rules.rule = rule
    }
    return rules
  }

  private struct Header {
    static let length = 44
    let version: UInt8
    let utcFlags: Int
    let standardFlags: Int
    let leapSeconds: Int
    let transitions: Int
    let types: Int
    let characters: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard start >= 0, bytes.count - start >= Header.length,
        bytes[start..<start + 4].elementsEqual("TZif".utf8)
      else { return nil }
      version = bytes[start + 4]
      let counts = (0..<6).map { Int(TimeZoneFile.number(bytes, start + 20 + 4 * $0, 4)) }
      // No count can exceed the bytes there are; so no product below overflows.
      guard counts.allSatisfy({ $0 >= 0 && $0 <= bytes.count }) else { return nil }
      (utcFlags, standardFlags, leapSeconds) = (counts[0], counts[1], counts[2])
      (transitions, types, characters) = (counts[3], counts[4], counts[5])
    }

    func length(wide: Bool) -> Int {
      let time = wide ? 8 : 4
      return transitions * (time + 1) + types * 6 + characters + leapSeconds * (time + 4)
        + standardFlags + utcFlags
    }
  }

  private static func block(
    _ bytes: [UInt8], _ header: Header, at start: Int, wide: Bool
  ) -> (rules: TimeZoneRules, end: Int)? {
    let end = start + header.length(wide: wide)
    guard end <= bytes.count, header.types > 0, header.leapSeconds == 0 else { return nil }
    let time = wide ? 8 : 4
    let indexes = start + header.transitions * time
    let types = indexes + header.transitions
    var offsets: [Int] = []
    for type in 0..<header.types {
      let offset = Int(number(bytes, types + 6 * type, 4))
      guard (-93_599...93_599).contains(offset) else { return nil }
      offsets.append(offset)
    }
    var transitions: [TimeZoneRules.Transition] = []
    for index in 0..<header.transitions {
      let type = Int(bytes[indexes + index])
      let at = number(bytes, start + index * time, time)
      // Beyond the years that a time can be written in, sums could overflow.
      guard type < offsets.count, at.magnitude < 1 << 60 else { return nil }
      if let last = transitions.last, last.at >= at { return nil }
      transitions.append(TimeZoneRules.Transition(at: at, offset: offsets[type]))
    }
    return (TimeZoneRules(initialOffset: offsets[0], transitions: transitions), end)
  }

  private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int64 {
    var value: UInt64 = 0
    for byte in bytes[start..<start + count] { value = value << 8 | UInt64(byte) }
    return count == 4
      ? Int64(Int32(truncatingIfNeeded: value)) : Int64(truncatingIfNeeded: value)
  }
}
