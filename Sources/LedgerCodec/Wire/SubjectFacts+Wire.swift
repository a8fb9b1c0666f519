// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

extension SubjectDescribed: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.optional(Wire.manifestDigest, manifestDigest)
    try writer.optional(Wire.modelType, modelType)
    try writer.optional(Wire.owner, owner)
    try writer.optional(Wire.reviewBy, reviewBy)
    try writer.optional(Wire.tier, tier)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let manifestDigest = try reader.optional(Wire.manifestDigest, as: Digest.self)
    let modelType = try reader.optional(Wire.modelType, as: Name.self)
    let owner = try reader.optional(Wire.owner, as: ActorID.self)
    let reviewBy = try reader.optional(Wire.reviewBy, as: CalendarDate.self)
    let tier = try reader.optional(Wire.tier, as: Name.self)
    self.init(
      manifestDigest: manifestDigest, modelType: modelType, owner: owner, tier: tier,
      reviewBy: reviewBy)
  }
}

extension VersionMade: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.artifacts, artifacts)
    try writer.optional(Wire.format, format)
    try writer.optional(Wire.parent, parent)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let artifacts = try reader.required(Wire.artifacts, as: FilesDigest.self)
    let format = try reader.optional(Wire.format, as: Name.self)
    let parent = try reader.optional(Wire.parent, as: VersionNumber.self)
    self.init(artifacts: artifacts, format: format, parent: parent)
  }
}

extension VersionEvaluated: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.dataDigest, dataDigest)
    try writer.required(Wire.metrics, MetricsObject(metrics: metrics))
    try writer.optional(Wire.reportDigest, reportDigest)
    try writer.optional(Wire.responsible, responsible)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let dataDigest = try reader.required(Wire.dataDigest, as: Digest.self)
    let metrics = try reader.required(Wire.metrics, as: MetricsObject.self)
    let reportDigest = try reader.optional(Wire.reportDigest, as: Digest.self)
    let responsible = try reader.optional(Wire.responsible, as: ActorID.self)
    self.init(
      metrics: metrics.metrics, dataDigest: dataDigest, reportDigest: reportDigest,
      responsible: responsible)
  }
}

extension StatisticsComputed: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.columns, columns)
    try writer.required(Wire.dataDigest, dataDigest)
    try writer.required(Wire.rows, rows)
    try writer.required(Wire.validation, validation)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let columns = try reader.required(Wire.columns, as: ListDigest.self)
    let dataDigest = try reader.required(Wire.dataDigest, as: Digest.self)
    let rows = try reader.required(Wire.rows, as: UInt64.self)
    let validation = try reader.required(Wire.validation, as: Validation.self)
    self.init(dataDigest: dataDigest, rows: rows, columns: columns, validation: validation)
  }
}

extension Decided: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.artifactsDigest, artifactsDigest)
    try writer.required(Wire.evidence, evidence)
    try writer.required(Wire.exceptions, SortedList(exceptions))
    try writer.signature(signature)
    try writer.optional(Wire.validUntil, validUntil)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let artifactsDigest = try reader.required(Wire.artifactsDigest, as: Digest.self)
    let evidence = try reader.required(Wire.evidence, as: Evidence.self)
    let exceptions = try reader.required(Wire.exceptions, as: SortedList<DecisionException>.self)
    let signature = try reader.signature()
    let validUntil = try reader.optional(Wire.validUntil, as: CalendarDate.self)
    self.init(
      artifactsDigest: artifactsDigest, evidence: evidence, exceptions: exceptions.elements,
      validUntil: validUntil, signature: signature)
  }
}

extension VersionDeployed: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.artifactsDigest, artifactsDigest)
    try writer.required(Wire.decision, decision)
    try writer.required(Wire.deployment, deployment)
    try writer.required(Wire.engine, engine)
    try writer.optional(Wire.replaces, replaces)
    try writer.requireTime(of: signature)
    try writer.signature(signature)
    try writer.required(Wire.target, target)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let artifactsDigest = try reader.required(Wire.artifactsDigest, as: Digest.self)
    let decision = try reader.required(Wire.decision, as: Position.self)
    let deployment = try reader.required(Wire.deployment, as: DeploymentID.self)
    let engine = try reader.required(Wire.engine, as: Engine.self)
    let replaces = try reader.optional(Wire.replaces, as: DeploymentID.self)
    let signature = try reader.signatureIfSecond()
    let target = try reader.required(Wire.target, as: Name.self)
    self.init(
      deployment: deployment, target: target, engine: engine, artifactsDigest: artifactsDigest,
      decision: decision, replaces: replaces, signature: signature)
  }
}

extension DeploymentRetired: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.artifactsDigest, artifactsDigest)
    try writer.required(Wire.deployment, deployment)
    try writer.optional(Wire.lastPrediction, lastPrediction)
    try writer.optional(Wire.replacedBy, replacedBy)
    try writer.signature(signature)
    try writer.required(Wire.target, target)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let artifactsDigest = try reader.required(Wire.artifactsDigest, as: Digest.self)
    let deployment = try reader.required(Wire.deployment, as: DeploymentID.self)
    let lastPrediction = try reader.optional(Wire.lastPrediction, as: Position.self)
    let replacedBy = try reader.optional(Wire.replacedBy, as: DeploymentID.self)
    let signature = try reader.signature()
    let target = try reader.required(Wire.target, as: Name.self)
    self.init(
      deployment: deployment, target: target, artifactsDigest: artifactsDigest,
      replacedBy: replacedBy, lastPrediction: lastPrediction, signature: signature)
  }
}

