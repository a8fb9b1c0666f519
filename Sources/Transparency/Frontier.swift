// SPDX-License-Identifier: Apache-2.0

/// The growing edge of an append-only tree: the roots of its full subtrees, largest first.
///
/// It holds what is needed to append and to compute the root, and nothing else: one hash for each
/// bit set in the size. Appending is amortised O(1) and allocates nothing.
public struct Frontier: Equatable, Sendable {
  /// Number of leaves.
  public private(set) var size: UInt64

  /// Roots of the full subtrees from left to right, so from the largest to the smallest.
  public private(set) var peaks: [MerkleHash]

  /// Why bytes or peaks are no frontier.
  public enum Failure: Error, Equatable, Sendable {
    /// The size is 2^63 or more.
    case sizeTooLarge
    /// There is not exactly one peak for each bit set in the size.
    case wrongPeakCount(expected: Int, found: Int)
    /// The serialised form is shorter than a size, or its peaks are no multiple of 32 bytes.
    case wrongByteCount(Int)
  }

  /// Sizes stay below this, so that a size is also a signed number and appending cannot overflow.
  public static let sizeLimit: UInt64 = 1 << 63

  /// Makes the frontier of the empty tree.
  public init() {
    size = 0
    peaks = []
    peaks.reserveCapacity(64)
  }

  /// Takes up a tree where it was left.
  ///
  /// The peaks are believed; that they belong to the tree shows only in the root.
  public init(size: UInt64, peaks: [MerkleHash]) throws(Failure) {
    guard size < Self.sizeLimit else { throw .sizeTooLarge }
    guard peaks.count == size.nonzeroBitCount else {
      throw .wrongPeakCount(expected: size.nonzeroBitCount, found: peaks.count)
    }
    self.init()
    self.size = size
    self.peaks.append(contentsOf: peaks)
  }

  /// Appends one leaf and reports each full subtree that this completes, from the leaf upwards.
  ///
  /// - Parameter emit: called with the height (0 is the leaf itself), the index of the subtree among
  ///   those of its height, and its root. A subtree is reported once in the life of a tree.
  /// - Throws: what `emit` throws; the frontier is then as it was before the call.
  public mutating func append<E: Error>(
    _ leaf: MerkleHash,
    emit: (_ height: Int, _ index: UInt64, _ hash: MerkleHash) throws(E) -> Void
  ) throws(E) {
    precondition(size + 1 < Self.sizeLimit, "a tree has fewer than 2^63 leaves")
    var hash = leaf
    try emit(0, size, hash)
    let merged = (~size).trailingZeroBitCount
    for height in 0..<merged {
      hash = MerkleTree.nodeHash(peaks[peaks.count - 1 - height], hash)
      try emit(height + 1, size >> UInt64(height + 1), hash)
    }
    peaks.removeLast(merged)
    peaks.append(hash)
    size += 1
  }

  /// Appends one leaf.
  public mutating func append(_ leaf: MerkleHash) {
    append(leaf) { _, _, _ in }
  }

  /// Appends leaves in order and reports each full subtree that they complete.
  ///
  /// - Throws: what `emit` throws; the leaves before the one that failed are then appended.
  public mutating func append<E: Error>(
    contentsOf leaves: some Sequence<MerkleHash>,
    emit: (_ height: Int, _ index: UInt64, _ hash: MerkleHash) throws(E) -> Void
  ) throws(E) {
    for leaf in leaves { try append(leaf, emit: emit) }
  }

  /// Appends leaves in order.
  public mutating func append(contentsOf leaves: some Sequence<MerkleHash>) {
    append(contentsOf: leaves) { _, _, _ in }
  }

  /// Returns the root of the tree as it stands. O(log size) hashes.
  public func root() -> MerkleHash {
    guard var hash = peaks.last else { return MerkleTree.emptyRoot }
    for peak in peaks.dropLast().reversed() { hash = MerkleTree.nodeHash(peak, hash) }
    return hash
  }
}

extension Frontier {
  /// The stored form: the size as eight bytes, big-endian, then the peaks, 32 bytes each.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + peaks.count * MerkleHash.byteCount)
    withUnsafeBytes(of: size.bigEndian) { bytes.append(contentsOf: $0) }
    for peak in peaks { peak.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    return bytes
  }

  /// Reads the stored form, and accepts nothing else.
  public init(bytes: UnsafeRawBufferPointer) throws(Failure) {
    let width = MerkleHash.byteCount
    guard bytes.count >= 8, (bytes.count - 8).isMultiple(of: width) else {
      throw .wrongByteCount(bytes.count)
    }
    let peaks = stride(from: 8, to: bytes.count, by: width).compactMap {
      MerkleHash(UnsafeRawBufferPointer(rebasing: bytes[$0..<$0 + width]))
    }
    try self.init(
      size: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)), peaks: peaks)
  }

  /// Reads the stored form, and accepts nothing else.
  public init(bytes: [UInt8]) throws(Failure) {
    let result = bytes.withUnsafeBytes { buffer -> Result<Frontier, Failure> in
      do throws(Failure) { return .success(try Frontier(bytes: buffer)) } catch {
        return .failure(error)
      }
    }
    self = try result.get()
  }
}
