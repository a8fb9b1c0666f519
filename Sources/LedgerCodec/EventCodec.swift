// SPDX-License-Identifier: Apache-2.0
// LedgerCodec — events, their words and other values as canonical JSON (RFC 8785), both ways.
// Reads: bytes it is given. Never: files, clock, random numbers, digests, Foundation.
// Invariant: what decode accepts, encode writes back byte for byte; all else is a CodecError with
// the byte offset. Stored names stand in Wire/WireNames.swift and EventType.swift, once each.
// Start at: EventCodec.encode(_:into:) and decode(_:). Tests: LedgerCodecTests.

public import LedgerDomain

/// Events as leaves: canonical JSON of at most 65,535 bytes (DESIGN §3).
public enum EventCodec {
  /// The longest leaf: an entry bundle counts it in 16 bits (c2sp.org/tlog-tiles).
  public static let leafLimit = 65_535

  /// The leaf of an event; refuses what has no stored form, naming the member.
  public static func encode(_ event: Event) throws(CodecError) -> [UInt8] {
    var buffer = ByteBuffer()
    try encode(event, into: &buffer)
    return buffer.array()
  }

  /// Appends the leaf of an event; on an error the buffer is as it was before.
  public static func encode(
    _ event: borrowing Event, into buffer: inout ByteBuffer
  ) throws(CodecError) {
    let start = buffer.count
    var writer = EventWriter(CanonicalWriter(buffer))
    do throws(CodecError) {
      try write(event, to: &writer)
      let bytes = writer.out.buffer.count - start
      if bytes > leafLimit {
        throw CodecError(offset: start + bytes, reason: .tooLarge(bytes: bytes, limit: leafLimit))
      }
      buffer = writer.release()
    } catch {
      buffer = writer.release()
      buffer.truncate(to: start)
      throw CodecError(offset: error.offset - start, reason: error.reason)
    }
  }

  private static func write(
    _ event: borrowing Event, to writer: inout EventWriter
  ) throws(CodecError) {
    let type = EventType(event.fact)
    if let reason = EventRules.violation(
      type, project: event.project, subject: event.subject, number: event.number,
      revision: event.revision, job: event.job)
    {
      throw CodecError(offset: writer.out.buffer.count, reason: reason)
    }
    try writer.out.beginObject()
    try writer.out.required(Wire.actor, event.actor)
    try writer.out.optional(Wire.cause, event.cause)
    try writer.out.optional(Wire.clock, event.clock)
    let fact = event.fact
    try writer.data(of: event) { writer throws(CodecError) in try writer.fact(fact) }
    try writer.out.optional(Wire.job, event.job)
    try writer.out.optional(Wire.occurred, event.occurred)
    try writer.out.required(Wire.position, event.position)
    try writer.out.optional(Wire.project, event.project)
    try writer.out.optional(Wire.request, event.request)
    try writer.out.optional(Wire.revision, event.revision)
    if let text = event.text {
      writer.out.member(Wire.text)
      writer.out.buffer.append(0x22)
      writer.out.buffer.append(base64url: text)
      writer.out.buffer.append(0x22)
    }
    try writer.out.required(Wire.time, event.time)
    writer.out.member(Wire.type)
    writer.out.word(type.name)
    writer.out.member(Wire.v)
    writer.out.integer(EventType.version(of: fact))
    writer.out.endObject()
  }

  /// The event of a leaf; refuses all that `encode` would not have written, naming the byte.
  public static func decode(_ leaf: UnsafeRawBufferPointer) throws(CodecError) -> Event {
    if leaf.count > leafLimit {
      throw CodecError(
        offset: leafLimit, reason: .tooLarge(bytes: leaf.count, limit: leafLimit))
    }
    // `data` stands before `type`, so the type is looked up from the end and checked in its place.
    guard let tail = LeafTail(leaf) else { throw diagnose(leaf) }
    guard let type = EventType(name: UnsafeRawBufferPointer(rebasing: leaf[tail.type])) else {
      let name = String(decoding: leaf[tail.type], as: UTF8.self)
      throw CodecError(offset: tail.type.lowerBound, reason: .unknownType(name))
    }
    guard (1...type.version).contains(tail.version) else {
      throw CodecError(
        offset: leaf.count - 2,
        reason: .unknownVersion(type: type.name.description, version: tail.version))
    }
    var reader = EventReader(CanonicalReader(leaf), version: tail.version)
    let event = try read(type, from: &reader)
    try reader.input.finish()
    return event
  }

