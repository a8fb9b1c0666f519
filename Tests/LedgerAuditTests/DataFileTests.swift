// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerFuzzing
import LedgerTestSupport
import Testing
import Transparency

/// A data file that changed by itself is told of, or read exactly as it was: a short form of
/// `tools/fuzz/run --data-file`.
@Suite struct DataFileTests {
  let folder = TemporaryFolder()

  /// A sample, and what is read from it.
  private func sample() throws -> (DataFileSample, MerkleHash) {
    let sample = try DataFileSample.make(at: folder.file("ledger"))
    return (sample, try DataFileReading.content(of: sample.path))
  }

  /// Whether the changed file is told of, by a process that may die of it. Where it is not, all that
  /// is read has to be what it was.
  private func isTold(
    _ bytes: [UInt8], _ sample: DataFileSample, _ expected: MerkleHash, _ what: String
  ) throws -> Bool {
    TemporaryFolder.write(bytes, to: DataFileSample.dataFile(of: sample.path))
    let parent = VerifyParent(
      executable: "\(binaries)/jobledger-replay",
      arguments: [
        "jobledger-replay", "__verify-child", "--ledger", sample.path, "--skip-artifacts",
      ])
    // What is refused for another reason than damage is told of, too.
    guard let report = try? parent.run(), report.isOK else { return true }
    #expect(try DataFileReading.content(of: sample.path) == expected, "\(what)")
    return false
  }

  /// Where the keys between pages begin in the file, and how long they are.
  private static func separators(of file: [UInt8]) -> [Range<Int>] {
    func number(_ place: Int) -> Int { Int(file[place]) | Int(file[place + 1]) << 8 }
    return stride(from: 0, to: file.count, by: DataFileMutator.page).flatMap { page in
      guard number(page + 10) == 0x01 else { return [Range<Int>]() }
      // The first key of such a page stands for everything before the second.
      return (1..<max(1, (number(page + 12) - 16) / 2)).compactMap { index in
        let node = page + number(page + 16 + 2 * index)
        let start = node + 8
        let end = start + number(node + 6)
        return start < end && end <= file.count ? start..<end : nil
      }
    }
  }

  @Test func `a wrong key between two pages hides nothing unseen`() throws {
    let (sample, expected) = try sample()
    var told = 0
    // Pages that are not used any more have such keys as well; a third of them all is enough.
    for (index, key) in Self.separators(of: sample.sound).enumerated() where index % 3 == 0 {
      // The last byte of a position, up or down by little or by much.
      let bit: UInt8 = index % 2 == 0 ? 0x40 : 0x01
      var bytes = sample.sound
      bytes[key.upperBound - 1] ^= bit
      told += try isTold(bytes, sample, expected, "key at \(key) ^ \(bit)") ? 1 : 0
    }
    #expect(told > 5)
  }

  @Test func `a page of another kind is told of, that of the head as well`() throws {
    let (sample, expected) = try sample()
    let page = DataFileMutator.page
    var told = 0
    for start in stride(from: 2 * page, to: sample.sound.count, by: page) {
      var bytes = sample.sound
      bytes[start + 10] = 0x04
      told += try isTold(bytes, sample, expected, "page \(start / page)") ? 1 : 0
    }
    #expect(told > 10)
  }

  @Test func `an entry of the past that a page shows again is told of`() throws {
    let (sample, expected) = try sample()
    let page = DataFileMutator.page
    var told = 0
    for start in stride(from: 2 * page, to: sample.sound.count, by: page)
    where sample.sound[start + 10] & 0x07 == 0x02 {
      // The bound of the list of entries is moved up: what stands behind it was one before a split.
      var bytes = sample.sound
      let lower = Int(bytes[start + 12]) + Int(bytes[start + 13]) << 8 + 2
      bytes[start + 12] = UInt8(lower & 0xFF)
      bytes[start + 13] = UInt8(lower >> 8)
      told += try isTold(bytes, sample, expected, "page \(start / page)") ? 1 : 0
    }
    #expect(told > 5)
  }

  @Test func `a changed data file ends no program, and what is verified is what is read`() throws {
    let (sample, expected) = try sample()
    let mutator = DataFileMutator(sample, seed: 1)
    var told = 0
    for number in UInt64(0)..<60 {
      let change = mutator.change(number)
      told += try isTold(change.bytes, sample, expected, "\(number): \(change.what)") ? 1 : 0
    }
    #expect(told > 10 && told < 60)
  }

  @Test func `without verification a changed file is read as something else`() throws {
    let (sample, expected) = try sample()
    // The words of the last event but one: nobody's length or place depends on them.
    guard let start = sample.sound.lastRange(of: Array("too old".utf8))?.lowerBound else {
      Issue.record("the sample has no such words")
      return
    }
    var bytes = sample.sound
    bytes[start] ^= 1
    TemporaryFolder.write(bytes, to: DataFileSample.dataFile(of: sample.path))
    #expect(DataFileReading.judge(sample.path) == .told("text-altered"))
    #expect(DataFileReading.judge(sample.path, verifying: false) != .passed(expected))
  }
}

extension Array where Element: Equatable {
  fileprivate func lastRange(of part: [Element]) -> Range<Int>? {
    guard part.count <= count else { return nil }
    for start in stride(from: count - part.count, through: 0, by: -1)
    where self[start..<start + part.count].elementsEqual(part) {
      return start..<start + part.count
    }
    return nil
  }
}
