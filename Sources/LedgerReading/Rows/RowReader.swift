// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// Reads the fields of a row. Any bytes may come: each field is accepted in its one form only, so
/// that what is accepted is written back as the same bytes.
///
/// One reader can read the rows of a scan one after another. They all must stay where they are
/// until the last of them was read.
struct RowReader {
  private var bytes: UnsafeRawBufferPointer
  private(set) var offset = 0
  private var memory = RowMemory()

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Goes on to another row.
  mutating func begin(_ row: UnsafeRawBufferPointer) {
    bytes = row
    offset = 0
  }

  /// Reads the first byte, which tells the row's format.
  mutating func format() throws(RowError) {
    let format = try byte()
    guard format == RowFormat.current else { throw error(.unknownFormat(format), from: 0) }
  }

  /// Checks that nothing is left.
  func finish() throws(RowError) {
    guard offset == bytes.count else { throw error(.trailingBytes, from: offset) }
  }

  @inline(__always)
  mutating func byte() throws(RowError) -> UInt8 {
    guard offset < bytes.count else { throw error(.truncated, from: offset) }
    let byte = bytes[offset]
    offset += 1
    return byte
  }

  @inline(__always)
  mutating func integer() throws(RowError) -> UInt64 {
    if offset < bytes.count, bytes[offset] < 0x80 {
      offset += 1
      return UInt64(bytes[offset - 1])
    }
    return try longInteger()
  }

  private mutating func longInteger() throws(RowError) -> UInt64 {
    guard bytes.count - offset >= 8 else { return try integerByBytes() }
    // Eight bytes at once: moments take eight, and a row has several.
    let word = UInt64(
      littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    let ends = ~word & 0x8080_8080_8080_8080
    guard ends != 0 else { return try integerByBytes() }
    let count = ends.trailingZeroBitCount / 8 + 1
    var value = word & (ends ^ (ends - 1)) & 0x7f7f_7f7f_7f7f_7f7f
    guard count == 1 || value >> UInt64(8 * (count - 1)) != 0 else {
      throw error(.overlongInteger, from: offset)
    }
    // Close the gaps between the groups of seven bits: pairs, then fours, then all eight.
    value = value & 0x007f_007f_007f_007f | (value & 0x7f00_7f00_7f00_7f00) >> 1
    value = value & 0x0000_3fff_0000_3fff | (value & 0x3fff_0000_3fff_0000) >> 2
    value = value & 0x0000_0000_0fff_ffff | (value & 0x0fff_ffff_0000_0000) >> 4
    offset += count
    return value
  }

  private mutating func integerByBytes() throws(RowError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try byte()
      // The tenth byte has room for one bit.
      guard shift < 63 || byte <= 1 else { throw error(.integerOutOfRange, from: start) }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 {
        guard byte != 0 || shift == 0 else { throw error(.overlongInteger, from: start) }
        return value
      }
      shift += 7
    }
  }

  mutating func integer32() throws(RowError) -> UInt32 {
    let start = offset
    guard let value = UInt32(exactly: try integer()) else {
      throw error(.integerOutOfRange, from: start)
    }
    return value
  }