  /// The event of a leaf; refuses all that `encode` would not have written, naming the byte.
  public static func decode(_ leaf: [UInt8]) throws(CodecError) -> Event {
    try leaf.withUnsafeBufferPointer { raw throws(CodecError) in
      try decode(UnsafeRawBufferPointer(raw))
    }
  }

  private static func read(
    _ type: EventType, from reader: inout EventReader
  ) throws(CodecError) -> Event {
    try reader.input.beginObject()
    let actor = try reader.input.required(Wire.actor, as: Actor.self)
    let cause = try reader.input.optional(Wire.cause, as: Position.self)
    let clock = try reader.input.optional(Wire.clock, as: Timestamp.self)
    let fact = try reader.data { reader throws(CodecError) in try reader.fact(type) }
    let job = try reader.input.optional(Wire.job, as: JobID.self)
    let occurred = try reader.input.optional(Wire.occurred, as: Timestamp.self)
    let position = try reader.input.required(Wire.position, as: Position.self)
    let project = try reader.input.optional(Wire.project, as: Name.self)
    let request = try reader.input.optional(Wire.request, as: RequestMark.self)
    let revision = try reader.input.optional(Wire.revision, as: Revision.self)
    let text = reader.input.member(Wire.text) ? try reader.input.textDigest() : nil
    let time = try reader.input.required(Wire.time, as: Timestamp.self)
    try reader.input.required(Wire.type)
    let start = reader.input.offset
    let name = reader.input.bytes(try reader.input.rawString().range)
    guard EventType(name: name) == type else {
      throw reader.input.error(
        .unknownType(String(decoding: name, as: UTF8.self)), at: start)
    }
    try reader.input.required(Wire.v)
    let version = try reader.input.unsigned()
    guard version == reader.version else {
      throw reader.input.error(
        .unknownVersion(type: type.name.description, version: version))
    }
    try reader.input.endObject()
    if let reason = EventRules.violation(
      type, project: project, subject: reader.subject, number: reader.number, revision: revision,
      job: job)
    {
      throw reader.input.error(reason)
    }
    return Event(
      position: position, time: time, clock: clock, occurred: occurred, actor: actor,
      project: project, subject: reader.subject, number: reader.number, revision: revision,
      job: job, cause: cause, request: request, text: text, fact: fact)
  }

  /// Says why bytes that do not end as a leaf are none.
  private static func diagnose(_ leaf: UnsafeRawBufferPointer) -> CodecError {
    var reader = CanonicalReader(leaf)
    var names: [Text] = []
    do throws(CodecError) {
      try reader.members { reader, name throws(CodecError) in
        let known = Wire.envelope.contains { $0.description.utf8.elementsEqual(name.string.utf8) }
        if !known { throw reader.error(.unknownMember(name.string)) }
        names.append(name)
        _ = try reader.value()
      }
      try reader.finish()
    } catch {
      return error
    }
    for needed in [Wire.actor, Wire.data, Wire.position, Wire.time, Wire.type, Wire.v] {
      if !names.contains(Text(needed.description)) {
        return reader.error(.missingMember(needed.description), at: leaf.count - 1)
      }
    }
    return reader.error(
      .expected("a time of 27 characters, a type and a whole number v"), at: leaf.count - 1)
  }
}

/// What the members of an envelope must have to do with each other (DESIGN, the event).
enum EventRules {
  @inline(__always)
  static func violation(
    _ type: EventType, project: Name?, subject: SubjectReference?, number: VersionNumber?,
    revision: Revision?, job: JobID?
  ) -> CodecError.Reason? {
    if type.isExemptFromRevision {
      if revision != nil { return .inconsistent("an event of this type has no revision") }
    } else if (revision == nil) != (subject == nil) {
      return .inconsistent("a subject and a revision stand together")
    }
    if subject != nil {
      if project == nil { return .inconsistent("a subject needs a project") }
    } else {
      if number != nil { return .inconsistent("a version number needs a subject") }
      if type.needsSubject { return .inconsistent("an event of this type needs a subject") }
    }
    if number == nil, type.needsVersion {
      return .inconsistent("an event of this type needs a version number")
    }
    if job == nil, type.needsJob { return .inconsistent("an event of this type needs a job") }
    return nil
  }
}
