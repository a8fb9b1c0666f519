// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

extension JobCreated: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.optional(Wire.code, code)
    try writer.optional(Wire.commit, commit.map { HexDigits<CommitLength>($0) })
    try writer.optional(Wire.deployment, deployment)
    try writer.optional(Wire.dirty, dirty)
    try writer.optional(Wire.environmentDigest, environmentDigest)
    try writer.optional(Wire.inputs, inputs)
    try writer.required(Wire.kind, kind)
    try writer.optional(Wire.nominalTime, nominalTime)
    try writer.optional(Wire.queued, queued)
    try writer.optional(Wire.retryOf, retryOf)
    try writer.optional(Wire.schedule, schedule)
    try writer.optional(Wire.target, target)
    try writer.required(Wire.trigger, trigger)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let code = try reader.optional(Wire.code, as: ListDigest.self)
    let commit = try reader.optional(Wire.commit, as: HexDigits<CommitLength>.self)
    let deployment = try reader.optional(Wire.deployment, as: DeploymentID.self)
    let dirty = try reader.optional(Wire.dirty, as: Bool.self)
    let environmentDigest = try reader.optional(Wire.environmentDigest, as: Digest.self)
    let inputs = try reader.optional(Wire.inputs, as: ListDigest.self)
    let kind = try reader.required(Wire.kind, as: JobKind.self)
    let nominalTime = try reader.optional(Wire.nominalTime, as: Timestamp.self)
    let queued = try reader.optional(Wire.queued, as: Bool.self)
    let retryOf = try reader.optional(Wire.retryOf, as: JobID.self)
    let schedule = try reader.optional(Wire.schedule, as: Name.self)
    let target = try reader.optional(Wire.target, as: Name.self)
    let trigger = try reader.required(Wire.trigger, as: Trigger.self)
    self.init(
      kind: kind, deployment: deployment, target: target, inputs: inputs, code: code,
      commit: commit?.string, dirty: dirty, environmentDigest: environmentDigest, trigger: trigger,
      queued: queued, schedule: schedule, nominalTime: nominalTime, retryOf: retryOf)
  }
}

extension RunnerIdentity: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.member(Wire.runner)
    try writer.out.beginObject()
    try writer.out.required(Wire.boot, boot)
    try writer.out.required(Wire.machine, machine)
    try writer.out.required(Wire.pid, pid)
    try writer.out.required(Wire.pidNamespace, pidNamespace)
    try writer.out.required(Wire.startTicks, startTicks)
    try writer.out.required(Wire.tool, tool)
    writer.out.endObject()
  }

  init(from reader: inout EventReader) throws(CodecError) {
    guard try reader.member(Wire.runner) else {
      throw reader.input.error(.missingMember(Wire.runner.description))
    }
    try reader.input.beginObject()
    let boot = try reader.input.required(Wire.boot, as: Text.self)
    let machine = try reader.input.required(Wire.machine, as: Text.self)
    let pid = try reader.input.required(Wire.pid, as: UInt32.self)
    let pidNamespace = try reader.input.required(Wire.pidNamespace, as: UInt64.self)
    let startTicks = try reader.input.required(Wire.startTicks, as: UInt64.self)
    let tool = try reader.input.required(Wire.tool, as: Text.self)
    try reader.input.endObject()
    self.init(
      machine: machine, pid: pid, startTicks: startTicks, pidNamespace: pidNamespace, boot: boot,
      tool: tool)
  }
}

extension LogLine: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.detector, detector)
    if isBase64 {
      try writer.member(Wire.encoding)
      writer.out.word(Wire.base64)
    }
    try writer.optional(Wire.end, end)
    try writer.required(Wire.level, level)
    try writer.required(Wire.line, Ordinal(line))
    try writer.optional(Wire.of, of.map { Ordinal($0) })
    try writer.optional(Wire.part, part.map { Ordinal(UInt64($0)) })
    try writer.optional(Wire.skipped, skipped)
    try writer.required(Wire.stream, stream)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let detector = try reader.required(Wire.detector, as: UInt32.self)
    let isBase64 = try reader.member(Wire.encoding)
    if isBase64 { try reader.input.base64Word() }
    let end = try reader.optional(Wire.end, as: LineEnd.self)
    let level = try reader.required(Wire.level, as: LogLevel.self)
    let line = try reader.required(Wire.line, as: Ordinal.self).value
    let of = try reader.optional(Wire.of, as: Ordinal.self)?.value
    let start = reader.input.offset
    let wide = try reader.optional(Wire.part, as: Ordinal.self)?.value
    let part = wide.flatMap { UInt32(exactly: $0) }
    if wide != nil, part == nil { throw reader.input.error(.numberOutOfRange, at: start) }
    let skipped = try reader.optional(Wire.skipped, as: UInt64.self)
    let stream = try reader.required(Wire.stream, as: LogStream.self)
    self.init(
      stream: stream, line: line, level: level, detector: detector, end: end, part: part, of: of,
      isBase64: isBase64, skipped: skipped)
  }
}

extension CanonicalReader {
  /// Steps over the one encoding of a message that has a word.
  fileprivate mutating func base64Word() throws(CodecError) {
    let start = offset
    let word = try string()
    guard word.utf8.elementsEqual(Wire.base64.description.utf8) else {
      throw error(.unknownWord(member: Wire.encoding.description, word: word), at: start)
    }
  }
}

extension Progress: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.done, done)
    try writer.required(Wire.of, of)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let done = try reader.required(Wire.done, as: Double.self)
    let of = try reader.required(Wire.of, as: Double.self)
    self.init(done: done, of: of)
  }
}

extension JobEnding: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.optional(Wire.duration, durationMicroseconds)
    try writer.optional(Wire.effectRemaining, effectRemaining)
    try writer.optional(Wire.exit, exit)
    try writer.optional(Wire.lastSeen, lastSeen)
    try writer.optional(Wire.lines, lines)
    try writer.optional(Wire.signal, signal.map { PlainWord($0) })
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let durationMicroseconds = try reader.optional(Wire.duration, as: UInt64.self)
    let effectRemaining = try reader.optional(Wire.effectRemaining, as: EffectRemaining.self)
    let exit = try reader.optional(Wire.exit, as: Int32.self)
    let lastSeen = try reader.optional(Wire.lastSeen, as: Timestamp.self)
    let lines = try reader.optional(Wire.lines, as: LineCounts.self)
    let signal = try reader.optional(Wire.signal, as: PlainWord.self)
    self.init(
      exit: exit, signal: signal?.string, durationMicroseconds: durationMicroseconds, lines: lines,
      lastSeen: lastSeen, effectRemaining: effectRemaining)
  }
}

/// A number that counts from 1.
struct Ordinal: WireValue {
  var value: UInt64

  init(_ value: UInt64) { self.value = value }

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    if value == 0 { throw writer.refusal(member, "at least 1") }
    writer.integer(value)
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Ordinal {
    let start = reader.offset
    let value = try UInt64.read(&reader, member)
    if value == 0 { throw reader.refusal(member, "at least 1", at: start) }
    return Ordinal(value)
  }
}
