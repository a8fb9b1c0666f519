// SPDX-License-Identifier: Apache-2.0
package import LedgerDomain

/// From the bytes of two streams to records: numbering, levels, progress, secrets.
///
/// Everything but the reading and waiting, so that tests feed it bytes and moments by hand.
package struct CaptureCore: ~Copyable {
  /// Carriage-return lines are kept to one in this many nanoseconds and stream.
  static let returnInterval: Int64 = 200_000_000
  /// `::progress` is kept to one in this many nanoseconds.
  static let progressInterval: Int64 = 1_000_000_000

  /// What came out and was not taken yet.
  package var batch = CapturedBatch()
  private var out: StreamState
  private var err: StreamState
  private var shared: SharedState

  /// `secrets` are values to be written as `***`.
  package init(allProgress: Bool, secrets: [[UInt8]] = []) {
    out = StreamState(.stdout)
    err = StreamState(.stderr)
    shared = SharedState(allProgress: allProgress, secrets: secrets)
  }

  /// Room for the next bytes of a stream.
  mutating func space(_ stream: LogStream) -> UnsafeMutableRawBufferPointer {
    stream == .stdout ? out.splitter.space() : err.splitter.space()
  }

  /// Takes `count` bytes that were put there.
  mutating func advance(_ stream: LogStream, _ count: Int, at now: CaptureMoment) {
    if stream == .stdout {
      out.advance(count, now, &shared, &batch)
    } else {
      err.advance(count, now, &shared, &batch)
    }
  }

  /// Takes bytes from elsewhere, in pieces that fit.
  package mutating func feed(
    _ stream: LogStream, _ bytes: UnsafeRawBufferPointer, at now: CaptureMoment
  ) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let room = space(stream)
      let piece = rest.prefix(room.count)
      room.copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
      advance(stream, piece.count, at: now)
      rest = rest.dropFirst(piece.count)
    }
  }

  /// When `tick` has something to do, on the clock of `CaptureMoment`.
  var deadline: Int64? {
    var earliest = shared.progressDeadline
    for deadline in [out.deadline, err.deadline] {
      if let deadline { earliest = min(earliest ?? deadline, deadline) }
    }
    return earliest
  }

  /// Gives out what waited long enough.
  mutating func tick(at now: CaptureMoment) {
    out.tick(now, &shared, &batch)
    err.tick(now, &shared, &batch)
    shared.tick(now, &batch)
  }

  /// Gives out what is left of a stream that has ended.
  package mutating func finish(_ stream: LogStream, at now: CaptureMoment) {
    if stream == .stdout {
      out.finish(now, &shared, &batch)
    } else {
      err.finish(now, &shared, &batch)
    }
  }

  /// Gives out what is left when both streams have ended.
  package mutating func finish(at now: CaptureMoment) { shared.finish(now, &batch) }
}

/// What both streams share.
private struct SharedState {
  let allProgress: Bool
  let mask: SecretMask?
  /// The number of the last line.
  var line: UInt64 = 0
  private var lastProgress: Int64?
  private var heldProgress: (Progress, Text)?

  init(allProgress: Bool, secrets: [[UInt8]]) {
    self.allProgress = allProgress
    mask = SecretMask(secrets)
  }

  var progressDeadline: Int64? {
    guard heldProgress != nil, let lastProgress else { return nil }
    return lastProgress + CaptureCore.progressInterval
  }

  /// Records progress now, or holds it until a second has passed since the last.
  mutating func note(
    _ progress: Progress, _ unit: UnsafeRawBufferPointer, _ now: CaptureMoment,
    _ batch: inout CapturedBatch
  ) {
    if let lastProgress, now.nanoseconds < lastProgress + CaptureCore.progressInterval {
      heldProgress = (progress, Text(String(decoding: unit, as: UTF8.self)))
      return
    }
    heldProgress = nil
    lastProgress = now.nanoseconds
    batch.append(
      CapturedProgress(
        progress: progress, unit: Text(String(decoding: unit, as: UTF8.self)), time: now.time))
  }

  mutating func tick(_ now: CaptureMoment, _ batch: inout CapturedBatch) {
    guard let progressDeadline, now.nanoseconds >= progressDeadline else { return }
    finish(now, &batch)
  }

