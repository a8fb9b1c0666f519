// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

extension PolicySet: WireFact {
  /// A policy stands inline and must leave room for the rest of the leaf (DESIGN, event types).
  static let byteLimit = 32_768

  func write(_ writer: inout EventWriter) throws(CodecError) {
    let start = writer.out.buffer.count
    let policy = self.policy
    try writer.requireTime(of: signature)
    if !policy.anchors.isEmpty {
      try writer.required(Wire.anchors, Anchors(list: policy.anchors))
    }
    try writer.required(Wire.claims, policy.claims)
    try writer.required(Wire.decisionAuth, policy.decisionAuth)
    try writer.required(Wire.drift, DriftRule(psi: policy.driftPSI))
    try writer.required(Wire.fourEyes, policy.fourEyes)
    try writer.required(Wire.requireEvaluation, policy.requireEvaluation)
    try writer.required(Wire.retention, RetentionRule(minimumDays: policy.retentionMinimumDays))
    try writer.optional(Wire.signature, signature?.armored)
    try writer.required(Wire.signed, SortedList(policy.signed))
    try writer.optional(Wire.signedAt, signature?.signedAt)
    try writer.required(Wire.thresholds, Thresholds(list: policy.thresholds))
    let bytes = writer.out.buffer.count - start
    if bytes > Self.byteLimit {
      throw CodecError(
        offset: writer.out.buffer.count, reason: .tooLarge(bytes: bytes, limit: Self.byteLimit))
    }
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let start = reader.input.offset
    // Version 3 is version 1 or 2 with anchors; without them an event is written as those are.
    let anchors =
      reader.version == 3 ? try reader.required(Wire.anchors, as: Anchors.self).list : []
    let claims = try reader.required(Wire.claims, as: Bool.self)
    let decisionAuth = try reader.required(Wire.decisionAuth, as: Authentication.self)
    let drift = try reader.required(Wire.drift, as: DriftRule.self)
    let fourEyes = try reader.required(Wire.fourEyes, as: Bool.self)
    let requireEvaluation = try reader.required(Wire.requireEvaluation, as: Bool.self)
    let retention = try reader.required(Wire.retention, as: RetentionRule.self)
    let armored =
      reader.version == 3
      ? try reader.optional(Wire.signature, as: Text.self)
      : try reader.secondVersion(Wire.signature, as: Text.self)
    let signed = try reader.required(Wire.signed, as: SortedList<Policy.SignedAct>.self)
    let signedAt =
      armored == nil ? nil : try reader.required(Wire.signedAt, as: Timestamp.self)
    let thresholds = try reader.required(Wire.thresholds, as: Thresholds.self)
    let bytes = reader.input.offset - start
    if bytes > Self.byteLimit {
      throw reader.input.error(.tooLarge(bytes: bytes, limit: Self.byteLimit))
    }
    self.init(
      Policy(
        claims: claims, fourEyes: fourEyes, requireEvaluation: requireEvaluation,
        decisionAuth: decisionAuth, signed: signed.elements, thresholds: thresholds.list,
        driftPSI: drift.psi, retentionMinimumDays: retention.minimumDays, anchors: anchors),
      signature: armored.map { Signature(armored: $0, signedAt: signedAt) })
  }
}

/// The member `drift` of a policy.
private struct DriftRule: WireValue {
  var psi: Double

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.required(Wire.psi, psi)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> DriftRule {
    try reader.beginObject()
    let psi = try reader.required(Wire.psi, as: Double.self)
    try reader.endObject()
    return DriftRule(psi: psi)
  }
}

/// The member `retention` of a policy.
private struct RetentionRule: WireValue {
  var minimumDays: UInt32

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.required(Wire.minimumDays, minimumDays)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> RetentionRule {
    try reader.beginObject()
    let minimumDays = try reader.required(Wire.minimumDays, as: UInt32.self)
    try reader.endObject()
    return RetentionRule(minimumDays: minimumDays)
  }
}

/// The member `thresholds` of a policy: an object of scopes, each an object of metrics.
private struct Thresholds: WireValue {
  private static let form = "sorted by scope and metric, each pair once"
  var list: [Policy.MetricThreshold]

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    var index = 0
    while index < list.count {
      let scope = list[index].scope
      if index > 0, !list[index - 1].scope.precedes(scope) {
        throw writer.refusal(member, Self.form)
      }
      writer.member(scope)
      try writer.beginObject()
      let first = index
      while index < list.count, list[index].scope == scope {
        let next = list[index]
        if index > first, !list[index - 1].metric.precedes(next.metric) {
          throw writer.refusal(member, Self.form)
        }
        writer.member(next.metric)
        try writer.beginObject()
        try writer.optional(Wire.max, next.threshold.max)
        try writer.optional(Wire.min, next.threshold.min)
        writer.endObject()
        index += 1
      }
      writer.endObject()
    }
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Thresholds {
    var list: [Policy.MetricThreshold] = []
    try reader.members { reader, scope throws(CodecError) in
      let start = reader.offset
      let before = list.count
      try reader.members { reader, metric throws(CodecError) in
        try reader.beginObject()
        let max = try reader.optional(Wire.max, as: Double.self)
        let min = try reader.optional(Wire.min, as: Double.self)
        try reader.endObject()
        list.append(
          Policy.MetricThreshold(
            scope: scope, metric: metric, threshold: Policy.Threshold(min: min, max: max)))
      }
      if list.count == before {
        throw reader.refusal(member, "scopes with at least one metric", at: start)
      }
    }
    return Thresholds(list: list)
  }
}
