// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// Random JSON values that visit the awkward corners: escapes, astral names, odd numbers.
public struct JSONGenerator {
  /// The source of choices.
  public var random: SplitMix64

  /// Starts the sequence of `seed`.
  public init(seed: UInt64) { self.random = SplitMix64(seed: seed) }

  /// A value with at most `depth` levels of containers.
  public mutating func value(depth: Int = 4) -> JSONValue {
    switch random.below(depth > 0 ? 8 : 5) {
    case 0: return .null
    case 1: return .bool(random.oneIn(2))
    case 2: return .number(number())
    case 3, 4: return .string(text())
    case 5: return .array((0..<random.below(5)).map { _ in value(depth: depth - 1) })
    default: return .object(object(depth: depth - 1))
    }
  }

  /// An object with a few members.
  public mutating func object(depth: Int = 3) -> JSONObject {
    var object = JSONObject()
    for _ in 0..<random.below(6) { object[text(limit: 4)] = value(depth: depth) }
    return object
  }

  /// A finite number: any bit pattern, or one at an edge of the printed forms.
  public mutating func number() -> Double {
    switch random.below(8) {
    case 0: return Double(random.below(2001) - 1000)
    case 1: return Double(Int64(bitPattern: random.next()) >> Int64(random.below(64)))
    case 2: return Double(random.below(100_000)) / 1000
    case 3: return near(power(Int.random(in: -324...308, using: &random)))
    case 4:
      return near(random.pick([1e21, 1e-6, 1e-7, 0x1p53, 0x1p52, 0, 1e20, 1e22, 123456789.5]))
    case 5: return Double(bitPattern: random.next() & 0x800f_ffff_ffff_ffff)
    default:
      let any = Double(bitPattern: random.next())
      return any.isFinite ? any : 0.1
    }
  }

  private func power(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? 0 }

  private mutating func near(_ value: Double) -> Double {
    var value = value
    for _ in 0..<random.below(4) { value = random.oneIn(2) ? value.nextUp : value.nextDown }
    return random.oneIn(4) ? -value : value
  }

  /// Words of at most `limit` pieces, from plain ASCII to what lies beyond the BMP.
  public mutating func text(limit: Int = 12) -> Text {
    var string = ""
    for _ in 0..<random.below(limit + 1) { string += piece() }
    return Text(string)
  }

  private mutating func piece() -> String {
    switch random.below(10) {
    case 0: return String(Unicode.Scalar(UInt8(random.below(0x20))))
    case 1: return random.pick(["\"", "\\", "/", "\u{7f}", "\u{2028}", "\u{feff}", "\u{fffd}"])
    case 2: return random.pick(["\u{e9}", "e\u{301}", "\u{212b}", "\u{c5}", "A\u{30a}"])
    case 3: return random.pick(["\u{e000}", "\u{fb33}", "\u{ffff}", "\u{d7ff}"])
    case 4: return random.pick(["\u{10000}", "\u{1f600}", "\u{10ffff}", "\u{1d11e}"])
    case 5:
      return String(Unicode.Scalar(UInt32(random.below(0x110000))) ?? "\u{20ac}")
    case 6: return random.pick(["ordinary words", "epoch 3/40 loss=0.25", "\r\n", "\t"])
    default: return String(Unicode.Scalar(UInt8(0x20 + random.below(0x5f))))
    }
  }

  /// The same value as some other program might write it: spaced, unsorted, oddly escaped.
  public mutating func scrambled(_ value: JSONValue) -> [UInt8] {
    var bytes: [UInt8] = []
    scramble(value, into: &bytes)
    return bytes
  }

  private mutating func space(_ bytes: inout [UInt8]) {
    while random.oneIn(4) { bytes.append(random.pick([0x20, 0x09, 0x0d])) }
  }

  private mutating func scramble(_ value: JSONValue, into bytes: inout [UInt8]) {
    space(&bytes)
    switch value {
    case .null: bytes += "null".utf8
    case .bool(let flag): bytes += (flag ? "true" : "false").utf8
    // With a fraction or exponent it is a double everywhere, whatever its size.
    case .number(let number): bytes += number.description.utf8
    case .string(let text): scramble(text, into: &bytes)
    case .array(let elements):
      bytes.append(0x5b)
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(0x2c) }
        scramble(element, into: &bytes)
      }
      bytes.append(0x5d)
    case .object(let object):
      bytes.append(0x7b)
      for (index, member) in object.members.shuffled(using: &random).enumerated() {
        if index > 0 { bytes.append(0x2c) }
        space(&bytes)
        scramble(member.name, into: &bytes)
        space(&bytes)
        bytes.append(0x3a)
        scramble(member.value, into: &bytes)
      }
      bytes.append(0x7d)
    }
    space(&bytes)
  }

  private mutating func scramble(_ text: Text, into bytes: inout [UInt8]) {
    bytes.append(0x22)
    for scalar in text.string.unicodeScalars {
      let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
      if mustEscape || random.oneIn(3) {
        for unit in UTF16.encode(scalar)! {
          let digits = String(unit, radix: 16, uppercase: random.oneIn(2))
          bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
        }
      } else {
        bytes += String(scalar).utf8
      }
    }
    bytes.append(0x22)
  }
}