  mutating func finish(_ now: CaptureMoment, _ batch: inout CapturedBatch) {
    guard let (progress, unit) = heldProgress else { return }
    heldProgress = nil
    lastProgress = now.nanoseconds
    batch.append(CapturedProgress(progress: progress, unit: unit, time: now.time))
  }
}

/// One stream between its splitter and the records.
private struct StreamState: ~Copyable {
  let stream: LogStream
  var splitter = LineSplitter()
  private var rest: Lines

  init(_ stream: LogStream) {
    self.stream = stream
    rest = Lines(stream: stream)
  }

  mutating func advance(
    _ count: Int, _ now: CaptureMoment, _ shared: inout SharedState, _ batch: inout CapturedBatch
  ) {
    splitter.advance(count, at: now) { rest.take($0, now, &shared, &batch) }
  }

  var deadline: Int64? {
    guard let held = rest.deadline else { return splitter.deadline }
    return min(held, splitter.deadline ?? held)
  }

  mutating func tick(
    _ now: CaptureMoment, _ shared: inout SharedState, _ batch: inout CapturedBatch
  ) {
    rest.tick(now, &shared, &batch)
    splitter.flush(at: now) { rest.take($0, now, &shared, &batch) }
  }

  mutating func finish(
    _ now: CaptureMoment, _ shared: inout SharedState, _ batch: inout CapturedBatch
  ) {
    splitter.finish { rest.take($0, now, &shared, &batch) }
    rest.release(now, &shared, &batch)
  }

  /// What happens to a piece after it was split off.
  private struct Lines {
    let stream: LogStream
    var detector = LevelDetector()
    /// Number, level and record of the line whose parts are being given out.
    var present: (number: UInt64, level: LogLevel, of: UInt64?)?
    /// The last carriage-return line that was not recorded yet.
    var held: [UInt8]?
    /// Carriage-return lines dropped since the last recorded line.
    var skipped: UInt64 = 0
    var lastReturn: Int64?

    init(stream: LogStream) { self.stream = stream }

    var deadline: Int64? {
      guard let held, !held.isEmpty, let lastReturn else { return nil }
      return lastReturn + CaptureCore.returnInterval
    }

    mutating func take(
      _ piece: LineSplitter.Piece, _ now: CaptureMoment, _ shared: inout SharedState,
      _ batch: inout CapturedBatch
    ) {
      if piece.part == 0 {
        if piece.bytes.count > 11, piece.bytes[0] == 0x3A,
          let (progress, unit) = ProgressLine.parse(piece.bytes)
        {
          shared.note(progress, unit, now, &batch)
          return
        }
        if piece.end == .cr, !shared.allProgress {
          hold(piece.bytes, now, &shared, &batch)
          return
        }
      }
      if held != nil { release(now, &shared, &batch, before: true) }
      record(piece.bytes, piece.end, piece.part, now, &shared, &batch)
    }

    /// Records a carriage-return line if the last is long enough ago, else keeps it in place of
    /// the one kept before. An empty one shows nothing and only counts.
    private mutating func hold(
      _ bytes: UnsafeRawBufferPointer, _ now: CaptureMoment, _ shared: inout SharedState,
      _ batch: inout CapturedBatch
    ) {
      if held != nil {
        if bytes.isEmpty {
          skipped += 1
          return
        }
        held = nil
        skipped += 1
      }
      let early = lastReturn.map { now.nanoseconds < $0 + CaptureCore.returnInterval } ?? false
      if early || bytes.isEmpty {
        held = Array(bytes)
        return
      }
      lastReturn = now.nanoseconds
      record(bytes, .cr, 0, now, &shared, &batch)
    }

    mutating func tick(
      _ now: CaptureMoment, _ shared: inout SharedState, _ batch: inout CapturedBatch
    ) {
      if let deadline, now.nanoseconds >= deadline { release(now, &shared, &batch) }
    }

    /// Records the line that was kept; an empty one before another line only counts.
    mutating func release(
      _ now: CaptureMoment, _ shared: inout SharedState, _ batch: inout CapturedBatch,
      before: Bool = false
    ) {
      guard let bytes = held else { return }
      held = nil
      if bytes.isEmpty, before {
        skipped += 1
        return
      }
      lastReturn = now.nanoseconds
      bytes.withUnsafeBytes { record($0, .cr, 0, now, &shared, &batch) }
    }

