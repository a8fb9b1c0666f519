// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

// Values whose form has a rule of its own.

/// What a sorted list holds.
protocol WireOrdered: WireValue {
  /// Whether this stands before `other` in a sorted list.
  func stands(before other: Self) -> Bool
}

extension WireOrdered where Self: Comparable {
  func stands(before other: Self) -> Bool { self < other }
}

extension Role: WireOrdered {}
extension DecisionException: WireOrdered {}
extension Policy.SignedAct: WireOrdered {}
extension Text: WireOrdered {
  func stands(before other: Text) -> Bool { precedes(other) }
}

/// A list in ascending order without repetitions, such as roles.
struct SortedList<Element: WireOrdered>: WireValue {
  var elements: [Element]

  init(_ elements: [Element]) { self.elements = elements }

  private var isSorted: Bool {
    zip(elements, elements.dropFirst()).allSatisfy { $0.stands(before: $1) }
  }

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    guard isSorted else { throw writer.refusal(member, "sorted, each once") }
    try elements.write(&writer, member)
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> SortedList {
    let start = reader.offset
    let list = SortedList(try [Element].read(&reader, member))
    guard list.isSorted else { throw reader.refusal(member, "sorted, each once", at: start) }
    return list
  }
}

/// A number that may be NaN or infinite, which are stored as words.
struct Measure: WireValue {
  var value: Double

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    if value.isNaN {
      writer.word(Wire.nan)
    } else if value.isInfinite {
      writer.word(value > 0 ? Wire.infinity : Wire.negativeInfinity)
    } else {
      try value.write(&writer, member)
    }
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Measure {
    let attempt = reader
    if reader.next == 0x22 {
      let word = reader.bytes(try reader.rawString().range)
      func says(_ name: StaticString) -> Bool {
        word.elementsEqual(
          UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
      }
      if says(Wire.nan) { return Measure(value: .nan) }
      if says(Wire.infinity) { return Measure(value: .infinity) }
      if says(Wire.negativeInfinity) { return Measure(value: -.infinity) }
      reader = attempt
    }
    return Measure(value: try Double.read(&reader, member))
  }
}

/// At most 64 metrics or columns, stored as an object of numbers.
struct MetricsObject: WireValue {
  static let limit = 64
  var metrics: [Metric]

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    guard metrics.count <= Self.limit else { throw writer.refusal(member, "at most 64 numbers") }
    let isSorted = zip(metrics, metrics.dropFirst()).allSatisfy { $0.name.precedes($1.name) }
    guard isSorted else { throw writer.refusal(member, "sorted by name, each once") }
    try writer.beginObject()
    for metric in metrics {
      writer.member(metric.name)
      try Measure(value: metric.value).write(&writer, member)
    }
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> MetricsObject {
    let start = reader.offset
    var metrics: [Metric] = []
    try reader.members { reader, name throws(CodecError) in
      metrics.append(Metric(name: name, value: try Measure.read(&reader, member).value))
    }
    guard metrics.count <= limit else {
      throw reader.refusal(member, "at most 64 numbers", at: start)
    }
    return MetricsObject(metrics: metrics)
  }
}

/// One of the words that programs, not people, choose: printable ASCII, 1 to 63 bytes.
struct PlainWord: WireValue {
  var string: String

  init(_ string: String) { self.string = string }

  private static func isPlain(_ bytes: some Collection<UInt8>) -> Bool {
    (1...63).contains(bytes.count) && bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
  }

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    guard Self.isPlain(string.utf8) else { throw writer.refusal(member, "a plain word") }
    writer.string(string)
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> PlainWord {
    let start = reader.offset
    let word = PlainWord(try reader.string())
    guard isPlain(word.string.utf8) else {
      throw reader.refusal(member, "a plain word", at: start)
    }
    return word
  }
}

/// Lower-case hex digits, as many as a ledger's identifier or a git commit has.
struct HexDigits<Length: HexLength>: WireValue {
  var string: String

  init(_ string: String) { self.string = string }

  private static func isHex(_ bytes: some Collection<UInt8>) -> Bool {
    Length.counts.contains(bytes.count) && bytes.allSatisfy { Hex.value(of: $0) != nil }
  }

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    guard Self.isHex(string.utf8) else { throw writer.refusal(member, Length.expected) }
    writer.string(string)
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> HexDigits {
    let start = reader.offset
    let digits = HexDigits(try reader.string())
    guard isHex(digits.string.utf8) else {
      throw reader.refusal(member, Length.expected, at: start)
    }
    return digits
  }
}

/// How many hex digits a value has.
protocol HexLength {
  static var counts: [Int] { get }
  static var expected: String { get }
}

/// The identifier of a ledger.
enum LedgerIDLength: HexLength {
  static let counts = [32]
  static let expected = "32 hex digits"
}

/// A git commit, of SHA-1 or SHA-256.
enum CommitLength: HexLength {
  static let counts = [40, 64]
  static let expected = "40 or 64 hex digits"
}
