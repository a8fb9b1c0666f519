// SPDX-License-Identifier: Apache-2.0

/// The central directory of a zip archive, and single files of it, in memory.
///
/// Nothing is ever written under a name of the archive, so that no name can lead anywhere.
struct ZipArchive {
  /// More files, a longer directory, or a larger file wanted, are refused.
  static let fileLimit = 200_000
  static let directoryBytes = 64 << 20
  static let contentBytes = 16 << 20

  struct Entry {
    var name: [UInt8]
    var flags: UInt16
    var method: UInt16
    var crc: UInt32
    var packed: UInt64
    var size: UInt64
    var header: UInt64
    /// Whether it is a symbolic link, as far as Unix's attributes tell.
    var isLink: Bool

    /// Whether a careless unpacker could be led out of its folder by this file.
    var leadsOut: Bool {
      let separators: Set<UInt8> = [0x2f, 0x5c]
      let parts = name.split(omittingEmptySubsequences: false) { separators.contains($0) }
      return isLink || parts.first?.isEmpty == true || parts.contains([0x2e, 0x2e])
        || name.contains(0) || name.dropFirst().first == 0x3a
    }
  }

  let entries: [Entry]
  private let source: ModelSource

  init(_ source: ModelSource) throws(ModelError) {
    self.source = source
    let place = try Self.directory(of: source)
    guard place.count <= UInt64(Self.fileLimit) else {
      throw .tooLarge(.mojo, what: "files", limit: UInt64(Self.fileLimit))
    }
    guard place.bytes <= UInt64(Self.directoryBytes) else {
      throw .tooLarge(.mojo, what: "a directory", limit: UInt64(Self.directoryBytes))
    }
    let (end, overflows) = place.start.addingReportingOverflow(place.bytes)
    guard !overflows, end <= source.count else {
      throw .malformed(.mojo, offset: place.start, reason: "the directory reaches beyond the end")
    }
    var cursor = ModelCursor(source, .mojo, place.start..<end)
    var entries: [Entry] = []
    while entries.count < Int(place.count) { entries.append(try Self.entry(&cursor)) }
    self.entries = entries
  }