  mutating func signed() throws(RowError) -> Int64 {
    let value = try integer()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func signed32() throws(RowError) -> Int32 {
    let start = offset
    guard let value = Int32(exactly: try signed()) else {
      throw error(.integerOutOfRange, from: start)
    }
    return value
  }

  /// Flags, all among the known ones.
  mutating func flags(_ known: UInt64) throws(RowError) -> RowFlags {
    let start = offset
    let flags = try integer()
    guard flags & ~known == 0 else { throw error(.unknownFlags(flags), from: start) }
    return RowFlags(bits: flags, offset: start)
  }

  mutating func word<Word: RowWord>(_ type: Word.Type) throws(RowError) -> Word {
    let start = offset
    let code = try byte()
    guard let word = Word.rowWords[code] else { throw error(.unknownWord(code), from: start) }
    return word
  }

  /// The number of elements that follow, each of at least `size` bytes: so a damaged number never
  /// makes a large array.
  mutating func count(ofAtLeast size: Int) throws(RowError) -> Int {
    let start = offset
    let count = try integer()
    guard count <= UInt64((bytes.count - offset) / size) else {
      throw error(.truncated, from: start)
    }
    return Int(count)
  }

  mutating func double() throws(RowError) -> Double {
    let start = offset
    let value = Double(bitPattern: try bigEndian())
    let isUsual = value.isNaN ? value.bitPattern == RowFormat.nan : value.bitPattern != 1 << 63
    guard isUsual else { throw error(.unusualDouble, from: start) }
    return value
  }

  mutating func digest() throws(RowError) -> Digest {
    let start = offset
    guard bytes.count - start >= 32 else { throw error(.truncated, from: start) }
    offset += 32
    return Digest(
      words: (word(at: start), word(at: start + 8), word(at: start + 16), word(at: start + 24)))
  }

  private mutating func bigEndian() throws(RowError) -> UInt64 {
    let start = offset
    guard bytes.count - start >= 8 else { throw error(.truncated, from: start) }
    offset += 8
    return word(at: start)
  }

  /// Eight bytes that are known to be there.
  @inline(__always)
  private func word(at offset: Int) -> UInt64 {
    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  @inline(__always)
  private mutating func part() throws(RowError) -> UnsafeRawBufferPointer {
    let start = offset
    let count = try integer()
    guard count <= UInt64(bytes.count - offset) else { throw error(.truncated, from: start) }
    let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Int(count))])
    offset += Int(count)
    return part
  }

  mutating func text() throws(RowError) -> Text {
    let start = offset
    guard let text = Text(utf8: try part()) else { throw error(.invalidText, from: start) }
    return text
  }

  mutating func string() throws(RowError) -> String { try text().string }

  mutating func name() throws(RowError) -> Name {
    let start = offset
    guard let name = Name(utf8: try part()) else { throw error(.invalidIdentifier, from: start) }
    return name
  }

  mutating func actorID() throws(RowError) -> ActorID {
    let start = offset
    guard let id = ActorID(utf8: try part()) else { throw error(.invalidIdentifier, from: start) }
    return id
  }

  mutating func job() throws(RowError) -> JobID {
    let start = offset
    guard let id = JobID(utf8: try part()) else { throw error(.invalidIdentifier, from: start) }
    return id
  }

  /// Who acted: mostly the same as in the row before, as are the next four.
  mutating func actor() throws(RowError) -> Actor {
    if let known = memory.actor.value(atStartOf: rest) {
      offset += memory.actor.count
      return known
    }
    let start = offset
    let actor = try newActor()
    memory.actor = RowMemory.Last(actor, read(since: start))
    return actor
  }

  mutating func project() throws(RowError) -> Name {
    if let known = memory.project.value(atStartOf: rest) {
      offset += memory.project.count
      return known
    }
    let start = offset
    let project = try name()
    memory.project = RowMemory.Last(project, read(since: start))
    return project
  }

  mutating func machine() throws(RowError) -> Text {
    if let known = memory.machine.value(atStartOf: rest) {
      offset += memory.machine.count
      return known
    }
    let start = offset
    let machine = try text()
    memory.machine = RowMemory.Last(machine, read(since: start))
    return machine
  }

  mutating func boot() throws(RowError) -> Text {
    if let known = memory.boot.value(atStartOf: rest) {
      offset += memory.boot.count
      return known
    }
    let start = offset
    let boot = try text()
    memory.boot = RowMemory.Last(boot, read(since: start))
    return boot
  }

  mutating func tool() throws(RowError) -> Text {
    if let known = memory.tool.value(atStartOf: rest) {
      offset += memory.tool.count
      return known
    }
    let start = offset
    let tool = try text()
    memory.tool = RowMemory.Last(tool, read(since: start))
    return tool
  }

  /// The bytes from here on.
  private var rest: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[offset...])
  }

  /// The bytes of the field that was just read.
  private func read(since start: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
  }

  mutating func size() throws(RowError) -> LedgerSize { LedgerSize(try integer()) }

  /// A position, which always has a next one.
  mutating func position() throws(RowError) -> Position {
    let start = offset
    let value = try integer()
    guard value < .max else { throw error(.integerOutOfRange, from: start) }
    return Position(value)
  }

  /// A moment that can be written with a year of four digits, as every stored one can.
  mutating func time() throws(RowError) -> Timestamp {
    let start = offset
    let time = Timestamp(microseconds: try signed())
    guard time.isWritable else { throw error(.integerOutOfRange, from: start) }
    return time
  }

  /// A day of the years 0 to 9999.
  mutating func date() throws(RowError) -> CalendarDate {
    let start = offset
    let days = try signed()
    guard (-719_528...2_932_896).contains(days) else {
      throw error(.integerOutOfRange, from: start)
    }
    return CalendarDate(daysSinceEpoch: Int(days))
  }

  mutating func mark() throws(RowError) -> Mark {
    Mark(position: try position(), time: try time())
  }

  /// A version's number: at least 1.
  mutating func number() throws(RowError) -> VersionNumber {
    let start = offset
    let value = try integer32()
    guard value > 0 else { throw error(.integerOutOfRange, from: start) }
    return VersionNumber(value)
  }

  mutating func list() throws(RowError) -> ListDigest {
    ListDigest(count: try integer(), digest: try digest())
  }

  mutating func files() throws(RowError) -> FilesDigest {
    FilesDigest(count: try integer(), bytes: try integer(), digest: try digest())
  }

  /// Counts whose sum is a number too.
  mutating func lines() throws(RowError) -> LineCounts {
    let start = offset
    var lines = LineCounts()
    var total: UInt64 = 0
    var isBeyond = false
    func add(_ count: UInt64) -> UInt64 {
      let (sum, overflow) = total.addingReportingOverflow(count)
      total = sum
      isBeyond = isBeyond || overflow
      return count
    }
    lines.debug = add(try integer())
    lines.info = add(try integer())
    lines.warning = add(try integer())
    lines.error = add(try integer())
    guard !isBeyond else { throw error(.integerOutOfRange, from: start) }
    return lines
  }

  mutating func metrics() throws(RowError) -> [Metric] {
    let count = try count(ofAtLeast: 9)
    var metrics: [Metric] = []
    metrics.reserveCapacity(count)
    for _ in 0..<count { metrics.append(Metric(name: try text(), value: try double())) }
    return metrics
  }

  mutating func subject() throws(RowError) -> SubjectReference {
    SubjectReference(kind: try word(SubjectKind.self), name: try name())
  }

  mutating func version() throws(RowError) -> VersionID {
    VersionID(
      subject: SubjectID(project: try name(), name: try name()), number: try number())
  }

  /// Refuses a value, just read, that another field implies.
  func refuse(_ isRedundant: Bool) throws(RowError) {
    if isRedundant { throw error(.redundantValue, from: offset) }
  }

  private func error(_ reason: RowError.Reason, from start: Int) -> RowError {
    RowError(offset: start, reason: reason)
  }
}

/// The flags of a row or of a part of it.
struct RowFlags {
  /// The bits.
  let bits: UInt64
  /// Where they stand.
  let offset: Int
  /// Whether a flag is set.
  func has(_ flag: UInt64) -> Bool { bits & flag != 0 }

  /// An optional truth value in two flags: whether it is there, and what it is.
  func truth(_ isThere: UInt64, value: UInt64) throws(RowError) -> Bool? {
    try check(value, needs: isThere)
    return has(isThere) ? has(value) : nil
  }

  /// Refuses flags that are set without the one they go with.
  func check(_ flags: UInt64, needs other: UInt64) throws(RowError) {
    if has(flags) && !has(other) { throw RowError(offset: offset, reason: .unknownFlags(bits)) }
  }

  /// Refuses two flags that exclude each other.
  func check(_ flag: UInt64, excludes other: UInt64) throws(RowError) {
    if has(flag) && has(other) { throw RowError(offset: offset, reason: .unknownFlags(bits)) }
  }
}
