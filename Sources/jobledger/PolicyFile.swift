// SPDX-License-Identifier: Apache-2.0
import LedgerConsole
import LedgerDomain
import LedgerRunner
import Yams

/// The policy as a person writes it (YAML), both ways. What a file leaves out has its default.
enum PolicyFile {
  /// Reads a file's bytes; 65 with line and column for what a policy cannot say.
  static func read(_ bytes: [UInt8], file: String) throws -> Policy {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw problem(file, nil, "it is not UTF-8", "save it as UTF-8")
    }
    let root: Node?
    do { root = try Parser(yaml: text).singleRoot() } catch let error as YamlError {
      if case .duplicatedKeysInMapping(let keys, let context) = error,
        let again = RepeatedKey.place(
          of: keys.first ?? "", afterLine: context.mark.line, column: context.mark.column, in: text)
      {
        throw problem("\(file):\(again.line):\(again.column)", error.words, "keep one of them")
      }
      throw problem(file, error.mark, error.words, "correct the YAML there, or just before")
    }
    var reader = PolicyReader(file: file)
    // An empty file is the defaults.
    if let root { try reader.read(root) }
    return reader.policy
  }

  static func problem(
    _ file: String, _ mark: Yams.Mark?, _ what: String, _ next: String
  ) -> Failure {
    problem(mark.map { "\(file):\($0.line):\($0.column)" } ?? file, what, next)
  }

  private static func problem(_ place: String, _ what: String, _ next: String) -> Failure {
    Failure(
      .badInput, code: "policy-malformed", what: "read the policy", on: place, why: what,
      next: next)
  }

  /// Writes the whole policy, so that reading it again gives the same.
  static func write(_ policy: Policy) -> String {
    var thresholds = ""
    var scopes: [Text] = []
    for bound in policy.thresholds where !scopes.contains(bound.scope) {
      scopes.append(bound.scope)
    }
    for scope in scopes {
      let metrics = policy.thresholds.filter { $0.scope == scope }.map { bound in
        let bounds = [
          bound.threshold.min.map { "min: \(number($0))" },
          bound.threshold.max.map { "max: \(number($0))" },
        ].compactMap { $0 }
        return "\(quoted(bound.metric.string)): {\(bounds.joined(separator: ", "))}"
      }
      thresholds += "\n  \(quoted(scope.string)): {\(metrics.joined(separator: ", "))}"
    }
    return """
      claims: \(policy.claims)
      fourEyes: \(policy.fourEyes)
      requireEvaluation: \(policy.requireEvaluation)
      decisionAuth: \(policy.decisionAuth.rawValue)
      signed: [\(policy.signed.map(\.rawValue).joined(separator: ", "))]
      thresholds:\(thresholds.isEmpty ? " {}" : thresholds)
      drift: {psi: \(number(policy.driftPSI))}
      retention: {minimumDays: \(policy.retentionMinimumDays)}

      """ + write(policy.anchors)
  }

  private static func number(_ value: Double) -> String {
    let text = "\(value)"
    return text.utf8.suffix(2).elementsEqual(".0".utf8) ? String(text.dropLast(2)) : text
  }

  /// A key that YAML reads back as it is: bare where it is a plain word, else in double quotes.
  static func quoted(_ text: String) -> String {
    let isWord =
      text.utf8.first.map { ($0 | 32) >= 0x61 && ($0 | 32) <= 0x7A } ?? false
    let isPlain = text.utf8.allSatisfy { byte in
      (byte | 32) >= 0x61 && (byte | 32) <= 0x7A || (0x30...0x39).contains(byte)
        || "._-/".utf8.contains(byte)
    }
    let isReserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
      .contains { $0.utf8.elementsEqual(text.utf8.map { $0 | 32 }) }
    if isWord, isPlain, !isReserved { return text }
    return inQuotes(text)
  }

  /// A text in double quotes.
  static func inQuotes(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let hex = String(scalar.value, radix: 16)
        quoted += "\\x" + (hex.utf8.count == 1 ? "0" : "") + hex
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

/// Walks a policy's YAML; every refusal names the place.
private struct PolicyReader {
  let file: String
  var policy = Policy.default

  mutating func read(_ root: Node) throws {
    for (key, value, mark) in try members(root, "a policy") {
      switch key {
      case "claims": policy.claims = try bool(value, key)
      case "fourEyes": policy.fourEyes = try bool(value, key)
      case "requireEvaluation": policy.requireEvaluation = try bool(value, key)
      case "decisionAuth":
        policy.decisionAuth = try word(
          value, key, [.claimed, .os, .token, .ssh] as [Authentication])
      case "signed":
        guard case .sequence(let items) = value else {
          throw refuse(value.mark, "signed must be a list", "write signed: [approved, rejected]")
        }
        var acts: Set<Policy.SignedAct> = []
        for item in items { acts.insert(try word(item, key, Policy.SignedAct.allCases)) }
        policy.signed = acts.sorted()
      case "thresholds": policy.thresholds = try thresholds(value)
      case "drift":
        for (key, value, mark) in try members(value, "drift") {
          guard key == "psi" else { throw unknown(key, mark, "drift", ["psi"]) }
          policy.driftPSI = try number(value, "drift.psi")
        }
      case "retention":
        for (key, value, mark) in try members(value, "retention") {
          guard key == "minimumDays" else {
            throw unknown(key, mark, "retention", ["minimumDays"])
          }
          guard let days = UInt32(exactly: try number(value, "retention.minimumDays")) else {
            throw refuse(value.mark, "minimumDays must be a whole number", "write minimumDays: 180")
          }
          policy.retentionMinimumDays = days
        }
      case "anchors": policy.anchors = try anchors(value)
      default:
        throw unknown(
          key, mark, "a policy",
          [
            "claims", "fourEyes", "requireEvaluation", "decisionAuth", "signed", "thresholds",
            "drift", "retention", "anchors",
          ])
      }
    }
  }

  private func anchors(_ node: Node) throws -> [Policy.Anchor] {
    guard case .sequence(let items) = node else {
      throw refuse(node.mark, "anchors must be a list", "write - {name: usb, file: /mnt/usb/note}")
    }
    return try items.map { try anchor($0) }
  }

  private func anchor(_ node: Node) throws -> Policy.Anchor {
    var name: Name?
    var ways: [Policy.Anchor.Way] = []
    var (witness, vkey): (Text?, Text?)
    var every: UInt32?
    for (key, value, mark) in try members(node, "an anchor") {
      switch key {
      case "name":
        name = Name(try scalar(value, key))
        if name == nil {
          throw refuse(
            value.mark, "the anchor's name cannot be used", "use letters, digits, '.', '_', '-'")
        }
      case "file": ways.append(.file(Text(try scalar(value, key))))
      case "command": ways.append(.command(try arguments(value, key)))
      case "timestamp": ways.append(try timestamp(value))
      case "witness": witness = Text(try scalar(value, key))
      case "vkey": vkey = Text(try scalar(value, key))
      case "every":
        guard let seconds = PolicyFile.seconds(try scalar(value, key)) else {
          throw refuse(value.mark, "every must be a span of time", "write every: 6h")
        }
        every = seconds
      default:
        throw unknown(
          key, mark, "an anchor",
          ["name", "every", "file", "command", "timestamp", "witness", "vkey"])
      }
    }
    if let witness {
      guard let vkey, PolicyFile.isCosigner(vkey) else {
        throw refuse(
          node.mark, "the witness has no vkey of a cosigner", "add vkey: name+hash+key")
      }
      ways.append(.witness(url: witness, vkey: vkey))
    } else if vkey != nil {
      throw refuse(node.mark, "a vkey is a witness's", "write witness: http://…")
    }
    guard let name, ways.count == 1 else {
      throw refuse(
        node.mark, "an anchor has a name and one way to keep a checkpoint",
        "give it a name and one of file, command, timestamp, witness")
    }
    return Policy.Anchor(name: name, way: ways[0], everySeconds: every)
  }

  private func timestamp(_ node: Node) throws -> Policy.Anchor.Way {
    var sources: [Policy.Anchor.TimestampSource] = []
    var authority: Text?
    for (key, value, mark) in try members(node, "timestamp") {
      switch key {
      case "url": sources.append(.url(Text(try scalar(value, key))))
      case "command": sources.append(.command(try arguments(value, key)))
      case "authority": authority = Text(try scalar(value, key))
      default: throw unknown(key, mark, "timestamp", ["url", "command", "authority"])
      }
    }
    guard let authority, sources.count == 1 else {
      throw refuse(
        node.mark, "a time stamp has a url or a command, and the file of its authority",
        "write timestamp: {url: http://…, authority: tsa-ca.pem}")
    }
    return .timestamp(source: sources[0], authority: authority)
  }

  private func arguments(_ node: Node, _ key: String) throws -> [Text] {
    guard case .sequence(let items) = node, !items.isEmpty else {
      throw refuse(node.mark, "\(key) must be a list of words", "write \(key): [./send, --now]")
    }
    return try items.map { Text(try scalar($0, key)) }
  }

  private func thresholds(_ node: Node) throws -> [Policy.MetricThreshold] {
    var list: [Policy.MetricThreshold] = []
    for (scope, metrics, _) in try members(node, "thresholds") {
      for (metric, bounds, _) in try members(metrics, "the thresholds of \(scope)") {
        var threshold = Policy.Threshold()
        for (key, value, mark) in try members(bounds, "the threshold of \(metric)") {
          switch key {
          case "min": threshold.min = try number(value, "min")
          case "max": threshold.max = try number(value, "max")
          default: throw unknown(key, mark, "a threshold", ["min", "max"])
          }
        }
        if threshold.min == nil, threshold.max == nil {
          throw refuse(
            bounds.mark, "the threshold of \(metric) has no bound", "write {min: 0.9}")
        }
        list.append(
          Policy.MetricThreshold(scope: Text(scope), metric: Text(metric), threshold: threshold))
      }
    }
    return list.sorted { left, right in
      left.scope == right.scope
        ? left.metric.precedes(right.metric) : left.scope.precedes(right.scope)
    }
  }

  private func members(
    _ node: Node, _ what: String
  ) throws -> [(String, Node, Yams.Mark?)] {
    guard case .mapping(let mapping) = node else {
      throw refuse(node.mark, "\(what) must be a mapping", "write key: value")
    }
    var members: [(String, Node, Yams.Mark?)] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else {
        throw refuse(key.mark, "a key must be a word", "write it as text")
      }
      if members.contains(where: { $0.0.utf8.elementsEqual(scalar.string.utf8) }) {
        throw refuse(key.mark, "the key \(scalar.string) appears twice", "keep one of them")
      }
      members.append((scalar.string, value, key.mark))
    }
    return members
  }

  private func scalar(_ node: Node, _ key: String) throws -> String {
    guard case .scalar(let scalar) = node else {
      throw refuse(node.mark, "\(key) must be one value", "write \(key): value")
    }
    return scalar.string
  }

  private func bool(_ node: Node, _ key: String) throws -> Bool {
    switch try scalar(node, key) {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: throw refuse(node.mark, "\(key) must be true or false", "write \(key): true")
    }
  }

  private func number(_ node: Node, _ key: String) throws -> Double {
    guard let value = Double(try scalar(node, key)), value.isFinite else {
      throw refuse(node.mark, "\(key) must be a number", "write it as 0.9")
    }
    return value
  }

  private func word<Word: RawRepresentable<String>>(
    _ node: Node, _ key: String, _ known: [Word]
  ) throws -> Word {
    let text = try scalar(node, key)
    if let word = known.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) { return word }
    throw refuse(
      node.mark, "\(key) cannot be \(text)",
      "it is one of \(known.map(\.rawValue).joined(separator: ", "))")
  }

  private func unknown(
    _ key: String, _ mark: Yams.Mark?, _ what: String, _ known: [String]
  ) -> Failure {
    refuse(mark, "\(what) has no key \(key)", "the keys are \(known.joined(separator: ", "))")
  }

  private func refuse(_ mark: Yams.Mark?, _ what: String, _ next: String) -> Failure {
    PolicyFile.problem(file, mark, what, next)
  }
}

extension YamlError {
  /// Where the YAML breaks off.
  fileprivate var mark: Yams.Mark? {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      mark
    case .duplicatedKeysInMapping(_, let context): context.mark
    default: nil
    }
  }

  /// Why, in words.
  fileprivate var words: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _),
      .composer(_, let problem, _, _), .reader(let problem, _, _, _):
      problem
    case .duplicatedKeysInMapping(let keys, _): "the key \(keys.first ?? "") appears twice"
    default: "it is no YAML"
    }
  }
}
