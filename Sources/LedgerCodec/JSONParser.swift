// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// Parses any JSON text (RFC 8259): files and parameters that other programs wrote.
///
/// White space and every escape are accepted; duplicate members, lone surrogates, invalid UTF-8 and
/// nesting beyond 64 are refused. Whole numbers beyond ±(2^53−1) become strings of their digits, as
/// the stored form asks, since a double would not keep them.
public struct JSONParser {
  /// What is accepted beyond RFC 8259.
  public struct Options: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int
    /// Takes the bits.
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// The bare words `NaN`, `Infinity` and `-Infinity`, as Python writes them, become strings.
    public static let nonFiniteWords = Options(rawValue: 1)
    /// Whole numbers of any size stay doubles: for text that was canonical to begin with.
    public static let doublesOnly = Options(rawValue: 2)
  }

  private let base: UnsafePointer<UInt8>
  private let count: Int
  private let options: Options
  private var at = 0
  private var depth = 0

  /// Parses one value that fills the bytes, but for white space around it.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, options: Options = []
  ) throws(CodecError) -> JSONValue {
    guard let start = bytes.baseAddress else { throw CodecError(offset: 0, reason: .unexpectedEnd) }
    var parser = JSONParser(
      base: start.assumingMemoryBound(to: UInt8.self), count: bytes.count, options: options)
    let value = try parser.value()
    parser.skipSpace()
    if parser.at != parser.count { throw parser.error(.trailingBytes) }
    return value
  }

  /// Parses one value that fills the bytes, but for white space around it.
  public static func parse(
    _ bytes: [UInt8], options: Options = []
  ) throws(CodecError) -> JSONValue {
    try bytes.withUnsafeBufferPointer { raw throws(CodecError) in
      try parse(UnsafeRawBufferPointer(raw), options: options)
    }
  }

  private init(base: UnsafePointer<UInt8>, count: Int, options: Options) {
    self.base = base
    self.count = count
    self.options = options
  }

  private func error(_ reason: CodecError.Reason) -> CodecError {
    CodecError(offset: at, reason: at < count ? reason : .unexpectedEnd)
  }

  private var next: UInt8? { at < count ? base[at] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      at += 1
    }
  }

  private mutating func takeIf(_ literal: StaticString) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard count - at >= length else { return false }
    for index in 0..<length where base[at + index] != literal.utf8Start[index] { return false }
    at += length
    return true
  }

  private mutating func take(_ byte: UInt8, _ what: String) throws(CodecError) {
    guard next == byte else { throw error(.expected(what)) }
    at += 1
  }

  private mutating func value() throws(CodecError) -> JSONValue {
    skipSpace()
    switch next {
    case 0x7b: return try object()
    case 0x5b: return try array()
    case 0x22: return .string(Text(try string()))
    case 0x74 where takeIf("true"): return .bool(true)
    case 0x66 where takeIf("false"): return .bool(false)
    case 0x6e where takeIf("null"): return .null
    case 0x2d, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x4e, 0x49:
      return try number()
    default: throw error(.expected("a value"))
    }
  }

  private mutating func number() throws(CodecError) -> JSONValue {
    if options.contains(.nonFiniteWords) {
      if takeIf("NaN") { return .string("NaN") }
      if takeIf("Infinity") { return .string("Infinity") }
      if takeIf("-Infinity") { return .string("-Infinity") }
    }
    if next == 0x4e || next == 0x49 { throw error(.expected("a value")) }
    let start = at
    let token = try NumberSyntax.token(base, count, at)
    let value = try NumberSyntax.scan(base, count, &at)
    if options.contains(.doublesOnly) || value.magnitude < 0x1p53 { return .number(value) }
    if token.isWhole {
      let digits = UnsafeBufferPointer(start: base + start, count: token.range.count)
      return .string(Text(String(decoding: digits, as: UTF8.self)))
    }
    guard value.isStoredAsDigits else { return .number(value) }
    var printed = ByteBuffer(capacity: 32)
    try printed.appendNumber(value)
    return .string(Text(printed.withBytes { String(decoding: $0, as: UTF8.self) }))
  }

  private mutating func descend() throws(CodecError) {
    depth += 1
    if depth > CanonicalWriter.depthLimit { throw error(.tooDeep) }
    at += 1
  }

  private mutating func array() throws(CodecError) -> JSONValue {
    try descend()
    var elements: [JSONValue] = []
    skipSpace()
    if next != 0x5d {
      while true {
        elements.append(try value())
        skipSpace()
        if next == 0x5d { break }
        try take(0x2c, "a comma or the end of an array")
      }
    }
    at += 1
    depth -= 1
    return .array(elements)
  }

  private mutating func object() throws(CodecError) -> JSONValue {
    try descend()
    var members: [JSONObject.Member] = []
    var seen: Set<Text> = []
    skipSpace()
    if next != 0x7d {
      while true {
        skipSpace()
        let start = at
        let name = Text(try string())
        guard seen.insert(name).inserted else {
          throw CodecError(offset: start, reason: .duplicateMember(name.string))
        }
        skipSpace()
        try take(0x3a, "a colon")
        members.append(JSONObject.Member(name: name, value: try value()))
        skipSpace()
        if next == 0x7d { break }
        try take(0x2c, "a comma or the end of an object")
      }
    }
    at += 1
    depth -= 1
    guard let object = JSONObject(members) else {
      throw error(.inconsistent("an object holds a member twice"))
    }
    return .object(object)
  }

  private mutating func string() throws(CodecError) -> String {
    try take(0x22, "a string")
    var bytes: [UInt8] = []
    while let byte = next {
      switch byte {
      case 0x22:
        at += 1
        return String(decoding: bytes, as: UTF8.self)
      case 0x5c: try escape(into: &bytes)
      case 0..<0x20: throw error(.controlCharacter)
      case 0x20..<0x80:
        bytes.append(byte)
        at += 1
      default:
        let length = ByteScan.wideLength(base + at, count - at)
        if length == 0 { throw error(.invalidUnicode) }
        bytes.append(contentsOf: UnsafeBufferPointer(start: base + at, count: length))
        at += length
      }
    }
    throw error(.unexpectedEnd)
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(CodecError) {
    guard at + 1 < count else { throw CodecError(offset: count, reason: .unexpectedEnd) }
    let start = at
    at += 2
    switch base[start + 1] {
    case 0x22: bytes.append(0x22)
    case 0x5c: bytes.append(0x5c)
    case 0x2f: bytes.append(0x2f)
    case 0x62: bytes.append(0x08)
    case 0x66: bytes.append(0x0c)
    case 0x6e: bytes.append(0x0a)
    case 0x72: bytes.append(0x0d)
    case 0x74: bytes.append(0x09)
    case 0x75:
      var scalar = try hex4()
      if (0xd800...0xdbff).contains(scalar), takeIf("\\u") {
        let low = try hex4()
        guard (0xdc00...0xdfff).contains(low) else {
          throw CodecError(offset: start, reason: .invalidUnicode)
        }
        scalar = 0x10000 + (scalar - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let character = Unicode.Scalar(scalar) else {
        throw CodecError(offset: start, reason: .invalidUnicode)
      }
      bytes.append(contentsOf: UTF8.encode(character)!)
    default: throw CodecError(offset: start, reason: .invalidEscape)
    }
  }

  private mutating func hex4() throws(CodecError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Hex.value(ofAnyCase: byte) else {
        throw error(.invalidEscape)
      }
      value = value << 4 | UInt32(digit)
      at += 1
    }
    return value
  }
}