extension OutputsMade: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.optional(Wire.deployment, deployment)
    try writer.required(Wire.outputs, outputs)
    try writer.optional(Wire.rows, rows)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let deployment = try reader.optional(Wire.deployment, as: DeploymentID.self)
    let outputs = try reader.required(Wire.outputs, as: FilesDigest.self)
    let rows = try reader.optional(Wire.rows, as: UInt64.self)
    self.init(deployment: deployment, rows: rows, outputs: outputs)
  }
}

extension DriftMeasured: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.alert, alert)
    try writer.required(Wire.baseline, baseline)
    try writer.required(Wire.deployment, deployment)
    try writer.optional(Wire.performanceDrift, performanceDrift.map { MetricsObject(metrics: $0) })
    try writer.optional(Wire.predictionDrift, predictionDrift.map { Measure(value: $0) })
    try writer.required(Wire.psi, psi)
    try writer.required(Wire.threshold, threshold)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let alert = try reader.required(Wire.alert, as: Bool.self)
    let baseline = try reader.required(Wire.baseline, as: Position.self)
    let deployment = try reader.required(Wire.deployment, as: DeploymentID.self)
    let performanceDrift = try reader.optional(Wire.performanceDrift, as: MetricsObject.self)
    let predictionDrift = try reader.optional(Wire.predictionDrift, as: Measure.self)
    let psi = try reader.required(Wire.psi, as: DriftMeasured.Columns.self)
    let threshold = try reader.required(Wire.threshold, as: Double.self)
    self.init(
      deployment: deployment, baseline: baseline, psi: psi, predictionDrift: predictionDrift?.value,
      performanceDrift: performanceDrift?.metrics, threshold: threshold, alert: alert)
  }
}

extension AlertAnswered: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.action, action)
    try writer.optional(Wire.deployment, deployment)
    try writer.required(Wire.drift, drift)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let action = try reader.required(Wire.action, as: AlertAction.self)
    let deployment = try reader.optional(Wire.deployment, as: DeploymentID.self)
    let drift = try reader.required(Wire.drift, as: Position.self)
    self.init(drift: drift, deployment: deployment, action: action)
  }
}

extension ChangeAssessed: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.substantial, substantial)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let substantial = try reader.required(Wire.substantial, as: Bool.self)
    self.init(substantial: substantial)
  }
}

extension NoteAdded: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.on, on)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let on = try reader.required(Wire.on, as: Text.self)
    self.init(on: on)
  }
}

extension ScheduleCreated: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.cron, cron)
    try writer.required(Wire.deployment, deployment)
    try writer.required(Wire.kind, kind)
    try writer.required(Wire.owner, owner)
    try writer.required(Wire.policy, policy)
    try writer.required(Wire.schedule, schedule)
    try writer.required(Wire.zone, zone)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let cron = try reader.required(Wire.cron, as: Text.self)
    let deployment = try reader.required(Wire.deployment, as: DeploymentID.self)
    let kind = try reader.required(Wire.kind, as: JobKind.self)
    let owner = try reader.required(Wire.owner, as: ActorID.self)
    let policy = try reader.required(Wire.policy, as: MissedPolicy.self)
    let schedule = try reader.required(Wire.schedule, as: Name.self)
    let zone = try reader.required(Wire.zone, as: Text.self)
    self.init(
      schedule: schedule, cron: cron, zone: zone, kind: kind, deployment: deployment, owner: owner,
      policy: policy)
  }
}

extension ScheduleRemoved: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.schedule, schedule)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let schedule = try reader.required(Wire.schedule, as: Name.self)
    self.init(schedule: schedule)
  }
}

extension ScheduleMissed: WireFact {
  func write(_ writer: inout EventWriter) throws(CodecError) {
    try writer.required(Wire.count, count)
    try writer.required(Wire.nominalTime, nominalTime)
    try writer.required(Wire.schedule, schedule)
  }

  init(from reader: inout EventReader) throws(CodecError) {
    let count = try reader.required(Wire.count, as: UInt64.self)
    let nominalTime = try reader.required(Wire.nominalTime, as: Timestamp.self)
    let schedule = try reader.required(Wire.schedule, as: Name.self)
    self.init(schedule: schedule, nominalTime: nominalTime, count: count)
  }
}

extension Evidence: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    try writer.beginObject()
    try writer.required(Wire.dataDigests, dataDigests)
    try writer.required(Wire.evaluations, evaluations)
    try writer.required(Wire.metrics, MetricsObject(metrics: metrics))
    try writer.required(Wire.seen, seen)
    try writer.required(Wire.shown, shown)
    writer.endObject()
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Evidence {
    try reader.beginObject()
    let dataDigests = try reader.required(Wire.dataDigests, as: [Digest].self)
    let evaluations = try reader.required(Wire.evaluations, as: [Position].self)
    let metrics = try reader.required(Wire.metrics, as: MetricsObject.self).metrics
    let seen = try reader.required(Wire.seen, as: LedgerSize.self)
    let shown = try reader.required(Wire.shown, as: Bool.self)
    try reader.endObject()
    return Evidence(
      evaluations: evaluations, dataDigests: dataDigests, metrics: metrics, seen: seen,
      shown: shown)
  }
}

extension DriftMeasured.Columns: WireValue {
  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    switch self {
    case .inline(let metrics): try MetricsObject(metrics: metrics).write(&writer, member)
    case .list(let list): try list.write(&writer, member)
    }
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> DriftMeasured.Columns {
    // A digest is no measure, so at most one of the two forms reads.
    var attempt = reader
    do throws(CodecError) {
      let list = try ListDigest.read(&attempt, member)
      reader = attempt
      return .list(list)
    } catch {
      return .inline(try MetricsObject.read(&reader, member).metrics)
    }
  }
}
