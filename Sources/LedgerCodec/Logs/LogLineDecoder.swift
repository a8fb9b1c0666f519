// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// A log line without its words, as a reader of logs needs it.
public struct LoggedLine: Equatable, Sendable {
  /// Its place in the log of the ledger.
  public var position: Position
  /// When it was recorded.
  public var time: Timestamp
  /// When it was read, where that was more than a second earlier.
  public var occurred: Timestamp?
  /// The job's project.
  public var project: Name?
  /// The job.
  public var job: JobID
  /// Stream, number, level and the rest.
  public var line: LogLine
  /// The digest of its words.
  public var text: Digest?

  /// What an event says of its line; nil for an event of another type.
  public init?(_ event: Event) {
    guard case .jobLogged(let line) = event.fact, let job = event.job else { return nil }
    self.init(
      position: event.position, time: event.time, occurred: event.occurred,
      project: event.project, job: job, line: line, text: event.text)
  }

  init(
    position: Position, time: Timestamp, occurred: Timestamp?, project: Name?, job: JobID,
    line: LogLine, text: Digest?
  ) {
    self.position = position
    self.time = time
    self.occurred = occurred
    self.project = project
    self.job = job
    self.line = line
    self.text = text
  }
}

/// What a leaf was found to be.
public enum ReadLeaf: Equatable, Sendable {
  /// A log line of the usual form: no member but those of ``LoggedLine``.
  case line(LoggedLine)
  /// Any other event; also a log line of an unusual form.
  case event(Event)
}

/// Reads many log lines, comparing what their leaves share with what earlier ones had there.
///
/// It accepts exactly what ``EventCodec/decode(_:)-(UnsafeRawBufferPointer)`` accepts: a leaf that
/// does not look like an earlier one goes there.
public struct LogLineDecoder {
  private var writers: [LogWriterBytes] = []
  private var jobs: [LogJobBytes] = []
  private var lastWriter = 0
  private var lastJob = 0
  private var time = TimeText()
  private var occurred = TimeText()

  /// Begins with nothing remembered.
  public init() {}

  /// Reads a leaf of `job.logged`; nil for a valid leaf of another type.
  public mutating func decode(
    _ leaf: UnsafeRawBufferPointer
  ) throws(CodecError) -> LoggedLine? {
    switch try read(leaf) {
    case .line(let line): line
    case .event(let event): LoggedLine(event)
    }
  }

  /// Reads a log line of the usual form, as ``read(_:)`` does; nil for every other leaf, valid or
  /// not. Without the room that any event would take.
  public mutating func line(_ leaf: UnsafeRawBufferPointer) -> LoggedLine? { quick(leaf) }

  /// Reads a leaf of any type, once.
  public mutating func read(_ leaf: UnsafeRawBufferPointer) throws(CodecError) -> ReadLeaf {
    if let line = quick(leaf) { return .line(line) }
    let event = try EventCodec.decode(leaf)
    if let line = LoggedLine(event) { remember(event, line) }
    return .event(event)
  }

  // MARK: What was seen before

  /// How many writers and jobs are remembered; more only take longer.
  private static let limit = 16

  private mutating func remember(_ event: Event, _ line: LoggedLine) {
    if !writers.contains(where: { $0.actor == event.actor }),
      let bytes = try? LogWriterBytes(event.actor)
    {
      if writers.count == Self.limit { writers.removeFirst() }
      writers.append(bytes)
      lastWriter = writers.count - 1
    }
    if !jobs.contains(where: { $0.job == line.job && $0.project == line.project }),
      let bytes = try? LogJobBytes(job: line.job, project: line.project)
    {
      if jobs.count == Self.limit { jobs.removeFirst() }
      jobs.append(bytes)
      lastJob = jobs.count - 1
    }
  }

  @inline(__always)
  private mutating func skipWriter(_ reader: inout CanonicalReader) -> Bool {
    if lastWriter < writers.count, reader.takeIf(writers[lastWriter].bytes) { return true }
    for index in writers.indices where reader.takeIf(writers[index].bytes) {
      lastWriter = index
      return true
    }
    return false
  }

  @inline(__always)
  private mutating func skipJob(_ reader: inout CanonicalReader) -> Bool {
    if lastJob < jobs.count, reader.takeIf(jobs[lastJob].jobBytes) { return true }
    for index in jobs.indices where reader.takeIf(jobs[index].jobBytes) {
      lastJob = index
      return true
    }
    return false
  }

  // MARK: The quick way

  /// Reads a leaf in the order and form in which log lines are written; nil for any other.
  @inline(__always)
  private mutating func quick(_ leaf: UnsafeRawBufferPointer) -> LoggedLine? {
    guard leaf.count <= EventCodec.leafLimit else { return nil }
    var reader = CanonicalReader(leaf)
    guard skipWriter(&reader), reader.member(Wire.data), reader.takeIf("{"),
      let line = reader.quickLine(), reader.takeIf("}"), skipJob(&reader)
    else { return nil }
    var read: Timestamp?
    if reader.member(Wire.occurred) {
      guard let time = reader.quickTime(&occurred) else { return nil }
      read = time
    }
    guard reader.member(Wire.position), let position = reader.quickNumber(),
      reader.takeIf(jobs[lastJob].projectBytes),
      reader.member(Wire.text), let text = reader.quickDigest(),
      reader.member(Wire.time), let time = reader.quickTime(&time),
      reader.member(Wire.type), reader.takeIf("\""), reader.takeIf(EventType.jobLogged.name),
      reader.takeIf("\""), reader.member(Wire.v),
      reader.quickNumber() == EventType.jobLogged.version, reader.takeIf("}"), reader.next == nil
    else { return nil }
    return LoggedLine(
      position: Position(position), time: time, occurred: read, project: jobs[lastJob].project,
      job: jobs[lastJob].job, line: line, text: text)
  }
}

