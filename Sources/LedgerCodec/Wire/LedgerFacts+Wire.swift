// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

extension LedgerCreated: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.format, format)
    try writer.required(Wire.id, HexDigits<LedgerIDLength>(id))
    try writer.required(Wire.origin, origin)
    try writer.required(Wire.tool, tool)
    try writer.required(Wire.vkey, vkey)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let format = try reader.required(Wire.format, as: UInt32.self)
    let id = try reader.required(Wire.id, as: HexDigits<LedgerIDLength>.self)
    let origin = try reader.required(Wire.origin, as: Text.self)
    let tool = try reader.required(Wire.tool, as: Text.self)
    let vkey = try reader.required(Wire.vkey, as: Text.self)
    self.init(id: id.string, origin: origin, vkey: vkey, format: format, tool: tool)
  }
}

extension KeyRotated: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.new, new)
    try writer.required(Wire.newSignature, newSignature)
    try writer.required(Wire.old, old)
    try writer.required(Wire.oldSignature, oldSignature)
    try writer.required(Wire.root, root)
    try writer.required(Wire.size, size)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let new = try reader.required(Wire.new, as: Text.self)
    let newSignature = try reader.required(Wire.newSignature, as: Text.self)
    let old = try reader.required(Wire.old, as: Text.self)
    let oldSignature = try reader.required(Wire.oldSignature, as: Text.self)
    let root = try reader.required(Wire.root, as: Digest.self)
    let size = try reader.required(Wire.size, as: LedgerSize.self)
    self.init(
      old: old, new: new, size: size, root: root, oldSignature: oldSignature,
      newSignature: newSignature)
  }
}

extension LedgerRestored: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.root, root)
    try writer.required(Wire.size, size)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let root = try reader.required(Wire.root, as: Digest.self)
    let size = try reader.required(Wire.size, as: LedgerSize.self)
    self.init(size: size, root: root)
  }
}

extension ClockCorrected: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.from, from)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let from = try reader.required(Wire.from, as: Timestamp.self)
    self.init(from: from)
  }
}

extension LedgerUpgraded: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.reducers, reducers)
    try writer.required(Wire.tool, tool)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let reducers = try reader.required(Wire.reducers, as: UInt32.self)
    let tool = try reader.required(Wire.tool, as: Text.self)
    self.init(tool: tool, reducers: reducers)
  }
}

extension ProjectNamed: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.name, name)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let name = try reader.required(Wire.name, as: Name.self)
    self.init(name: name)
  }
}

extension MemberGranted: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.keyFingerprints, SortedList(keyFingerprints))
    try writer.required(Wire.leastAuth, leastAuth)
    try writer.required(Wire.member, member)
    try writer.required(Wire.roles, SortedList(roles))
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let keyFingerprints = try reader.required(Wire.keyFingerprints, as: SortedList<Text>.self)
    let leastAuth = try reader.required(Wire.leastAuth, as: Authentication.self)
    let member = try reader.required(Wire.member, as: ActorID.self)
    let roles = try reader.required(Wire.roles, as: SortedList<Role>.self)
    self.init(
      member: member, roles: roles.elements, leastAuth: leastAuth,
      keyFingerprints: keyFingerprints.elements)
  }
}

extension MemberRevoked: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.member, member)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let member = try reader.required(Wire.member, as: ActorID.self)
    self.init(member: member)
  }
}

extension CommandRefused: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.command, PlainWord(command))
    try writer.required(Wire.count, count)
    try writer.required(Wire.rule, PlainWord(rule))
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let command = try reader.required(Wire.command, as: PlainWord.self)
    let count = try reader.required(Wire.count, as: UInt32.self)
    let rule = try reader.required(Wire.rule, as: PlainWord.self)
    self.init(command: command.string, rule: rule.string, count: count)
  }
}

extension TextErased: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.basis, basis)
    try writer.required(Wire.ranges, ErasureRanges(ranges: ranges))
    try writer.signature(signature)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let basis = try reader.required(Wire.basis, as: ErasureBasis.self)
    let ranges = try reader.required(Wire.ranges, as: ErasureRanges.self)
    let signature = try reader.signature()
    self.init(ranges: ranges.ranges, basis: basis, signature: signature)
  }
}

extension ArtifactErased: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.basis, basis)
    try writer.required(Wire.digests, digests)
    try writer.signature(signature)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let basis = try reader.required(Wire.basis, as: ErasureBasis.self)
    let digests = try reader.required(Wire.digests, as: [Digest].self)
    let signature = try reader.signature()
    self.init(digests: digests, basis: basis, signature: signature)
  }
}

extension HoldScope: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.scope, scope)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let scope = try reader.required(Wire.scope, as: Text.self)
    self.init(scope: scope)
  }
}

extension ReportExported: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.digest, digest)
    try writer.required(Wire.range, range)
    try writer.required(Wire.report, PlainWord(report))
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let digest = try reader.required(Wire.digest, as: Digest.self)
    let range = try reader.required(Wire.range, as: PositionRange.self)
    let report = try reader.required(Wire.report, as: PlainWord.self)
    self.init(report: report.string, range: range, digest: digest)
  }
}

/// At most 1,000 ranges of positions.
struct ErasureRanges: WireValue {
  private static let limit = 1000
  private static let form = "at most 1000 ranges"
  var ranges: [PositionRange]

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    guard ranges.count <= Self.limit else { throw writer.refusal(member, Self.form) }
    try ranges.write(&writer, member)
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> ErasureRanges {
    let start = reader.offset
    let ranges = try [PositionRange].read(&reader, member)
    guard ranges.count <= limit else { throw reader.refusal(member, form, at: start) }
    return ErasureRanges(ranges: ranges)
  }
}