    private mutating func record(
      _ bytes: UnsafeRawBufferPointer, _ end: LineEnd?, _ part: UInt32, _ now: CaptureMoment,
      _ shared: inout SharedState, _ batch: inout CapturedBatch
    ) {
      let number: UInt64
      let level: LogLevel
      let of: UInt64?
      if part > 1, let present {
        (number, level, of) = present
      } else {
        shared.line += 1
        number = shared.line
        (level, of) = detector.classify(bytes, line: number)
        present = part == 0 ? nil : (number, level, of)
      }
      var line = LogLine(
        stream: stream, line: number, level: level, detector: LevelRules.version, end: end,
        part: part == 0 ? nil : part, of: of)
      if skipped > 0 {
        line.skipped = skipped
        skipped = 0
      }
      line.isBase64 = !UTF8Check.isValid(bytes)
      if let mask = shared.mask, let masked = mask.apply(to: bytes) {
        masked.withUnsafeBytes { masked in
          line.isBase64 = !UTF8Check.isValid(masked)
          batch.append(line, masked, at: now.time)
        }
        return
      }
      batch.append(line, bytes, at: now.time)
    }
  }
}

/// The line by which a program says how far it is: `::progress 30/40 epochs`.
enum ProgressLine {
  /// The two numbers and the unit's bytes (valid UTF-8, may be empty); nil for any other line.
  static func parse(
    _ line: UnsafeRawBufferPointer
  ) -> (Progress, unit: UnsafeRawBufferPointer)? {
    guard line.has("::progress ") else { return nil }
    var index = 11
    func number() -> Double? {
      let first = index
      while index < line.count, line[index].isDigit || line[index] == UInt8(ascii: ".") {
        index += 1
      }
      guard index > first, index - first <= 20, line[first].isDigit, line[index - 1].isDigit
      else { return nil }
      return Double(String(decoding: line[first..<index], as: UTF8.self))
    }
    guard let done = number(), index < line.count, line[index] == UInt8(ascii: "/") else {
      return nil
    }
    index += 1
    guard let of = number() else { return nil }
    if index < line.count {
      guard line[index] == 0x20 else { return nil }
      index += 1
    }
    let unit = UnsafeRawBufferPointer(rebasing: line[index...])
    guard unit.count <= 256, UTF8Check.isValid(unit) else { return nil }
    return (Progress(done: done, of: of), unit)
  }
}

/// Replaces secret values that the runner knows by `***`.
struct SecretMask: Sendable {
  private let secrets: [[UInt8]]

  /// Values under four bytes are left alone: they would blank out ordinary words. Longer ones
  /// come first, so that a secret within another does not uncover its rest. Nil when none is left.
  init?(_ values: [[UInt8]]) {
    // A value of several lines appears line by line.
    let lines: [[UInt8]] = values.flatMap { (value: [UInt8]) in
      value.split { $0 == 10 || $0 == 13 }.map(Array.init)
    }
    secrets = lines.filter { $0.count >= 4 }.sorted { $0.count > $1.count }
    if secrets.isEmpty { return nil }
  }

  /// The bytes with every secret replaced, or nil when none occurs.
  func apply(to bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    var result: [UInt8]?
    for secret in secrets {
      if let current = result {
        result = current.withUnsafeBytes { Self.replace(secret, in: $0) } ?? current
      } else {
        result = Self.replace(secret, in: bytes)
      }
    }
    return result
  }

  private static func replace(_ secret: [UInt8], in bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    var result: [UInt8]?
    var index = 0
    var copied = 0
    while index + secret.count <= bytes.count {
      if bytes[index] == secret[0], bytes[index..<(index + secret.count)].elementsEqual(secret) {
        if result == nil { result = [] }
        result?.append(contentsOf: bytes[copied..<index])
        result?.append(contentsOf: "***".utf8)
        index += secret.count
        copied = index
      } else {
        index += 1
      }
    }
    result?.append(contentsOf: bytes[copied...])
    return result
  }
}
