// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain

// The ledger, its policy, projects and members.

private enum Rule {
  static let claims: UInt64 = 1 << 0
  static let fourEyes: UInt64 = 1 << 1
  static let requireEvaluation: UInt64 = 1 << 2
  static let set: UInt64 = 1 << 3
  static let anchors: UInt64 = 1 << 4
  static let all: UInt64 = 1 << 5 - 1
}

private enum Bound {
  static let min: UInt64 = 1 << 0
  static let max: UInt64 = 1 << 1
  static let all: UInt64 = 1 << 2 - 1
}

/// The one flag of a part with one optional field.
private let isPresent: UInt64 = 1

extension RowWriter {
  mutating func ledger(_ ledger: LedgerState) {
    string(ledger.id)
    text(ledger.origin)
    count(ledger.keys.count)
    for epoch in ledger.keys {
      flags(flag(isPresent, epoch.until != nil))
      text(epoch.vkey)
      if let until = epoch.until { integer(until.value) }
    }
    mark(ledger.created)
  }

  mutating func policy(_ state: PolicyState) {
    let policy = state.policy
    flags(
      flag(Rule.claims, policy.claims) | flag(Rule.fourEyes, policy.fourEyes)
        | flag(Rule.requireEvaluation, policy.requireEvaluation)
        | flag(Rule.set, state.set != nil) | flag(Rule.anchors, !policy.anchors.isEmpty))
    word(policy.decisionAuth)
    count(policy.signed.count)
    for act in policy.signed { word(act) }
    count(policy.thresholds.count)
    for entry in policy.thresholds {
      flags(
        flag(Bound.min, entry.threshold.min != nil) | flag(Bound.max, entry.threshold.max != nil))
      text(entry.scope)
      text(entry.metric)
      if let min = entry.threshold.min { double(min) }
      if let max = entry.threshold.max { double(max) }
    }
    double(policy.driftPSI)
    integer(policy.retentionMinimumDays)
    if !policy.anchors.isEmpty {
      count(policy.anchors.count)
      for anchor in policy.anchors { text(AnchorForm.text(anchor)) }
    }
    if let set = state.set { mark(set) }
  }

  mutating func project(_ project: Project) {
    mark(project.created)
    mark(project.described)
  }

  mutating func member(_ member: Member) {
    count(member.grants.count)
    for grant in member.grants {
      flags(flag(isPresent, grant.project != nil))
      if let project = grant.project { name(project) }
      count(grant.roles.count)
      for role in grant.roles { word(role) }
      word(grant.leastAuth)
      count(grant.keyFingerprints.count)
      for fingerprint in grant.keyFingerprints { text(fingerprint) }
    }
    mark(member.since)
    mark(member.changed)
    count(member.formerKeys.count)
    for fingerprint in member.formerKeys { text(fingerprint) }
  }
}

extension RowReader {
  mutating func ledger() throws(RowError) -> LedgerState {
    let id = try string()
    let origin = try text()
    var keys: [LedgerState.Epoch] = []
    for _ in 0..<(try count(ofAtLeast: 2)) {
      let flags = try flags(isPresent)
      keys.append(
        LedgerState.Epoch(vkey: try text(), until: try flags.has(isPresent) ? size() : nil))
    }
    return LedgerState(id: id, origin: origin, keys: keys, created: try mark())
  }

  mutating func policy() throws(RowError) -> PolicyState {
    let flags = try flags(Rule.all)
    var policy = Policy(
      claims: flags.has(Rule.claims), fourEyes: flags.has(Rule.fourEyes),
      requireEvaluation: flags.has(Rule.requireEvaluation),
      decisionAuth: try word(Authentication.self), signed: try words(Policy.SignedAct.self),
      thresholds: try thresholds(), driftPSI: try double(),
      retentionMinimumDays: try integer32())
    if flags.has(Rule.anchors) { policy.anchors = try anchors() }
    return PolicyState(policy: policy, set: try flags.has(Rule.set) ? mark() : nil)
  }

  private mutating func anchors() throws(RowError) -> [Policy.Anchor] {
    var anchors: [Policy.Anchor] = []
    for _ in 0..<(try count(ofAtLeast: 1)) {
      let start = offset
      guard let anchor = AnchorForm.anchor(try text()) else {
        throw RowError(offset: start, reason: .invalidText)
      }
      anchors.append(anchor)
    }
    guard !anchors.isEmpty else { throw RowError(offset: offset, reason: .redundantValue) }
    return anchors
  }

  private mutating func thresholds() throws(RowError) -> [Policy.MetricThreshold] {
    var thresholds: [Policy.MetricThreshold] = []
    for _ in 0..<(try count(ofAtLeast: 3)) {
      let flags = try flags(Bound.all)
      thresholds.append(
        Policy.MetricThreshold(
          scope: try text(), metric: try text(),
          threshold: Policy.Threshold(
            min: try flags.has(Bound.min) ? double() : nil,
            max: try flags.has(Bound.max) ? double() : nil)))
    }
    return thresholds
  }

  mutating func project(_ name: Name) throws(RowError) -> Project {
    Project(name: name, created: try mark(), described: try mark())
  }

  mutating func member(_ id: ActorID) throws(RowError) -> Member {
    var grants: [Member.Grant] = []
    for _ in 0..<(try count(ofAtLeast: 4)) {
      let flags = try flags(isPresent)
      let project = try flags.has(isPresent) ? name() : nil
      let roles = try words(Role.self)
      let leastAuth = try word(Authentication.self)
      grants.append(
        Member.Grant(
          project: project, roles: roles, leastAuth: leastAuth, keyFingerprints: try texts()))
    }
    return Member(
      id: id, grants: grants, since: try mark(), changed: try mark(), formerKeys: try texts())
  }

  private mutating func texts() throws(RowError) -> [Text] {
    var texts: [Text] = []
    for _ in 0..<(try count(ofAtLeast: 1)) { texts.append(try text()) }
    return texts
  }

  private mutating func words<Word: RowWord>(_ type: Word.Type) throws(RowError) -> [Word] {
    var words: [Word] = []
    for _ in 0..<(try count(ofAtLeast: 1)) { words.append(try word(type)) }
    return words
  }
}

/// An anchor in a row: the canonical JSON that it has in the event.
private enum AnchorForm {
  static func text(_ anchor: Policy.Anchor) -> Text {
    // Strings and whole numbers always have a canonical form.
    Text(String(decoding: (try? CanonicalJSON.encode(anchor.json)) ?? [], as: UTF8.self))
  }

  static func anchor(_ text: Text) -> Policy.Anchor? {
    (try? CanonicalJSON.decode(Array(text.string.utf8))).flatMap { Policy.Anchor(json: $0) }
  }
}
