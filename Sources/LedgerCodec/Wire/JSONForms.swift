// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

// Values that documents show in the very form in which leaves hold them.

extension JSONObject {
  /// Adds a member, unless there is no value.
  fileprivate mutating func add(_ name: StaticString, _ value: JSONValue?) {
    if let value { self[Text(name.description)] = value }
  }
}

extension Actor {
  /// The actor as a leaf holds it.
  public var json: JSONValue {
    var object = JSONObject()
    object.add(Wire.auth, .string(authentication.rawValue))
    object.add(Wire.for, actsFor.map { .string($0.string) })
    object.add(Wire.host, host.map { .string($0) })
    object.add(Wire.id, .string(id.string))
    object.add(Wire.os, os?.json)
    if let via {
      var service = JSONObject()
      service.add(Wire.host, .string(via.host))
      service.add(Wire.os, via.os.json)
      object.add(Wire.via, .object(service))
    }
    return .object(object)
  }
}

extension OSUser {
  fileprivate var json: JSONValue {
    var object = JSONObject()
    object.add(Wire.login, login.map { .string($0) })
    object.add(Wire.uid, .integer(uid))
    return .object(object)
  }
}

extension SubjectReference {
  /// The subject as a leaf's data holds it.
  public var json: JSONValue {
    var object = JSONObject()
    object.add(Wire.kind, .string(kind.rawValue))
    object.add(Wire.name, .string(name.string))
    return .object(object)
  }
}

extension Metric {
  /// The value as a leaf holds it: a number, or a word for what JSON has no number for.
  public var json: JSONValue {
    if value.isNaN { return .string(Wire.nan.description) }
    if value.isInfinite {
      return .string((value > 0 ? Wire.infinity : Wire.negativeInfinity).description)
    }
    return .number(value)
  }

  /// Metrics as a leaf holds them: an object of values by name.
  public static func json(_ metrics: [Metric]) -> JSONValue {
    var object = JSONObject()
    for metric in metrics { object[metric.name] = metric.json }
    return .object(object)
  }
}

extension LineCounts {
  /// The counts as a leaf holds them.
  public var json: JSONValue {
    var object = JSONObject()
    object.add(Wire.debug, .integer(debug))
    object.add(Wire.error, .integer(error))
    object.add(Wire.info, .integer(info))
    object.add(Wire.warning, .integer(warning))
    return .object(object)
  }
}

extension Evidence {
  /// The evidence as a leaf holds it.
  public var json: JSONValue {
    var object = JSONObject()
    object.add(Wire.dataDigests, .array(dataDigests.map { .string($0.description) }))
    object.add(Wire.evaluations, .array(evaluations.map { .integer($0.value) }))
    object.add(Wire.metrics, Metric.json(metrics))
    object.add(Wire.seen, .integer(seen.value))
    object.add(Wire.shown, .bool(shown))
    return .object(object)
  }
}

extension Policy {
  /// The rules as a leaf holds them.
  public var json: JSONObject {
    var object = JSONObject()
    if !anchors.isEmpty { object.add(Wire.anchors, .array(anchors.map(\.json))) }
    object.add(Wire.claims, .bool(claims))
    object.add(Wire.decisionAuth, .string(decisionAuth.rawValue))
    var drift = JSONObject()
    drift.add(Wire.psi, .number(driftPSI))
    object.add(Wire.drift, .object(drift))
    object.add(Wire.fourEyes, .bool(fourEyes))
    object.add(Wire.requireEvaluation, .bool(requireEvaluation))
    var retention = JSONObject()
    retention.add(Wire.minimumDays, .integer(retentionMinimumDays))
    object.add(Wire.retention, .object(retention))
    object.add(Wire.signed, .array(signed.map { .string($0.rawValue) }))
    var scopes = JSONObject()
    for threshold in thresholds {
      var metrics = scopes[threshold.scope]?.object ?? JSONObject()
      var bounds = JSONObject()
      bounds.add(Wire.max, threshold.threshold.max.map { .number($0) })
      bounds.add(Wire.min, threshold.threshold.min.map { .number($0) })
      metrics[threshold.metric] = .object(bounds)
      scopes[threshold.scope] = .object(metrics)
    }
    object.add(Wire.thresholds, .object(scopes))
    return object
  }
}
