// SPDX-License-Identifier: Apache-2.0

/// Bytes that are no row of this program: damage, or a row of a newer program.
public struct RowError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with the bytes.
  public enum Reason: Hashable, Sendable {
    /// The key is none that ``RowKey`` writes.
    case damagedKey
    /// The bytes end inside a field.
    case truncated
    /// The first byte names a format that this program does not know.
    case unknownFormat(UInt8)
    /// A word's number that this program does not know.
    case unknownWord(UInt8)
    /// A flag that this program does not know, or two that exclude each other.
    case unknownFlags(UInt64)
    /// An integer that is not written in its shortest form.
    case overlongInteger
    /// An integer beyond the range of its field.
    case integerOutOfRange
    /// A double in another form than the one that is written.
    case unusualDouble
    /// Text that is not UTF-8.
    case invalidText
    /// An identifier outside its grammar.
    case invalidIdentifier
    /// A value spelled out although another field implies it.
    case redundantValue
    /// Bytes after the last field.
    case trailingBytes
  }

  /// Where the field begins that cannot be read, from the row's first byte.
  public var offset: Int
  /// What is wrong.
  public var reason: Reason

  /// Names offset and reason.
  public init(offset: Int, reason: Reason) {
    self.offset = offset
    self.reason = reason
  }

  /// Offset and reason in words.
  public var description: String {
    let what =
      switch reason {
      case .damagedKey: "the key is damaged"
      case .truncated: "the row ends too early"
      case .unknownFormat(let format): "row format \(format) is unknown"
      case .unknownWord(let code): "the word with number \(code) is unknown"
      case .unknownFlags(let flags): "the flags \(flags) are unknown"
      case .overlongInteger: "an integer is not in its shortest form"
      case .integerOutOfRange: "an integer is out of range"
      case .unusualDouble: "a number is not in its one form"
      case .invalidText: "text is not UTF-8"
      case .invalidIdentifier: "an identifier breaks its grammar"
      case .redundantValue: "a value is spelled out that another implies"
      case .trailingBytes: "bytes follow the last field"
      }
    return "\(what), at byte \(offset)"
  }
}
