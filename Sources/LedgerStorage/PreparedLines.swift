// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Some lines of a batch as the bytes that will be stored: disclosures, leaves and leaf hashes.
///
/// Everything here depends only on the lines, their first position and their time, so it can be
/// made on any thread. Buffers are kept from batch to batch: nothing is allocated per line.
struct PreparedLines: ~Copyable {
  private var texts = ByteBuffer(capacity: 1 << 14)
  private var leaves = ByteBuffer(capacity: 1 << 16)
  private var textEnds: [Int] = []
  private var leafEnds: [Int] = []
  private(set) var hashes: [MerkleHash] = []

  init() {}

  /// What all lines of a batch share.
  struct Task {
    var batch: LogBatch
    var encoder: LogLineEncoder
    var first: Position
    var stamp: StampedTime
  }

  /// Replaces the contents with the lines of `range`.
  mutating func prepare(
    _ range: Range<Int>, of task: inout Task, random: inout RandomSupply
  ) throws(StorageError) {
    texts.removeAll()
    leaves.removeAll()
    textEnds.removeAll(keepingCapacity: true)
    leafEnds.removeAll(keepingCapacity: true)
    hashes.removeAll(keepingCapacity: true)
    for index in range {
      let line = task.batch.lines[index]
      let salt = Salt(words: (try random.nextBits(), try random.nextBits()))
      do throws(CodecError) {
        try prepare(
          line, at: Position(task.first.value + UInt64(index)), &task, salt: salt)
      } catch {
        throw StorageError(.unencodable(error), "appending a log line")
      }
    }
  }

  private mutating func prepare(
    _ line: LogBatch.Line, at position: Position, _ task: inout Task, salt: Salt
  ) throws(CodecError) {
    let textStart = texts.count
    try task.batch.bytes.span.bytes.withUnsafeBytes { (bytes) throws(CodecError) in
      try LogLineEncoder.appendDisclosure(
        of: UnsafeRawBufferPointer(rebasing: bytes[line.offset..<line.offset + line.count]),
        isBase64: line.fact.isBase64, salt: salt, to: &texts)
    }
    textEnds.append(texts.count)
    let digest = texts.withBytes { bytes in
      Digest(MerkleTree.sha256(UnsafeRawBufferPointer(rebasing: bytes[textStart...])))
    }
    let leafStart = leaves.count
    var occurred = line.read
    if let read = occurred, task.stamp.time.microseconds - read.microseconds <= 1_000_000 {
      occurred = nil
    }
    try task.encoder.appendLeaf(
      line.fact, at: position, time: task.stamp.time, clock: task.stamp.clock,
      occurred: occurred, text: digest, to: &leaves)
    leafEnds.append(leaves.count)
    let hash = leaves.withBytes { bytes in
      MerkleTree.leafHash(of: UnsafeRawBufferPointer(rebasing: bytes[leafStart...]))
    }
    hashes.append(hash)
  }

  /// How many lines are held.
  var count: Int { hashes.count }

  /// Lends leaf and disclosure of each line, in order.
  borrowing func lendEach(
    _ body: (Int, _ leaf: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer)
      throws(StorageError) -> Void
  ) throws(StorageError) {
    try leaves.withBytes { (leaves) throws(StorageError) in
      try texts.withBytes { (texts) throws(StorageError) in
        var (leafStart, textStart) = (0, 0)
        for index in 0..<hashes.count {
          try body(
            index, UnsafeRawBufferPointer(rebasing: leaves[leafStart..<leafEnds[index]]),
            UnsafeRawBufferPointer(rebasing: texts[textStart..<textEnds[index]]))
          leafStart = leafEnds[index]
          textStart = textEnds[index]
        }
      }
    }
  }
}
