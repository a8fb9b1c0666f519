// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import Transparency

/// What a verification did and found.
public struct AuditReport: Equatable, Sendable {
  /// A checkpoint that was compared with the log.
  public struct ComparedCheckpoint: Equatable, Sendable {
    /// Its size.
    public var size: LedgerSize
    /// Its root.
    public var root: MerkleHash
    /// Whether the log's key signed it and the log's first events are those that it signed.
    public var isGood: Bool
    /// The fingerprint of the key that signed it; nil when it is not the ledger's, or not trusted.
    public var signer: String?
    /// Whether the right key signed it, and the log's first events hash to another root.
    var isContradicted = false
    /// Gathers the members.
    public init(size: LedgerSize, root: MerkleHash, isGood: Bool) {
      self.size = size
      self.root = root
      self.isGood = isGood
    }
  }

  /// How much of each thing was looked at.
  public struct Checked: Equatable, Sendable {
    /// Events read, decoded and hashed.
    public var events: UInt64 = 0
    /// Texts compared with their digests.
    public var texts: UInt64 = 0
    /// Signatures of persons, against the keys that they had.
    public var signatures: UInt64 = 0
    /// Stored nodes of the tree.
    public var nodes: UInt64 = 0
    /// Entries of the indexes, those of the logs and the request keys included.
    public var entries: UInt64 = 0
    /// Rows of the views, rebuilt and compared.
    public var rows: UInt64 = 0
    /// Signed checkpoints.
    public var checkpoints: UInt64 = 0
    /// Receipts of anchors.
    public var receipts: UInt64 = 0
    /// Stored files and lists.
    public var artifacts: UInt64 = 0

    /// Nothing yet.
    public init() {}

    mutating func add(_ other: Checked) {
      for (_, path) in Checked.names { self[keyPath: path] += other[keyPath: path] }
    }

    static var names: [(String, WritableKeyPath<Checked, UInt64>)] {
      [
        ("artifacts", \.artifacts), ("checkpoints", \.checkpoints), ("entries", \.entries),
        ("events", \.events), ("nodes", \.nodes), ("receipts", \.receipts),
        ("rows", \.rows), ("signatures", \.signatures), ("texts", \.texts),
      ]
    }
  }

  /// How deep was looked.
  public var depth = Auditor.Depth.everything
  /// How many events the log has; nil when its head could not be read.
  public var size: LedgerSize?
  /// The root computed from the leaves; nil when some are missing.
  public var root: MerkleHash?
  /// The ledger's own last signed checkpoint.
  public var checkpoint: ComparedCheckpoint?
  /// The size of the largest signed checkpoint whose events are those that it signed, none smaller
  /// of the same key contradicting it; nil when there is none. Of a bundle: of the key or with the
  /// checkpoint that was brought along.
  public var knownGood: LedgerSize?
  /// The checkpoint that somebody kept.
  public var against: ComparedCheckpoint?
  /// What is to be said of a bundle besides; nil for a ledger.
  public var bundle: BundleVerdict?
  /// What was looked at.
  public var checked = Checked()
  /// The findings that are told: at most 1,000 of each kind.
  public var findings: [Finding] = []
  /// How many findings there are, those not told included.
  public var findingCount: UInt64 = 0

  /// A report of nothing.
  public init() {}

  /// The root as checkpoints write it: base64.
  public var rootText: String? { root?.base64 }

  /// Whether nothing was looked at that is derived from events.
  public var isQuick: Bool { depth != .everything }

  /// Whether nothing was found; of a bundle, also whether what was brought along vouches for it.
  public var isOK: Bool { findingCount == 0 && bundle?.isTrusted ?? true }

  /// The form of `--json`, without the findings when they are told apart.
  public func json(withFindings: Bool = true) -> JSONValue {
    var object = JSONObject()
    object["ok"] = .bool(isOK)
    if isQuick { object["quick"] = .bool(true) }
    if depth == .texts { object["texts"] = .bool(true) }
    if let bundle { object["bundle"] = bundle.json }
    if let size { object["size"] = .integer(size.value) }
    if let rootText { object["root"] = .string(rootText) }
    if let checkpoint { object["checkpoint"] = checkpoint.json }
    if let against { object["against"] = against.json }
    if let knownGood { object["knownGood"] = .integer(knownGood.value) }
    var counts = JSONObject()
    for (name, path) in Checked.names { counts[Text(name)] = .integer(checked[keyPath: path]) }
    object["checked"] = .object(counts)
    object["findingCount"] = .integer(findingCount)
    if withFindings { object["findings"] = .array(findings.map(\.json)) }
    return .object(object)
  }

  /// Reads what ``json(withFindings:)`` made; nil for anything else.
  public init?(json: JSONValue) {
    guard let object = json.object, let count = object["findingCount"]?.wholeNumber,
      let counts = object["checked"]?.object
    else { return nil }
    findingCount = count
    if case .bool(true)? = object["quick"] { depth = .tree }
    if isQuick, case .bool(true)? = object["texts"] { depth = .texts }
    if let value = object["bundle"] {
      guard let verdict = BundleVerdict(json: value) else { return nil }
      bundle = verdict
    }
    if let value = object["size"] {
      guard let number = value.wholeNumber else { return nil }
      size = LedgerSize(number)
    }
    if let value = object["root"] {
      guard let hash = value.text.flatMap({ MerkleHash(base64: $0.string) }) else { return nil }
      root = hash
    }
    if let value = object["knownGood"] {
      guard let number = value.wholeNumber else { return nil }
      knownGood = LedgerSize(number)
    }
    for (name, path) in [
      (Text("checkpoint"), \AuditReport.checkpoint), (Text("against"), \AuditReport.against),
    ] {
      guard let value = object[name] else { continue }
      guard let compared = ComparedCheckpoint(json: value) else { return nil }
      self[keyPath: path] = compared
    }
    for (name, path) in Checked.names {
      guard let number = counts[Text(name)]?.wholeNumber else { return nil }
      checked[keyPath: path] = number
    }
    for value in object["findings"]?.array ?? [] {
      guard let finding = Finding(json: value) else { return nil }
      findings.append(finding)
    }
  }
}

extension AuditReport.ComparedCheckpoint {
  var json: JSONValue {
    var object = JSONObject()
    object["ok"] = .bool(isGood)
    if let signer { object["key"] = .string(signer) }
    object["root"] = .string(root.base64)
    object["size"] = .integer(size.value)
    return .object(object)
  }

  init?(json: JSONValue) {
    guard let object = json.object, let size = object["size"]?.wholeNumber,
      let root = object["root"]?.text.flatMap({ MerkleHash(base64: $0.string) }),
      case .bool(let isGood)? = object["ok"]
    else { return nil }
    self.init(size: LedgerSize(size), root: root, isGood: isGood)
    signer = object["key"]?.text?.string
  }
}
