// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport

/// Changes a data file as disks, and people with an editor, might: bits, bytes, spans, pages in the
/// place of others or of yesterday, lengths, and what LMDB's pages say of themselves.
///
/// The number of a change alone says what it is, so that one can be repeated by itself.
public struct DataFileMutator: Sendable {
  /// The size of a page of the file.
  public static let page = 4096
  private static let headerBytes = 16
  /// Values that mean something to lengths, offsets, counts and page numbers.
  private static let numbers: [UInt64] = [
    0, 1, 2, 3, 7, 8, 15, 16, 17, 0x7F, 0x80, 0xFF, 0x100, 0xFFF, 0x1000, 0x1001, 0x7FFF, 0x8000,
    0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 40, 1 << 63, .max,
  ]

  private let sound: [UInt8]
  private let earlier: [UInt8]
  private let seed: UInt64
  private let pages: Int

  /// Changes of this sample; another seed makes others.
  public init(_ sample: DataFileSample, seed: UInt64) {
    sound = sample.sound
    earlier = sample.earlier
    pages = sample.sound.count / Self.page
    self.seed = seed
  }

  /// The changed file, and what was done to it. It may by chance be the sound one.
  public func change(_ number: UInt64) -> (bytes: [UInt8], what: String) {
    var random = SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ number)
    var bytes = sound
    var words: [String] = []
    for _ in 0..<(random.oneIn(5) ? 2 + random.below(3) : 1) {
      words.append(change(&bytes, &random))
      // What was cut is not changed any more.
      if bytes.count < sound.count { break }
    }
    return (bytes, words.joined(separator: ", "))
  }

  private func change(_ bytes: inout [UInt8], _ random: inout SplitMix64) -> String {
    switch random.below(16) {
    case 0, 1:
      let place = random.below(bytes.count)
      bytes[place] ^= 1 << UInt8(random.below(8))
      return "a bit of byte \(place)"
    case 2:
      let place = random.below(bytes.count)
      bytes[place] = UInt8(random.below(256))
      return "byte \(place)"
    case 3: return span(&bytes, &random)
    case 4: return copy(&bytes, &random)
    case 5: return old(&bytes, &random)
    case 6: return swap(&bytes, &random)
    case 7: return cut(&bytes, &random)
    case 8, 9: return header(&bytes, &random)
    case 10, 11: return offset(&bytes, &random)
    case 12, 13: return node(&bytes, &random)
    default: return meta(&bytes, &random)
    }
  }

  // MARK: Without regard to what is where

  private func span(_ bytes: inout [UInt8], _ random: inout SplitMix64) -> String {
    let place = random.below(bytes.count)
    let end = min(bytes.count, place + 1 + random.below(600))
    let fill = random.below(3)
    for index in place..<end {
      bytes[index] = fill == 0 ? 0 : fill == 1 ? 0xFF : UInt8(random.below(256))
    }
    return "bytes \(place)..<\(end)"
  }

  private func copy(_ bytes: inout [UInt8], _ random: inout SplitMix64) -> String {
    let (source, target) = (random.below(pages), random.below(pages))
    replace(&bytes, target, sound[source * Self.page..<(source + 1) * Self.page])
    guard random.oneIn(2) else { return "page \(source) over page \(target)" }
    // A page that says that it belongs there.
    put(&bytes, target * Self.page, UInt64(target), 8)
    return "page \(source) over page \(target), with its number"
  }

  private func old(_ bytes: inout [UInt8], _ random: inout SplitMix64) -> String {
    let target = random.below(min(pages, earlier.count / Self.page))
    replace(&bytes, target, earlier[target * Self.page..<(target + 1) * Self.page])
    return "page \(target) as it was before"
  }

  private func swap(_ bytes: inout [UInt8], _ random: inout SplitMix64) -> String {
    let count = 1 + random.below(200)
    let (first, second) = (random.below(bytes.count - count), random.below(bytes.count - count))
    for index in 0..<count { bytes.swapAt(first + index, second + index) }
    return "\(count) bytes at \(first) and \(second) swapped"
  }

  private func cut(_ bytes: inout [UInt8], _ random: inout SplitMix64) -> String {
    if random.oneIn(4) {
      bytes += [UInt8](repeating: 0, count: Self.page * (1 + random.below(4)))
      return "grown to \(bytes.count)"
    }
    let end = random.oneIn(2) ? random.below(bytes.count) : random.below(pages) * Self.page
    bytes.removeSubrange(end...)
    return "cut to \(end)"
  }

  // MARK: By what pages say of themselves

  /// MDB_page: number (8), pad (2), flags (2), lower and upper bound of free space (2 each), which
  /// of an overflow page are the number of its pages (4).
  private func header(_ bytes: inout [UInt8], _ random: inout SplitMix64) -> String {
    let page = random.below(pages)
    let (field, count) = random.pick([(0, 8), (8, 2), (10, 2), (12, 2), (14, 2), (12, 4)])
    let value = number(&random)
    put(&bytes, page * Self.page + field, value, count)
    return "header of page \(page) + \(field): \(value)"
  }

  /// MDB_page.mp_ptrs: where in the page each node begins (2 bytes each).
  private func offset(_ bytes: inout [UInt8], _ random: inout SplitMix64) -> String {
    let page = 2 + random.below(pages - 2)
    let count = nodes(bytes, page)
    guard count > 0 else { return header(&bytes, &random) }
    let place = page * Self.page + Self.headerBytes + 2 * random.below(count)
    if random.oneIn(2) {
      let other = page * Self.page + Self.headerBytes + 2 * random.below(count)
      for index in 0..<2 { bytes.swapAt(place + index, other + index) }
      return "offsets \(place) and \(other) swapped"
    }
    let value = random.oneIn(2) ? number(&random) : UInt64(random.below(Self.page))
    put(&bytes, place, value, 2)
    return "offset \(place): \(value)"
  }

  /// MDB_node: size of the value or page number (4), flags (2), size of the key (2), key, value.
  private func node(_ bytes: inout [UInt8], _ random: inout SplitMix64) -> String {
    let page = 2 + random.below(pages - 2)
    let count = nodes(bytes, page)
    guard count > 0 else { return header(&bytes, &random) }
    let pointer = page * Self.page + Self.headerBytes + 2 * random.below(count)
    let start = page * Self.page + Int(bytes[pointer]) + Int(bytes[pointer + 1]) << 8
    let (field, length) = random.pick([(0, 2), (0, 4), (2, 2), (4, 2), (6, 2), (8, 1), (12, 1)])
    let value = random.oneIn(2) ? number(&random) : random.next()
    guard start + field + length <= bytes.count else { return header(&bytes, &random) }
    put(&bytes, start + field, value, length)
    return "node at \(start) + \(field): \(value)"
  }

  /// MDB_meta, behind the header of the first two pages: magic, version, address, map size, two
  /// databases of 48 bytes, last page, transaction.
  private func meta(_ bytes: inout [UInt8], _ random: inout SplitMix64) -> String {
    let place = random.below(2) * Self.page + Self.headerBytes + random.below(34) * 4
    let value = random.oneIn(2) ? number(&random) : random.next()
    let count = random.pick([1, 2, 4, 8])
    put(&bytes, place, value, count)
    return "meta page's byte \(place), \(count) bytes: \(value)"
  }

  private func number(_ random: inout SplitMix64) -> UInt64 {
    random.oneIn(3) ? UInt64(random.below(pages + 2)) : random.pick(Self.numbers)
  }

  /// How many nodes a page says that it has; 0 where it is none with nodes.
  private func nodes(_ bytes: [UInt8], _ page: Int) -> Int {
    let start = page * Self.page
    let flags = Int(bytes[start + 10])
    let lower = Int(bytes[start + 12]) + Int(bytes[start + 13]) << 8
    let isTree = flags & 0x03 != 0 && flags & 0x04 == 0
    guard isTree, lower > Self.headerBytes, lower <= Self.page else { return 0 }
    return (lower - Self.headerBytes) / 2
  }

  private func replace(_ bytes: inout [UInt8], _ page: Int, _ content: ArraySlice<UInt8>) {
    bytes.replaceSubrange(page * Self.page..<(page + 1) * Self.page, with: content)
  }

  private func put(_ bytes: inout [UInt8], _ place: Int, _ value: UInt64, _ count: Int) {
    for index in 0..<count where place + index < bytes.count {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
    }
  }
}
