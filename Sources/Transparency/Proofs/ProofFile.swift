// SPDX-License-Identifier: Apache-2.0

/// A proof of inclusion with the checkpoint that it leads to, as text: a `.tlog-proof` file whose
/// form is right and in which nothing was checked (`c2sp.org/tlog-proof`).
///
/// Lines: `c2sp.org/tlog-proof@v1`, perhaps `extra <base64>`, `index <decimal>`, the hashes as
/// base64 from the leaf's sibling up, an empty line, the note of the checkpoint.
public struct UnverifiedProofFile: Equatable, Sendable {
  /// What stands beside the proof and is proved by nothing, such as the leaf; nil when absent.
  public let extra: [UInt8]?

  /// The proof.
  public let proof: InclusionProof

  /// The checkpoint.
  public let checkpoint: UnverifiedCheckpoint

  /// The longest file that is read, in bytes: room for a leaf, its words and a checkpoint.
  public static let byteLimit = 1 << 24

  /// The most hashes that are read: the height of the largest tree that a checkpoint can name.
  public static let hashLimit = 64

  private static let header = Array("c2sp.org/tlog-proof@v1".utf8)

  /// Puts a proof beside its checkpoint.
  public init(
    extra: [UInt8]? = nil, proof: InclusionProof, checkpoint: UnverifiedCheckpoint
  ) {
    self.extra = extra
    self.proof = proof
    self.checkpoint = checkpoint
  }

  /// Reads a file, and accepts no other bytes than those that `bytes` gives.
  ///
  /// - Throws: `NoteError` with the reason and the byte offset.
  public init(_ bytes: [UInt8]) throws(NoteError) {
    guard bytes.count <= Self.byteLimit else { throw NoteError(.tooLong(limit: Self.byteLimit)) }
    var lines = Lines(bytes)
    guard lines.next()?.elementsEqual(Self.header) ?? false else {
      throw NoteError(.notAProofFile)
    }
    var place = lines.start
    var line = lines.next()
    if let value = line?.behind("extra ") {
      do { extra = try Base64.decode(value, as: .standard) } catch {
        throw NoteError(.invalidBase64, at: value.startIndex + error.offset)
      }
      place = lines.start
      line = lines.next()
    } else {
      extra = nil
    }
    guard let digits = line?.behind("index "), let index = NoteText.number(digits) else {
      throw NoteError(.invalidIndex, at: place)
    }
    var hashes: [MerkleHash] = []
    while true {
      place = lines.start
      guard let line = lines.next() else { throw NoteError(.proofWithoutCheckpoint, at: place) }
      if line.isEmpty { break }
      guard hashes.count < Self.hashLimit else {
        throw NoteError(.tooManyHashes(limit: Self.hashLimit), at: place)
      }
      guard let decoded = try? Base64.decode(line, as: .standard), let hash = MerkleHash(decoded)
      else { throw NoteError(.invalidHash, at: place) }
      hashes.append(hash)
    }
    proof = InclusionProof(index: index, hashes: hashes)
    do { checkpoint = try UnverifiedCheckpoint(bytes[lines.start...]) } catch {
      throw error.moved(by: lines.start)
    }
  }

  /// The file.
  public var bytes: [UInt8] {
    var bytes = Self.header
    if let extra { bytes += Array("\nextra ".utf8) + Base64.string(extra, as: .standard).utf8 }
    bytes += "\nindex \(proof.index)\n".utf8
    for hash in proof.hashes { bytes += "\(hash.base64)\n".utf8 }
    return bytes + [NoteText.lineFeed] + checkpoint.note.bytes
  }

  /// Confirms that the entry is the leaf at the place that the file says, in a tree whose head one of
  /// the keys has signed.
  ///
  /// - Throws: `ProofError`; the reasons not to believe the checkpoint are in `checkpoint`.
  public func verified(
    entry: [UInt8], by keys: [VerifierKey],
    origin: UnverifiedCheckpoint.OriginRule = .nameOfSigner, cosigners: [CosignerKey] = []
  ) throws(ProofError) -> ProvenInclusion {
    let head: VerifiedCheckpoint
    do throws(NoteError) {
      head = try checkpoint.verified(by: keys, origin: origin, cosigners: cosigners)
    } catch {
      throw .checkpoint(error)
    }
    return try head.verify(proof, of: MerkleTree.leafHash(of: entry))
  }
}

/// Lines that end in line feeds, one after the other.
private struct Lines {
  private let bytes: [UInt8]

  /// Where the next line begins.
  private(set) var start = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next line without its line feed; nil when none is complete.
  mutating func next() -> ArraySlice<UInt8>? {
    guard let end = bytes[start...].firstIndex(of: NoteText.lineFeed) else { return nil }
    defer { start = end + 1 }
    return bytes[start..<end]
  }
}

extension ArraySlice<UInt8> {
  /// What follows a word that the line begins with; nil if it does not.
  fileprivate func behind(_ word: StaticString) -> ArraySlice<UInt8>? {
    let count = word.utf8CodeUnitCount
    let begins = word.withUTF8Buffer { starts(with: $0) }
    return begins ? dropFirst(count) : nil
  }
}