extension CanonicalReader {
  /// Takes these bytes where they stand next.
  @inline(__always)
  fileprivate mutating func takeIf(_ bytes: [UInt8]) -> Bool {
    let length = bytes.count
    guard count - offset >= length else { return false }
    let same = bytes.withUnsafeBytes { other in
      ByteScan.equal(UnsafeRawPointer(base + offset), other.baseAddress!, length)
    }
    if same { offset += length }
    return same
  }

  /// A whole number up to 2^53−1, or nil.
  @inline(__always)
  fileprivate mutating func quickNumber() -> UInt64? {
    var at = offset
    var value: UInt64 = 0
    while at < count {
      let digit = base[at] &- 0x30
      if digit > 9 { break }
      value = value &* 10 &+ UInt64(digit)
      at &+= 1
    }
    let digits = at &- offset
    guard digits > 0, digits < 17, base[offset] != 0x30 || digits == 1,
      value <= 0x1f_ffff_ffff_ffff
    else { return nil }
    offset = at
    return value
  }

  @inline(__always)
  fileprivate mutating func quickOrdinal() -> UInt64? {
    guard let value = quickNumber(), value > 0 else { return nil }
    return value
  }

  @inline(__always)
  fileprivate mutating func quickTime(_ text: inout TimeText) -> Timestamp? {
    guard let start = quickString(27), let time = text.read(start) else { return nil }
    return time
  }

  @inline(__always)
  fileprivate mutating func quickDigest() -> Digest? {
    guard let start = quickString(43) else { return nil }
    return Digest(base64url: UnsafeRawBufferPointer(start: start, count: 43))
  }

  /// A string of so many bytes, which the caller checks.
  @inline(__always)
  private mutating func quickString(_ length: Int) -> UnsafeRawPointer? {
    guard count - offset >= length + 2, base[offset] == 0x22, base[offset + length + 1] == 0x22
    else { return nil }
    let start = base + offset + 1
    offset += length + 2
    return UnsafeRawPointer(start)
  }

  /// A word of these, as a string.
  @inline(__always)
  private mutating func takeWord(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard count - offset >= length + 2, base[offset] == 0x22, base[offset + length + 1] == 0x22
    else { return false }
    let here = base + offset + 1
    for at in 0..<length where here[at] != word.utf8Start[at] { return false }
    offset += length + 2
    return true
  }

  @inline(__always)
  private mutating func quickLevel() -> LogLevel? {
    if takeWord(LogLevel.info.wireName) { return .info }
    if takeWord(LogLevel.warning.wireName) { return .warning }
    if takeWord(LogLevel.error.wireName) { return .error }
    if takeWord(LogLevel.debug.wireName) { return .debug }
    return nil
  }

  @inline(__always)
  private mutating func quickStream() -> LogStream? {
    if takeWord(LogStream.stdout.wireName) { return .stdout }
    if takeWord(LogStream.stderr.wireName) { return .stderr }
    return nil
  }

  @inline(__always)
  private mutating func quickEnd() -> LineEnd? {
    if takeWord(LineEnd.none.wireName) { return LineEnd.none }
    if takeWord(LineEnd.crlf.wireName) { return .crlf }
    if takeWord(LineEnd.cr.wireName) { return .cr }
    return nil
  }

  /// The members of a log line's data.
  @inline(__always)
  fileprivate mutating func quickLine() -> LogLine? {
    guard member(Wire.detector), let detector = quickNumber(), detector <= UInt64(UInt32.max)
    else { return nil }
    var line = LogLine(
      stream: .stdout, line: 0, level: .info, detector: UInt32(truncatingIfNeeded: detector))
    if member(Wire.encoding) {
      guard takeWord(Wire.base64) else { return nil }
      line.isBase64 = true
    }
    if member(Wire.end) {
      guard let end = quickEnd() else { return nil }
      line.end = end
    }
    guard member(Wire.level), let level = quickLevel(), member(Wire.line),
      let number = quickOrdinal()
    else { return nil }
    line.level = level
    line.line = number
    if member(Wire.of) {
      guard let of = quickOrdinal() else { return nil }
      line.of = of
    }
    if member(Wire.part) {
      guard let part = quickOrdinal(), part <= UInt64(UInt32.max) else { return nil }
      line.part = UInt32(truncatingIfNeeded: part)
    }
    if member(Wire.skipped) {
      guard let skipped = quickNumber() else { return nil }
      line.skipped = skipped
    }
    guard member(Wire.stream), let stream = quickStream() else { return nil }
    line.stream = stream
    return line
  }
}
