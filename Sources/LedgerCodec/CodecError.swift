// SPDX-License-Identifier: Apache-2.0

/// A refusal of bytes or of a value, naming where and why.
///
/// When decoding, `offset` counts bytes from the start of the input; when encoding, it is the
/// number of bytes that had been written when the value was refused.
public struct CodecError: Error, Equatable, Sendable {
  /// Why bytes or a value are refused.
  public enum Reason: Equatable, Sendable {
    /// The input ends inside a value.
    case unexpectedEnd
    /// Bytes follow the end of the value.
    case trailingBytes
    /// Another byte was expected here, the sentence says which.
    case expected(String)
    /// The bytes are no UTF-8, or an escape names half of a surrogate pair.
    case invalidUnicode
    /// An escape that JSON lacks, or that canonical JSON writes otherwise.
    case invalidEscape
    /// A control character stands unescaped in a string.
    case controlCharacter
    /// A number that JSON lacks, or that canonical JSON writes otherwise.
    case invalidNumber
    /// A number beyond the range its member allows.
    case numberOutOfRange
    /// NaN or an infinity, for which JSON has no number.
    case notFinite
    /// Members are not in the order of their UTF-16 code units.
    case unsortedMember(String)
    /// A member appears twice.
    case duplicateMember(String)
    /// A member that this type of event lacks.
    case unknownMember(String)
    /// A member that this type of event needs is absent here.
    case missingMember(String)
    /// A type of event that this program does not know.
    case unknownType(String)
    /// A version of an event type that this program does not know.
    case unknownVersion(type: String, version: UInt64)
    /// A word outside the list its member allows.
    case unknownWord(member: String, word: String)
    /// A value of the right JSON type that its member refuses: member, and what it must be.
    case invalidValue(member: String, expected: String)
    /// Values that stand one by one but not together.
    case inconsistent(String)
    /// Containers are nested deeper than 64.
    case tooDeep
    /// More bytes than the limit, both counted.
    case tooLarge(bytes: Int, limit: Int)
    /// No canonical base64 or base64url.
    case invalidBase64
    /// No lower-case hexadecimal of the right length.
    case invalidHex
  }

  /// Bytes before the place of the error.
  public var offset: Int
  /// Why the bytes or the value are refused.
  public var reason: Reason

  /// Makes the error found at `offset`.
  public init(offset: Int, reason: Reason) {
    self.offset = offset
    self.reason = reason
  }
}

extension CodecError: CustomStringConvertible {
  /// One sentence for people: the reason and the byte offset.
  public var description: String { "\(reason) at byte \(offset)" }
}

extension CodecError.Reason: CustomStringConvertible {
  /// The reason as a clause, without the place.
  public var description: String {
    switch self {
    case .unexpectedEnd: "the bytes end inside a value"
    case .trailingBytes: "bytes follow the end of the value"
    case .expected(let what): "expected \(what)"
    case .invalidUnicode: "no valid UTF-8, or half of a surrogate pair"
    case .invalidEscape: "an escape that is not allowed here"
    case .controlCharacter: "a control character stands unescaped in a string"
    case .invalidNumber: "no number in the form required"
    case .numberOutOfRange: "a number out of range"
    case .notFinite: "NaN and infinities are no JSON numbers"
    case .unsortedMember(let name): "member \"\(name)\" is not in sorted order"
    case .duplicateMember(let name): "member \"\(name)\" appears twice"
    case .unknownMember(let name): "unknown member \"\(name)\""
    case .missingMember(let name): "member \"\(name)\" is missing"
    case .unknownType(let name): "unknown event type \"\(name)\""
    case .unknownVersion(let type, let version): "unknown version \(version) of \"\(type)\""
    case .unknownWord(let member, let word): "\"\(member)\" cannot be \"\(word)\""
    case .invalidValue(let member, let expected): "\"\(member)\" must be \(expected)"
    case .inconsistent(let what): what
    case .tooDeep: "values are nested deeper than 64"
    case .tooLarge(let bytes, let limit): "\(bytes) bytes exceed the limit of \(limit)"
    case .invalidBase64: "no canonical base64"
    case .invalidHex: "no lower-case hexadecimal of the right length"
    }
  }
}
