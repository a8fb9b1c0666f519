// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no key, note or checkpoint, or why a note is not believed; and where.
public struct NoteError: Error, Equatable, Sendable {
  /// What is wrong.
  public enum Reason: Equatable, Sendable {
    /// The input exceeds the limit, in bytes.
    case tooLong(limit: Int)
    /// The bytes are not UTF-8.
    case notUTF8
    /// A control character other than the line feed.
    case controlCharacter
    /// No blank line stands between text and signatures.
    case noBlankLine
    /// The text does not end in a line feed.
    case textWithoutFinalNewline
    /// Nothing follows the blank line.
    case noSignatures
    /// The last line does not end in a line feed.
    case noFinalNewline
    /// A line after the blank line is not `— <name> <base64>`.
    case malformedSignatureLine
    /// There are more signature lines than the limit.
    case tooManySignatures(limit: Int)
    /// A name is empty or holds a white space or `+`.
    case invalidName
    /// Text is not canonical base64.
    case invalidBase64
    /// A signature is too short to hold a key ID and anything behind it.
    case shortSignature

    /// A verifier key is not `<name>+<8 hex digits>+<base64>`.
    case malformedKey
    /// A key's type is not Ed25519 (0x01).
    case unsupportedKeyType(UInt8)
    /// A key is not 32 bytes.
    case invalidKeyLength(Int)
    /// A verifier key states an ID other than the one its name and bytes give.
    case keyIDMismatch

    /// The checkpoint ends before its three lines are complete.
    case missingLine
    /// The size is no decimal number below 2^64 without sign and leading zeros.
    case invalidSize
    /// The root is not canonical base64 of 32 bytes.
    case invalidRoot
    /// An extension line is empty or holds a line feed.
    case invalidExtensionLine

    /// None of the known keys has signed.
    case noKnownKey
    /// A signature that claims a known key does not verify.
    case invalidSignature
    /// Two different known keys share a name and an ID.
    case ambiguousKey
    /// The checkpoint is of another log.
    case originMismatch
  }

  /// What is wrong.
  public let reason: Reason

  /// Byte offset, in the input as it was given, of the fault or of the line that holds it.
  public let offset: Int

  init(_ reason: Reason, at offset: Int = 0) {
    self.reason = reason
    self.offset = offset
  }

  /// The same error, seen from an input in which this one begins at the offset.
  func moved(by start: Int) -> NoteError { NoteError(reason, at: offset + start) }
}
