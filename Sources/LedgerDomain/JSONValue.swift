// SPDX-License-Identifier: Apache-2.0

/// Words as they were given. Two texts are equal when their UTF-8 bytes are; nothing is normalised.
public struct Text: Hashable, Sendable, ExpressibleByStringLiteral {
  /// The words.
  public var string: String
  /// Wraps a string.
  public init(_ string: some StringProtocol) { self.string = String(string) }
  /// Wraps a literal.
  public init(stringLiteral value: String) { self.string = value }

  /// Compares bytes.
  public static func == (left: Text, right: Text) -> Bool {
    left.withBytes { left in
      right.withBytes { right in left.count == right.count && left.elementsEqual(right) }
    }
  }

  /// Feeds the bytes.
  public func hash(into hasher: inout Hasher) {
    withBytes { hasher.combine(bytes: $0) }
    hasher.combine(0xff as UInt8)
  }

  /// Whether nothing would be seen of it: empty, or only white space and invisible characters.
  public var isBlank: Bool {
    string.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
        || Text.isInvisible(scalar)
    }
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator:
      true
    // U+2800 BRAILLE PATTERN BLANK is a symbol that shows nothing.
    default: scalar.value == 0x2800
    }
  }

  /// Whether this comes first when ordered by UTF-16 code units (RFC 8785 §3.2.3).
  public func precedes(_ other: Text) -> Bool {
    withBytes { mine in other.withBytes { theirs in UTF16Order.precedes(mine, theirs) } }
  }

  /// Lends the words in UTF-8; copied only where they came from elsewhere in another encoding.
  private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    var words = string
    return words.withUTF8 { body(UnsafeRawBufferPointer($0)) }
  }
}

/// A JSON value whose strings keep their bytes.
public indirect enum JSONValue: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A finite IEEE 754 double.
  case number(Double)
  /// A string.
  case string(Text)
  /// An array.
  case array([JSONValue])
  /// An object.
  case object(JSONObject)

  /// A string value from a Swift string.
  public static func string(_ string: String) -> JSONValue { .string(Text(string)) }

  /// A number from an integer: beyond ±(2^53−1) the string of its digits, as the stored form asks.
  public static func integer(_ value: some BinaryInteger) -> JSONValue {
    let limit = 9_007_199_254_740_991
    if value > limit || value < -limit { return .string(Text(String(value))) }
    return .number(Double(Int64(value)))
  }

  /// The string, if it is one.
  public var text: Text? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The object, if it is one.
  public var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }

  /// The elements, if it is an array.
  public var array: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}

/// Members in the order of RFC 8785 (UTF-16 code units of the names), each name once.
public struct JSONObject: Hashable, Sendable {
  /// One member.
  public struct Member: Hashable, Sendable {
    /// The member's name.
    public var name: Text
    /// Its value.
    public var value: JSONValue
    /// Pairs a name with a value.
    public init(name: Text, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The members, sorted.
  public private(set) var members: [Member]

  /// An object without members.
  public init() { self.members = [] }

  /// Sorts the members; nil when a name occurs twice.
  public init?(_ members: [Member]) {
    let sorted = members.sorted { $0.name.precedes($1.name) }
    for (left, right) in zip(sorted, sorted.dropFirst()) where left.name == right.name {
      return nil
    }
    self.members = sorted
  }

  /// Takes members already sorted and unique, as a strict reader delivers them.
  public init(sorted members: [Member]) { self.members = members }

  /// The value of a member; setting nil removes it. O(log n) to find, O(n) to insert.
  public subscript(_ name: Text) -> JSONValue? {
    get {
      let index = firstIndex(notBefore: name)
      return index < members.count && members[index].name == name ? members[index].value : nil
    }
    set {
      let index = firstIndex(notBefore: name)
      let exists = index < members.count && members[index].name == name
      switch (newValue, exists) {
      case (let value?, true): members[index].value = value
      case (let value?, false): members.insert(Member(name: name, value: value), at: index)
      case (nil, true): members.remove(at: index)
      case (nil, false): break
      }
    }
  }

  private func firstIndex(notBefore name: Text) -> Int {
    var low = 0
    var high = members.count
    while low < high {
      let middle = (low + high) / 2
      if members[middle].name.precedes(name) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
