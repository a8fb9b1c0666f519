// SPDX-License-Identifier: Apache-2.0
internal import CHashing
internal import Crypto

/// SHA-256 of one message or of two: by the processor's own instructions where it has them, without
/// allocating; else by swift-crypto, which allocates for each.
enum Hashing {
  /// Whether the processor has the instructions.
  static let hasInstructions = chashing_is_there() != 0

  /// The digest of the bytes, behind a byte where one is given.
  @inline(__always)
  static func digest(of bytes: UnsafeRawBufferPointer, behind prefix: UInt8?) -> MerkleHash {
    guard hasInstructions else { return portable(bytes, prefix) }
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
      chashing_one(
        prefix.map(Int32.init) ?? CHASHING_NO_PREFIX, bytes.baseAddress, bytes.count,
        digest.baseAddress!)
      return MerkleHash(loading: digest.baseAddress!)
    }
  }

  /// The digests of two messages behind the same byte, or behind none.
  @inline(__always)
  static func digests(
    of first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, behind prefix: UInt8?
  ) -> (MerkleHash, MerkleHash) {
    guard hasInstructions else { return (portable(first, prefix), portable(second, prefix)) }
    return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { digests in
      let start = digests.baseAddress!
      chashing_two(
        prefix.map(Int32.init) ?? CHASHING_NO_PREFIX, first.baseAddress, first.count,
        second.baseAddress, second.count, start, start + 32)
      return (MerkleHash(loading: start), MerkleHash(loading: start + 32))
    }
  }

  /// The digest by swift-crypto.
  static func portable(_ bytes: UnsafeRawBufferPointer, _ prefix: UInt8?) -> MerkleHash {
    var hasher = SHA256()
    if let prefix { withUnsafeBytes(of: prefix) { hasher.update(bufferPointer: $0) } }
    hasher.update(bufferPointer: bytes)
    return MerkleHash(hasher.finalize())
  }
}

// Many messages at once: two by two, which takes less time than one after the other.

extension MerkleTree {
  /// Hashes the entries of leaves into a buffer of as many hashes.
  public static func hashLeaves(
    _ entries: [UnsafeRawBufferPointer], into hashes: UnsafeMutableBufferPointer<MerkleHash>
  ) {
    hash(entries, behind: leafPrefix, into: hashes)
  }

  /// Writes the plain SHA-256 digests of messages into a buffer of as many hashes.
  public static func digest(
    _ messages: [UnsafeRawBufferPointer], into hashes: UnsafeMutableBufferPointer<MerkleHash>
  ) {
    hash(messages, behind: nil, into: hashes)
  }

  private static func hash(
    _ messages: [UnsafeRawBufferPointer], behind prefix: UInt8?,
    into hashes: UnsafeMutableBufferPointer<MerkleHash>
  ) {
    precondition(hashes.count >= messages.count, "there is room for each hash")
    var index = 0
    while index + 1 < messages.count {
      (hashes[index], hashes[index + 1]) = Hashing.digests(
        of: messages[index], messages[index + 1], behind: prefix)
      index += 2
    }
    if index < messages.count {
      hashes[index] = Hashing.digest(of: messages[index], behind: prefix)
    }
  }

  /// Returns the root of a full subtree over a power of two of hashes, which are overwritten.
  public static func rootOfFullTree(
    over hashes: UnsafeMutableBufferPointer<MerkleHash>
  ) -> MerkleHash {
    precondition(hashes.count.nonzeroBitCount == 1, "a full tree has a power of two of leaves")
    func children(_ index: Int) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: hashes[2 * index..<2 * index + 2]))
    }
    var count = hashes.count / 2
    while count > 1 {
      for index in stride(from: 0, to: count, by: 2) {
        // Written where nothing of this level is read any more.
        (hashes[index], hashes[index + 1]) = Hashing.digests(
          of: children(index), children(index + 1), behind: nodePrefix)
      }
      count /= 2
    }
    return count == 1 ? Hashing.digest(of: children(0), behind: nodePrefix) : hashes[0]
  }
}
