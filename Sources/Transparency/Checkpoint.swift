// SPDX-License-Identifier: Apache-2.0

/// The head of a log: its origin, its size and its Merkle root (`c2sp.org/tlog-checkpoint`).
///
/// A value of this type says nothing about trust; see `VerifiedCheckpoint`.
public struct Checkpoint: Equatable, Sendable {
  /// Which log: its unique name, for ever the same.
  public let origin: KeyName

  /// Number of leaves.
  public let size: UInt64

  /// Root of the tree over those leaves.
  public let root: MerkleHash

  /// Further lines without their line feeds; none in checkpoints of our own.
  public let extensions: [[UInt8]]

  /// Names a head without extension lines.
  public init(origin: KeyName, size: UInt64, root: MerkleHash) {
    self.origin = origin
    self.size = size
    self.root = root
    extensions = []
  }

  /// Names a head with extension lines, each non-empty and without a line feed.
  ///
  /// - Throws: `NoteError` with `invalidExtensionLine`, `notUTF8` or `controlCharacter`; the offset
  ///   is the number of the line, from 0.
  public init(
    origin: KeyName, size: UInt64, root: MerkleHash, extensions: [[UInt8]]
  ) throws(NoteError) {
    for (number, line) in extensions.enumerated() {
      guard !line.isEmpty, !line.contains(NoteText.lineFeed) else {
        throw NoteError(.invalidExtensionLine, at: number)
      }
      do { try NoteText.check(line[...]) } catch { throw NoteError(error.reason, at: number) }
    }
    self.origin = origin
    self.size = size
    self.root = root
    self.extensions = extensions
  }

  /// Reads the text of a checkpoint, and accepts no other text than the one that `text` gives.
  ///
  /// - Throws: `NoteError` with the reason and the byte offset.
  public init(text bytes: [UInt8]) throws(NoteError) {
    try NoteText.check(bytes[...])
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      guard let end = bytes[start...].firstIndex(of: NoteText.lineFeed) else {
        throw NoteError(.textWithoutFinalNewline, at: bytes.count)
      }
      lines.append(bytes[start..<end])
      start = end + 1
    }
    guard lines.count >= 3 else { throw NoteError(.missingLine, at: bytes.count) }
    origin = try KeyName(bytes: lines[0])
    size = try Self.size(lines[1])
    guard let decoded = try? Base64.decode(lines[2], as: .standard), let root = MerkleHash(decoded)
    else { throw NoteError(.invalidRoot, at: lines[2].startIndex) }
    self.root = root
    if let empty = lines[3...].first(where: \.isEmpty) {
      throw NoteError(.invalidExtensionLine, at: empty.startIndex)
    }
    extensions = lines[3...].map { Array($0) }
  }

  /// What is signed: the lines, each ended by a line feed.
  public var text: [UInt8] {
    var text = origin.bytes
    text.append(NoteText.lineFeed)
    text += "\(size)\n\(root.base64)\n".utf8
    for line in extensions {
      text += line
      text.append(NoteText.lineFeed)
    }
    return text
  }

  /// Returns the signed note of this head.
  ///
  /// - Throws: `NoteError` with `noSignatures` or `tooManySignatures`.
  public func signed(by signers: [NoteSigner]) throws(NoteError) -> [UInt8] {
    try SignedNote.sign(text, by: signers)
  }

  /// Returns the signed note of this head.
  public func signed(by signer: NoteSigner) -> [UInt8] {
    let text = text
    return text + [NoteText.lineFeed] + signer.signatureLine(for: text)
  }

  /// Returns the signed note of this head with a signature that was made elsewhere.
  ///
  /// - Throws: `NoteError` with `invalidSignature`: the key did not make it, of this head.
  public func signed(_ signature: [UInt8], by key: VerifierKey) throws(NoteError) -> [UInt8] {
    let text = text
    guard key.publicKey.isValidSignature(signature, for: text) else {
      throw NoteError(.invalidSignature)
    }
    return text + [NoteText.lineFeed]
      + NoteSignature.line(name: key.name, keyID: key.keyID, signature: signature)
  }

  private static func size(_ digits: ArraySlice<UInt8>) throws(NoteError) -> UInt64 {
    guard let size = NoteText.number(digits) else {
      throw NoteError(.invalidSize, at: digits.startIndex)
    }
    return size
  }
}
