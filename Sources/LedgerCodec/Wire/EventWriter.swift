// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// Writes the members of one event; `number` and `subject` slip into data at their sorted places.
struct EventWriter: ~Copyable {
  var out: CanonicalWriter
  private var number: VersionNumber?
  private var subject: SubjectReference?

  init(_ out: consuming CanonicalWriter) { self.out = out }

  /// Gives the buffer back, whatever was left open.
  consuming func release() -> ByteBuffer { out.release() }

  /// Writes data around the members of a fact.
  mutating func data(
    of event: borrowing Event, _ body: (inout EventWriter) throws(CodecError) -> Void
  ) throws(CodecError) {
    out.member(Wire.data)
    try out.beginObject()
    number = event.number
    subject = event.subject
    try body(&self)
    try writeNumber()
    try writeSubject()
    out.endObject()
  }

  /// Begins a member whose value the caller writes to `out`.
  @inline(__always)
  mutating func member(_ name: StaticString) throws(CodecError) {
    if out.depth == 2 {
      if number != nil, Self.follows(name, Wire.number) { try writeNumber() }
      if subject != nil, Self.follows(name, Wire.subject) {
        try writeNumber()
        try writeSubject()
      }
    }
    out.member(name)
  }

  /// Writes a member that the event always has.
  @inline(__always)
  mutating func required<Value: WireValue>(
    _ name: StaticString, _ value: Value
  ) throws(CodecError) {
    try member(name)
    try value.write(&out, name)
  }

  /// Writes a member that the event may have.
  @inline(__always)
  mutating func optional<Value: WireValue>(
    _ name: StaticString, _ value: Value?
  ) throws(CodecError) {
    if let value { try required(name, value) }
  }

  private mutating func writeNumber() throws(CodecError) {
    guard let number else { return }
    self.number = nil
    out.member(Wire.number)
    try number.write(&out, Wire.number)
  }

  private mutating func writeSubject() throws(CodecError) {
    guard let subject else { return }
    self.subject = nil
    out.member(Wire.subject)
    try subject.write(&out, Wire.subject)
  }

  /// Whether `name` comes after `other`, both being ASCII.
  @inline(__always)
  static func follows(_ name: StaticString, _ other: StaticString) -> Bool {
    let left = name.utf8Start
    let right = other.utf8Start
    if left[0] != right[0] { return left[0] > right[0] }
    let leftCount = name.utf8CodeUnitCount
    let rightCount = other.utf8CodeUnitCount
    var at = 1
    while at < leftCount, at < rightCount {
      if left[at] != right[at] { return left[at] > right[at] }
      at += 1
    }
    return leftCount > rightCount
  }
}

/// Reads the members of one event; `number` and `subject` are taken from data at their places.
struct EventReader {
  var input: CanonicalReader
  private(set) var number: VersionNumber?
  private(set) var subject: SubjectReference?
  private var isInData = false
  private var passedNumber = false
  private var passedSubject = false

  /// The version `v` of the event.
  let version: UInt64

  init(_ input: CanonicalReader, version: UInt64) {
    self.input = input
    self.version = version
  }

  /// Reads data around the members of a fact.
  mutating func data<Value>(
    _ body: (inout EventReader) throws(CodecError) -> Value
  ) throws(CodecError) -> Value {
    try input.required(Wire.data)
    try input.beginObject()
    isInData = true
    let value = try body(&self)
    try readNumber()
    try readSubject()
    isInData = false
    try input.endObject()
    return value
  }

  /// Whether the member stands next; steps over its name where it does.
  @inline(__always)
  mutating func member(_ name: StaticString) throws(CodecError) -> Bool {
    if isInData, input.depth == 2 {
      if !passedNumber, EventWriter.follows(name, Wire.number) { try readNumber() }
      if !passedSubject, EventWriter.follows(name, Wire.subject) { try readSubject() }
    }
    return input.member(name)
  }

  /// Reads a member that the event always has.
  @inline(__always)
  mutating func required<Value: WireValue>(
    _ name: StaticString, as type: Value.Type = Value.self
  ) throws(CodecError) -> Value {
    guard try member(name) else { throw input.error(.missingMember(name.description)) }
    return try Value.read(&input, name)
  }

  /// Reads a member that the event may have.
  @inline(__always)
  mutating func optional<Value: WireValue>(
    _ name: StaticString, as type: Value.Type = Value.self
  ) throws(CodecError) -> Value? {
    try member(name) ? try Value.read(&input, name) : nil
  }

  private mutating func readNumber() throws(CodecError) {
    if passedNumber { return }
    passedNumber = true
    if input.member(Wire.number) { number = try VersionNumber.read(&input, Wire.number) }
  }

  private mutating func readSubject() throws(CodecError) {
    if passedSubject { return }
    passedSubject = true
    if input.member(Wire.subject) { subject = try SubjectReference.read(&input, Wire.subject) }
  }
}