  /// Whether the bytes begin as a zip archive does.
  static func begins(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x50, 0x4b, 3, 4]) || bytes.starts(with: [0x50, 0x4b, 5, 6])
  }

  /// Finds the end record in the last 64 KiB (APPNOTE 4.3.16), the one nearest to the end.
  private static func directory(
    of source: ModelSource
  ) throws(ModelError) -> (start: UInt64, bytes: UInt64, count: UInt64) {
    let tailBytes = min(source.count, 65_557)
    let tailStart = source.count - tailBytes
    let tail = try source.read(at: tailStart, Int(tailBytes))
    var at = tail.count - 22
    while at >= 0 {
      if tail[at] == 0x50, tail[at...].starts(with: [0x50, 0x4b, 5, 6]),
        at + 22 + Int(tail[at + 20]) + Int(tail[at + 21]) << 8 == tail.count
      {
        break
      }
      at -= 1
    }
    guard at >= 0 else {
      throw .malformed(.mojo, offset: source.count, reason: "it has no end of directory")
    }
    var cursor = ModelCursor(source, .mojo, (tailStart + UInt64(at))..<source.count)
    try cursor.skip(10)
    let count = try cursor.little(2)
    let bytes = try cursor.little(4)
    let start = try cursor.little(4)
    if count != 0xffff, bytes != 0xffff_ffff, start != 0xffff_ffff { return (start, bytes, count) }
    return try largeDirectory(of: source, before: tailStart + UInt64(at)) ?? (start, bytes, count)
  }

  /// The end record of zip64, which a locator just before the other one points to.
  private static func largeDirectory(
    of source: ModelSource, before end: UInt64
  ) throws(ModelError) -> (start: UInt64, bytes: UInt64, count: UInt64)? {
    guard end >= 20 else { return nil }
    var locator = ModelCursor(source, .mojo, (end - 20)..<end)
    guard try locator.little(4) == 0x0706_4b50 else { return nil }
    try locator.skip(4)
    let place = try locator.little(8)
    guard place < end else { throw locator.malformed("its zip64 record is beyond its end") }
    var record = ModelCursor(source, .mojo, place..<end)
    guard try record.little(4) == 0x0606_4b50 else {
      throw record.malformed("its zip64 record is not where it should be")
    }
    try record.skip(28)
    let count = try record.little(8)
    let bytes = try record.little(8)
    return (try record.little(8), bytes, count)
  }

  /// One header of the directory (APPNOTE 4.3.12).
  private static func entry(_ cursor: inout ModelCursor) throws(ModelError) -> Entry {
    guard try cursor.little(4) == 0x0201_4b50 else {
      throw cursor.malformed("the directory holds something else")
    }
    try cursor.skip(4)
    let flags = UInt16(try cursor.little(2))
    let method = UInt16(try cursor.little(2))
    try cursor.skip(4)
    let crc = UInt32(try cursor.little(4))
    var packed = try cursor.little(4)
    var size = try cursor.little(4)
    let nameLength = try cursor.little(2)
    let extraLength = try cursor.little(2)
    let commentLength = try cursor.little(2)
    try cursor.skip(4)
    let attributes = try cursor.little(4)
    var header = try cursor.little(4)
    let name = try cursor.bytes(nameLength, limit: 1 << 16, "a name")
    let extra = try cursor.bytes(extraLength, limit: 1 << 16, "an extra field")
    try cursor.skip(commentLength)
    large(extra, &size, &packed, &header)
    return Entry(
      name: name, flags: flags, method: method, crc: crc, packed: packed, size: size,
      header: header, isLink: attributes >> 28 == 0xa)
  }

  /// The sizes that did not fit, from the extra field of zip64 (APPNOTE 4.5.3).
  private static func large(
    _ extra: [UInt8], _ size: inout UInt64, _ packed: inout UInt64, _ header: inout UInt64
  ) {
    func little(_ at: Int, _ count: Int) -> UInt64 {
      (0..<count).reduce(0) { $0 | UInt64(extra[at + $1]) << UInt64(8 * $1) }
    }
    var at = 0
    while at + 4 <= extra.count {
      let kind = little(at, 2)
      let end = at + 4 + Int(little(at + 2, 2))
      guard end <= extra.count else { return }
      at += 4
      if kind == 1 {
        for member in 0..<3 where at + 8 <= end {
          switch member {
          case 0 where size == 0xffff_ffff: size = little(at, 8)
          case 1 where packed == 0xffff_ffff: packed = little(at, 8)
          case 2 where header == 0xffff_ffff: header = little(at, 8)
          default: continue
          }
          at += 8
        }
        return
      }
      at = end
    }
  }

  /// The content of the only file of this name; nil where there is none.
  func content(_ name: String) throws(ModelError) -> [UInt8]? {
    let named = entries.filter { $0.name.elementsEqual(name.utf8) }
    guard let entry = named.first else { return nil }
    guard named.count == 1 else {
      throw .malformed(.mojo, offset: entry.header, reason: "it holds \(name) twice")
    }
    guard entry.flags & 1 == 0 else {
      throw .malformed(.mojo, offset: entry.header, reason: "\(name) is encrypted")
    }
    let limit = UInt64(Self.contentBytes)
    guard entry.size <= limit, entry.packed <= limit + 1_024 else {
      throw .tooLarge(.mojo, what: name, limit: limit)
    }
    guard entry.header < source.count else {
      throw .malformed(.mojo, offset: entry.header, reason: "\(name) lies beyond the end")
    }
    var cursor = ModelCursor(source, .mojo, entry.header..<source.count)
    guard try cursor.little(4) == 0x0403_4b50 else {
      throw cursor.malformed("\(name) is not where the directory says")
    }
    try cursor.skip(22)
    let nameLength = try cursor.little(2)
    let extraLength = try cursor.little(2)
    guard try cursor.bytes(nameLength, limit: 1 << 16, "a name") == entry.name else {
      throw cursor.malformed("\(name) has another name where it lies")
    }
    try cursor.skip(extraLength)
    let packed = try cursor.bytes(entry.packed, limit: Self.contentBytes + 1_024, name)
    let content = try unpacked(packed, entry, name)
    guard UInt64(content.count) == entry.size, Inflate.crc(content) == entry.crc else {
      throw .malformed(
        .mojo, offset: entry.header, reason: "\(name) is not what the directory says of it")
    }
    return content
  }

  private func unpacked(
    _ packed: [UInt8], _ entry: Entry, _ name: String
  ) throws(ModelError) -> [UInt8] {
    if entry.method == 0 { return packed }
    guard entry.method == 8 else {
      throw .malformed(
        .mojo, offset: entry.header, reason: "\(name) is packed by method \(entry.method)")
    }
    // No more than the directory says: a bomb stops there.
    guard let result = Inflate.inflate(packed, .raw, limit: Int(entry.size)), result.isWhole else {
      throw .malformed(.mojo, offset: entry.header, reason: "\(name) cannot be unpacked")
    }
    return result.bytes
  }
}
