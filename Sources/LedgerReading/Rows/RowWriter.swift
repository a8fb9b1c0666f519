// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// Writes the fields of a row, each in its one form. ``RowReader`` accepts nothing else.
struct RowWriter: ~Copyable {
  /// The row so far, after whatever stood in the buffer before.
  private(set) var bytes: [UInt8]

  init(_ bytes: consuming [UInt8]) { self.bytes = bytes }

  /// Gives the buffer back.
  consuming func finish() -> [UInt8] { bytes }

  mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// LEB128 in the fewest bytes.
  mutating func integer(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func integer(_ value: UInt32) { integer(UInt64(value)) }

  /// Zig-zag: 0, −1, 1, −2 … as 0, 1, 2, 3 …
  mutating func signed(_ value: Int64) {
    integer(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  mutating func flags(_ flags: UInt64) { integer(flags) }
  mutating func word(_ word: some RowWord) { byte(word.rowCode) }
  mutating func count(_ count: Int) { integer(UInt64(count)) }

  /// The bit pattern, big-endian. NaN has one form; −0 becomes 0, as it does in a leaf.
  mutating func double(_ value: Double) {
    let pattern = value.isNaN ? RowFormat.nan : value == 0 ? 0 : value.bitPattern
    bigEndian(pattern)
  }

  mutating func digest(_ digest: Digest) {
    bigEndian(digest.words.0)
    bigEndian(digest.words.1)
    bigEndian(digest.words.2)
    bigEndian(digest.words.3)
  }

  private mutating func bigEndian(_ value: UInt64) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// The number of bytes, then the bytes.
  mutating func string(_ string: String) {
    count(string.utf8.count)
    bytes.append(contentsOf: string.utf8)
  }

  mutating func text(_ text: Text) { string(text.string) }
  mutating func name(_ name: Name) { string(name.string) }
  mutating func actorID(_ id: ActorID) { string(id.string) }
  mutating func job(_ id: JobID) { string(id.string) }
  mutating func position(_ position: Position) { integer(position.value) }
  mutating func time(_ time: Timestamp) { signed(time.microseconds) }
  mutating func date(_ date: CalendarDate) { signed(Int64(date.daysSinceEpoch)) }

  mutating func mark(_ mark: Mark) {
    position(mark.position)
    time(mark.time)
  }

  mutating func list(_ list: ListDigest) {
    integer(list.count)
    digest(list.digest)
  }

  mutating func files(_ files: FilesDigest) {
    integer(files.count)
    integer(files.bytes)
    digest(files.digest)
  }

  mutating func lines(_ lines: LineCounts) {
    integer(lines.debug)
    integer(lines.info)
    integer(lines.warning)
    integer(lines.error)
  }

  mutating func metrics(_ metrics: [Metric]) {
    count(metrics.count)
    for metric in metrics {
      text(metric.name)
      double(metric.value)
    }
  }

  mutating func subject(_ subject: SubjectReference) {
    word(subject.kind)
    name(subject.name)
  }

  mutating func version(_ id: VersionID) {
    name(id.subject.project)
    name(id.subject.name)
    integer(id.number.value)
  }
}

/// A flag, when a condition holds.
func flag(_ bit: UInt64, _ condition: Bool) -> UInt64 { condition ? bit : 0 }

/// What rows have in common.
enum RowFormat {
  /// The first byte of every row. A change of any row's form raises it.
  static let current: UInt8 = 1
  /// The bit pattern of every NaN.
  static let nan: UInt64 = 0x7ff8_0000_0000_0000
}
