// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

// Objects and arrays that stand as one member.

extension CanonicalWriter {
  /// Writes a member of an object inside data.
  @inline(__always)
  mutating func required<Value: WireValue>(
    _ name: StaticString, _ value: Value
  ) throws(CodecError) {
    member(name)
    try value.write(&self, name)
  }

  /// Writes a member of an object inside data, where there is a value.
  @inline(__always)
  mutating func optional<Value: WireValue>(
    _ name: StaticString, _ value: Value?
  ) throws(CodecError) {
    if let value { try required(name, value) }
  }
}

extension CanonicalReader {
  /// Reads a member of an object inside data.
  @inline(__always)
  mutating func required<Value: WireValue>(
    _ name: StaticString, as type: Value.Type = Value.self
  ) throws(CodecError) -> Value {
    try required(name)
    return try Value.read(&self, name)
  }

  /// Reads a member of an object inside data, where it stands.
  @inline(__always)
  mutating func optional<Value: WireValue>(
    _ name: StaticString, as type: Value.Type = Value.self
  ) throws(CodecError) -> Value? {
    member(name) ? try Value.read(&self, name) : nil
  }
}

extension Array: WireValue where Element: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginArray()
    for value in self {
      writer.element()
      try value.write(&writer, member)
    }
    writer.endArray()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> [Element] {
    var values: [Element] = []
    try reader.elements { reader throws(CodecError) in
      values.append(try Element.read(&reader, member))
    }
    return values
  }
}

extension SubjectReference: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.required(Wire.kind, kind)
    try writer.required(Wire.name, name)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> SubjectReference {
    try reader.beginObject()
    let kind = try reader.required(Wire.kind, as: SubjectKind.self)
    let name = try reader.required(Wire.name, as: Name.self)
    try reader.endObject()
    return SubjectReference(kind: kind, name: name)
  }
}

extension Actor: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.required(Wire.auth, authentication)
    try writer.optional(Wire.for, actsFor)
    try writer.optional(Wire.host, host)
    try writer.required(Wire.id, id)
    try writer.optional(Wire.os, os)
    try writer.optional(Wire.via, via)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Actor {
    try reader.beginObject()
    let authentication = try reader.required(Wire.auth, as: Authentication.self)
    let actsFor = try reader.optional(Wire.for, as: ActorID.self)
    let host = try reader.optional(Wire.host, as: Text.self)
    let id = try reader.required(Wire.id, as: ActorID.self)
    let os = try reader.optional(Wire.os, as: OSUser.self)
    let via = try reader.optional(Wire.via, as: ServiceVia.self)
    try reader.endObject()
    return Actor(
      id: id, authentication: authentication, host: host, os: os, actsFor: actsFor, via: via)
  }
}

extension OSUser: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.optional(Wire.login, login)
    try writer.required(Wire.uid, uid)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> OSUser {
    try reader.beginObject()
    let login = try reader.optional(Wire.login, as: Text.self)
    let uid = try reader.required(Wire.uid, as: UInt32.self)
    try reader.endObject()
    return OSUser(login: login, uid: uid)
  }
}

extension ServiceVia: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.required(Wire.host, host)
    try writer.required(Wire.os, os)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> ServiceVia {
    try reader.beginObject()
    let host = try reader.required(Wire.host, as: Text.self)
    let os = try reader.required(Wire.os, as: OSUser.self)
    try reader.endObject()
    return ServiceVia(host: host, os: os)
  }
}

extension RequestMark: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.required(Wire.digest, digest)
    try writer.required(Wire.key, key)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> RequestMark {
    try reader.beginObject()
    let digest = try reader.required(Wire.digest, as: Digest.self)
    let key = try reader.required(Wire.key, as: RequestKey.self)
    try reader.endObject()
    return RequestMark(key: key, digest: digest)
  }
}

extension ListDigest: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.required(Wire.count, count)
    try writer.required(Wire.digest, digest)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> ListDigest {
    try reader.beginObject()
    let count = try reader.required(Wire.count, as: UInt64.self)
    let digest = try reader.required(Wire.digest, as: Digest.self)
    try reader.endObject()
    return ListDigest(count: count, digest: digest)
  }
}

extension FilesDigest: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.required(Wire.bytes, bytes)
    try writer.required(Wire.count, count)
    try writer.required(Wire.digest, digest)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> FilesDigest {
    try reader.beginObject()
    let bytes = try reader.required(Wire.bytes, as: UInt64.self)
    let count = try reader.required(Wire.count, as: UInt64.self)
    let digest = try reader.required(Wire.digest, as: Digest.self)
    try reader.endObject()
    return FilesDigest(count: count, bytes: bytes, digest: digest)
  }
}

extension PositionRange: WireValue {
  private static let form = "[from, to] with from not after to"

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    if to < from { throw writer.refusal(member, Self.form) }
    try [from, to].write(&writer, member)
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> PositionRange {
    let start = reader.offset
    let ends = try [Position].read(&reader, member)
    guard ends.count == 2, ends[0] <= ends[1] else {
      throw reader.refusal(member, form, at: start)
    }
    return PositionRange(from: ends[0], to: ends[1])
  }
}

extension LineCounts: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.required(Wire.debug, debug)
    try writer.required(Wire.error, error)
    try writer.required(Wire.info, info)
    try writer.required(Wire.warning, warning)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> LineCounts {
    try reader.beginObject()
    let debug = try reader.required(Wire.debug, as: UInt64.self)
    let error = try reader.required(Wire.error, as: UInt64.self)
    let info = try reader.required(Wire.info, as: UInt64.self)
    let warning = try reader.required(Wire.warning, as: UInt64.self)
    try reader.endObject()
    return LineCounts(debug: debug, info: info, warning: warning, error: error)
  }
}
