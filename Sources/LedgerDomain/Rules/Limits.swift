// SPDX-License-Identifier: Apache-2.0

/// What words and lists must be before they become part of an event.
enum Limits {
  /// The greatest size of one text that a person writes, in UTF-8 bytes.
  static let textBytes = 16_384

  /// Refuses a reason without a visible character (rules 2 and 4), or one that is a book.
  static func requireReason(_ reason: Text?) throws(Refusal) {
    guard let reason, !reason.isBlank else { throw .reasonBlank }
    try requireLength(reason)
  }

  /// Refuses words of a person that are too long.
  static func require(_ text: EventText) throws(Refusal) {
    for case .string(let words) in text.values.values { try requireLength(words) }
  }

  private static func requireLength(_ text: Text) throws(Refusal) {
    guard text.string.utf8.count <= textBytes else {
      throw .invalid("a text has at most \(textBytes) bytes")
    }
  }

  /// Refuses metrics that are too many, out of order, or named twice.
  static func require(_ metrics: [Metric]) throws(Refusal) {
    guard metrics.count <= 64 else { throw .invalid("at most 64 metrics are recorded") }
    for (left, right) in zip(metrics, metrics.dropFirst()) {
      guard left.name.precedes(right.name) else {
        throw .invalid("metrics are sorted by name, each once")
      }
    }
  }

  /// Refuses a commit that is no hexadecimal name of one: words do not belong in a leaf.
  static func requireCommit(_ commit: String?) throws(Refusal) {
    guard let bytes = commit?.utf8 else { return }
    guard bytes.count == 40 || bytes.count == 64,
      bytes.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { throw .invalid("a commit is 40 or 64 lower-case hexadecimal digits") }
  }
}

extension Policy {
  /// The same rules in the one order that they are stored in; refused when they contradict.
  func canonical() throws(Refusal) -> Policy {
    var policy = self
    policy.signed = Set(signed).sorted()
    policy.thresholds.sort { left, right in
      left.scope == right.scope
        ? left.metric.precedes(right.metric) : left.scope.precedes(right.scope)
    }
    for (left, right) in zip(policy.thresholds, policy.thresholds.dropFirst())
    where left.scope == right.scope && left.metric == right.metric {
      throw .invalid("a threshold for one metric of one scope is set twice")
    }
    for bound in thresholds {
      try bound.threshold.check()
      guard bound.scope.isThresholdScope else {
        throw .invalid("a threshold is for a project, a subject, or project/subject")
      }
      guard !bound.metric.isBlank else { throw .invalid("a threshold names its metric") }
    }
    guard decisionAuth != .system else {
      throw .invalid("the least authentication of decisions is claimed, os, token or ssh")
    }
    guard driftPSI.isFinite, driftPSI > 0 else {
      throw .invalid("the threshold of drift is a number above zero")
    }
    guard Set(anchors.map(\.name)).count == anchors.count, anchors.count <= 32 else {
      throw .invalid("there are at most 32 anchors, each with a name of its own")
    }
    for anchor in anchors { try anchor.check() }
    return policy
  }
}

extension Policy.Threshold {
  fileprivate func check() throws(Refusal) {
    guard min != nil || max != nil else { throw .invalid("a threshold has a min, a max or both") }
    guard min?.isFinite ?? true, max?.isFinite ?? true else {
      throw .invalid("a threshold is a finite number")
    }
    if let min, let max, min > max { throw .invalid("a threshold's min is above its max") }
  }
}

extension Text {
  fileprivate var isThresholdScope: Bool {
    let parts = string.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
    return parts.count <= 2 && parts.allSatisfy { Name(Substring($0)) != nil }
  }
}
