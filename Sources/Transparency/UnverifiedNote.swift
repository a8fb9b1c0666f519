// SPDX-License-Identifier: Apache-2.0

/// One signature line of a note, as it stands there: a claim until a key has verified it.
public struct NoteSignature: Equatable, Sendable {
  /// The name of the key that is said to have signed.
  public let name: KeyName

  /// The ID of that key.
  public let keyID: UInt32

  /// What follows the key ID: 64 bytes from an Ed25519 key, others from other types.
  public let signature: [UInt8]

  /// Byte offset of the line in the note.
  public let offset: Int

  /// U+2014 and a space, the start of each line.
  static let dash: [UInt8] = [0xE2, 0x80, 0x94, UInt8(ascii: " ")]

  /// Returns a line, with its line feed, that reads back as these parts.
  static func line(name: KeyName, keyID: UInt32, signature: [UInt8]) -> [UInt8] {
    let blob = keyID.bigEndianBytes + signature
    let base64 = blob.withUnsafeBytes { Base64.encode($0, as: .standard) }
    return dash + name.bytes + [UInt8(ascii: " ")] + base64 + [NoteText.lineFeed]
  }
}

/// A note whose form is right and whose signatures nobody has checked (`c2sp.org/signed-note`).
public struct UnverifiedNote: Equatable, Sendable {
  /// The whole note.
  public let bytes: [UInt8]

  /// What is signed: everything before the last blank line, with its final line feed.
  public var text: [UInt8] { Array(bytes[..<textCount]) }

  /// The signature lines in order, those of unknown keys and types among them.
  public let signatures: [NoteSignature]

  private let textCount: Int

  /// The longest note that is read unless the caller says otherwise, in bytes.
  public static let byteLimit = 1 << 20

  /// The most signature lines that are read.
  public static let signatureLimit = 100

  /// Takes a note apart, and accepts only what the format allows.
  ///
  /// - Throws: `NoteError` with the reason and the byte offset.
  public init(
    _ bytes: some Collection<UInt8>, byteLimit: Int = UnverifiedNote.byteLimit
  ) throws(NoteError) {
    guard bytes.count <= byteLimit else { throw NoteError(.tooLong(limit: byteLimit)) }
    let bytes = Array(bytes)
    try NoteText.check(bytes[...])
    // The text may hold blank lines of its own; signature lines cannot.
    guard
      let blank = bytes.indices.dropFirst().last(where: {
        bytes[$0] == NoteText.lineFeed && bytes[$0 - 1] == NoteText.lineFeed
      })
    else { throw NoteError(.noBlankLine, at: bytes.count) }
    guard blank + 1 < bytes.count else { throw NoteError(.noSignatures, at: bytes.count) }
    guard bytes.last == NoteText.lineFeed else { throw NoteError(.noFinalNewline, at: bytes.count) }

    var signatures: [NoteSignature] = []
    var start = blank + 1
    while start < bytes.count, let end = bytes[start...].firstIndex(of: NoteText.lineFeed) {
      guard signatures.count < Self.signatureLimit else {
        throw NoteError(.tooManySignatures(limit: Self.signatureLimit), at: start)
      }
      signatures.append(try NoteSignature(line: bytes[start..<end]))
      start = end + 1
    }
    self.bytes = bytes
    self.signatures = signatures
    textCount = blank
  }

  /// Returns the note with further signature lines, each with its line feed, at its end.
  ///
  /// - Throws: `NoteError` with the reason and the byte offset in the longer note.
  public func adding(
    signatureLines lines: [UInt8], byteLimit: Int = UnverifiedNote.byteLimit
  ) throws(NoteError) -> UnverifiedNote {
    let longer = try UnverifiedNote(bytes + lines, byteLimit: byteLimit)
    // A blank line among them would make signatures of this note text of the longer one.
    guard longer.textCount == textCount else {
      throw NoteError(.malformedSignatureLine, at: bytes.count)
    }
    return longer
  }

  /// Believes the note if the keys allow it.
  ///
  /// Lines of other names or key IDs are passed over, whatever they hold. A line that claims one of
  /// the keys has to verify: a single one that does not makes the whole note worthless.
  ///
  /// - Throws: `NoteError` with `noKnownKey`, `invalidSignature` or `ambiguousKey`.
  public func verified(by keys: [VerifierKey]) throws(NoteError) -> VerifiedNote {
    let text = text
    var signers: [VerifierKey] = []
    for line in signatures {
      let claimed = keys.filter { $0.keyID == line.keyID && $0.name == line.name }
      guard let key = claimed.first else { continue }
      guard claimed.allSatisfy({ $0 == key }) else {
        throw NoteError(.ambiguousKey, at: line.offset)
      }
      guard key.publicKey.isValidSignature(line.signature, for: text) else {
        throw NoteError(.invalidSignature, at: line.offset)
      }
      if !signers.contains(key) { signers.append(key) }
    }
    guard !signers.isEmpty else { throw NoteError(.noKnownKey, at: textCount + 1) }
    return VerifiedNote(bytes: bytes, text: text, signers: signers)
  }
}

/// A note that at least one known key has signed, and no known key has failed on.
public struct VerifiedNote: Equatable, Sendable {
  /// The whole note, with lines of unknown keys as they came.
  public let bytes: [UInt8]

  /// What was signed.
  public let text: [UInt8]

  /// The known keys that signed, each once, in the order of their lines.
  public let signers: [VerifierKey]
}

extension NoteSignature {
  /// Reads a line without its line feed; offsets are indices of the slice.
  fileprivate init(line: ArraySlice<UInt8>) throws(NoteError) {
    let start = line.startIndex
    guard line.starts(with: Self.dash) else { throw NoteError(.malformedSignatureLine, at: start) }
    let rest = line.dropFirst(Self.dash.count)
    guard let space = rest.firstIndex(of: UInt8(ascii: " ")) else {
      throw NoteError(.malformedSignatureLine, at: line.endIndex)
    }
    do { name = try KeyName(bytes: rest[..<space]) } catch {
      throw error.moved(by: rest.startIndex)
    }
    let blob: [UInt8]
    do { blob = try Base64.decode(rest[(space + 1)...], as: .standard) } catch {
      throw NoteError(.invalidBase64, at: space + 1 + error.offset)
    }
    guard blob.count > 4 else { throw NoteError(.shortSignature, at: space + 1) }
    keyID = blob[..<4].reduce(0) { $0 << 8 | UInt32($1) }
    signature = Array(blob[4...])
    offset = start
  }
}
