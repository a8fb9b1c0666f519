// SPDX-License-Identifier: Apache-2.0

/// What the bytes of a cell are taken for.
///
/// Missing are: nothing, or blanks alone, and the words that pandas takes for missing (`#N/A`,
/// `#N/A N/A`, `#NA`, `-1.#IND`, `-1.#QNAN`, `-NaN`, `-nan`, `1.#IND`, `1.#QNAN`, `<NA>`, `N/A`,
/// `NA`, `NULL`, `NaN`, `None`, `n/a`, `nan`, `null`). Boolean are `true` and `false`, all small, all
/// great or with a great first letter. Blanks around all these and around numbers do not count.
enum Cell {
  case missing
  case integer
  case number
  case boolean(Bool)
  case date(Double)
  case text

  /// Classifies bytes; a number is left in `value`.
  @inline(__always)
  static func classify(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ powers: borrowing PowersOfFive,
    _ value: inout Double
  ) -> Cell {
    switch NumberParser.parse(bytes, count, powers, &value) {
    case .integer: return .integer
    case .number: return .number
    case .none: return other(bytes, count, powers, &value)
    }
  }

  @inline(never)
  private static func other(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ powers: borrowing PowersOfFive,
    _ value: inout Double
  ) -> Cell {
    guard count > 0 else { return .missing }
    if isBlank(bytes[0]) || isBlank(bytes[count - 1]) {
      return trimmed(bytes, count, powers, &value)
    }
    switch bytes[0] {
    case 0x30...0x39:
      if let date = DateParser.parse(bytes, count) { return .date(date) }
      return Words.missing.contains(bytes, count) ? .missing : .text
    case 0x23, 0x2d, 0x3c, 0x4e, 0x6e:
      return Words.missing.contains(bytes, count) ? .missing : .text
    case 0x54, 0x74: return Words.yes.contains(bytes, count) ? .boolean(true) : .text
    case 0x46, 0x66: return Words.no.contains(bytes, count) ? .boolean(false) : .text
    default: return .text
    }
  }

  private static func trimmed(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ powers: borrowing PowersOfFive,
    _ value: inout Double
  ) -> Cell {
    var start = 0
    var end = count
    while start < end, isBlank(bytes[start]) { start += 1 }
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    return classify(bytes + start, end - start, powers, &value)
  }

  @inline(__always)
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

/// Words of up to eight bytes, compared as numbers.
struct Words: Sendable {
  private let packed: [UInt64]

  init(_ words: [String]) {
    packed = words.map { word in
      word.utf8.enumerated().reduce(0) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
    }
  }

  func contains(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard count <= 8 else { return false }
    var word: UInt64 = 0
    for at in 0..<count { word |= UInt64(bytes[at]) << (8 * UInt64(at)) }
    return packed.contains(word)
  }

  static let missing = Words([
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>",
    "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
  ])
  static let yes = Words(["true", "True", "TRUE"])
  static let no = Words(["false", "False", "FALSE"])
}

/// Hashes that are the same in every process.
enum StableHash {
  /// The finaliser of SplitMix64: every bit of the result depends on every bit of the value.
  @inline(__always)
  static func of(_ value: UInt64) -> UInt64 {
    var mixed = value &+ 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// Hashes bytes eight at a time; `special` gets the high bit of each byte beyond ASCII.
  @inline(__always)
  static func of(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, special: inout UInt64
  ) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: count) &* 0x9e37_79b9_7f4a_7c15
    var at = 0
    var wide: UInt64 = 0
    while at &+ 8 <= count {
      let word = UInt64(
        littleEndian: UnsafeRawPointer(bytes + at).loadUnaligned(as: UInt64.self))
      wide |= word
      hash = fold(hash ^ word)
      at &+= 8
    }
    if at < count {
      var word: UInt64 = 0
      var shift: UInt64 = 0
      while at < count {
        word |= UInt64(bytes[at]) &<< shift
        shift &+= 8
        at &+= 1
      }
      wide |= word
      hash = fold(hash ^ word)
    }
    special = wide & 0x8080_8080_8080_8080
    return of(hash)
  }

  @inline(__always)
  private static func fold(_ value: UInt64) -> UInt64 {
    let product = (value ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
    return product.high ^ product.low
  }
}
