// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no key, note, checkpoint or proof file, or why a note is not believed; and where.
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

    /// The first line of a proof file is not `c2sp.org/tlog-proof@v1`.
    case notAProofFile
    /// A proof file's `index` line is missing, or no decimal number below 2^64 without sign and
    /// leading zeros.
    case invalidIndex
    /// A line of a proof is not canonical base64 of 32 bytes.
    case invalidHash
    /// A proof has more hashes than the limit.
    case tooManyHashes(limit: Int)
    /// No blank line stands between a proof and its checkpoint.
    case proofWithoutCheckpoint

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

extension NoteError: CustomStringConvertible {
  /// What is wrong and where, as a clause.
  public var description: String {
    switch reason {
    case .noKnownKey, .ambiguousKey, .originMismatch, .tooLong: reason.description
    default: "\(reason), at byte \(offset)"
    }
  }
}

extension NoteError.Reason: CustomStringConvertible {
  /// What is wrong, as a clause.
  public var description: String {
    switch self {
    case .tooLong(let limit): "it is longer than \(limit) bytes"
    case .notUTF8: "it is not UTF-8"
    case .controlCharacter: "it has a control character"
    case .noBlankLine: "no blank line stands between text and signatures"
    case .textWithoutFinalNewline: "the text does not end in a line feed"
    case .noSignatures: "it has no signatures"
    case .noFinalNewline: "the last line does not end in a line feed"
    case .malformedSignatureLine: "a signature line is malformed"
    case .tooManySignatures(let limit): "it has more than \(limit) signatures"
    case .invalidName: "a name is empty or has white space or '+'"
    case .invalidBase64: "something is not canonical base64"
    case .shortSignature: "a signature is too short"
    case .malformedKey: "the key is not written as <name>+<8 hex digits>+<base64>"
    case .unsupportedKeyType(let type): "keys of type \(type) are not supported"
    case .invalidKeyLength(let count): "the key has \(count) bytes, not 32"
    case .keyIDMismatch: "the key's identifier is not that of its name and bytes"
    case .missingLine: "it ends before origin, size and root are complete"
    case .invalidSize: "its size is no number"
    case .invalidRoot: "its root is not the base64 of 32 bytes"
    case .invalidExtensionLine: "an extension line is empty"
    case .notAProofFile: "it does not begin with the line 'c2sp.org/tlog-proof@v1'"
    case .invalidIndex: "its index is no number"
    case .invalidHash: "a hash is not the base64 of 32 bytes"
    case .tooManyHashes(let limit): "it has more than \(limit) hashes"
    case .proofWithoutCheckpoint: "no blank line stands between the proof and its checkpoint"
    case .noKnownKey: "no known key has signed it"
    case .invalidSignature: "a signature does not verify"
    case .ambiguousKey: "two known keys share a name and an identifier"
    case .originMismatch: "it is of another log"
    }
  }
}
