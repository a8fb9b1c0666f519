// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// Something about a ledger that is not as it must be.
public struct Finding: Equatable, Sendable {
  /// What kind, in one stable word; new ones may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The word.
    public let rawValue: String
    /// Wraps a word.
    public init(rawValue: String) { self.rawValue = rawValue }
  }
  /// The kind.
  public var code: Code
  /// The event that it is about, or the first of several.
  public var position: Position?
  /// One sentence: what was found and what should have been. Without words of the log's texts.
  public var detail: String
  /// Gathers the members.
  public init(_ code: Code, _ position: Position? = nil, _ detail: String) {
    self.code = code
    self.position = position
    self.detail = detail
  }

  /// The form of `--json`.
  public var json: JSONValue {
    var object = JSONObject()
    object["code"] = .string(code.rawValue)
    object["detail"] = .string(detail)
    if let position { object["position"] = .integer(position.value) }
    return .object(object)
  }

  /// Reads that form; nil for anything else.
  public init?(json: JSONValue) {
    guard let object = json.object, let code = object["code"]?.text?.string,
      let detail = object["detail"]?.text?.string
    else { return nil }
    self.code = Code(rawValue: code)
    self.detail = detail
    if let value = object["position"] {
      guard let position = value.wholeNumber else { return nil }
      self.position = Position(position)
    }
  }
}

extension Finding.Code {
  /// The directory lacks a part, or a part is not what it must be.
  public static let directory = Self(rawValue: "directory-damaged")
  /// The database cannot be opened or a page of it not be read.
  public static let unreadable = Self(rawValue: "unreadable")
  /// The process that read the ledger died of it.
  public static let readerCrashed = Self(rawValue: "reader-crashed")
  /// The process that read the ledger answered nonsense.
  public static let readerGarbled = Self(rawValue: "reader-garbled")
  /// A table is missing, or its keys are out of order.
  public static let table = Self(rawValue: "table-damaged")
  /// The head row is missing, cannot be understood, or says what is not so.
  public static let head = Self(rawValue: "head-wrong")
  /// Events are missing below the head's size.
  public static let leafMissing = Self(rawValue: "leaf-missing")
  /// A leaf is no event in canonical form.
  public static let leafUndecodable = Self(rawValue: "leaf-undecodable")
  /// A leaf names another position than that where it stands.
  public static let leafMisplaced = Self(rawValue: "leaf-misplaced")
  /// A leaf or text stands beyond the head.
  public static let beyondHead = Self(rawValue: "beyond-head")
  /// Leaves do not hash to the subtree that was stored for them, or nodes not to their parent.
  public static let treeWrong = Self(rawValue: "tree-node-wrong")
  /// A subtree's hash is missing.
  public static let treeMissing = Self(rawValue: "tree-node-missing")
  /// A subtree's hash is stored that cannot be.
  public static let treeExtra = Self(rawValue: "tree-node-extra")
  /// The leaves do not hash to the root that the head row holds.
  public static let root = Self(rawValue: "root-wrong")
  /// There is no signed checkpoint.
  public static let checkpointMissing = Self(rawValue: "checkpoint-missing")
  /// A checkpoint is no signed note.
  public static let checkpointMalformed = Self(rawValue: "checkpoint-malformed")
  /// A checkpoint's signature does not verify with the ledger's key.
  public static let checkpointSignature = Self(rawValue: "checkpoint-signature")
  /// A checkpoint is of another ledger.
  public static let checkpointOrigin = Self(rawValue: "checkpoint-origin")
  /// A checkpoint signed more events than there are.
  public static let checkpointBeyondHead = Self(rawValue: "checkpoint-beyond-head")
  /// The events are not those that a checkpoint signed.
  public static let checkpointRoot = Self(rawValue: "checkpoint-root")
  /// A rotation of the key is not signed by both keys, or is of another size or root.
  public static let keyRotation = Self(rawValue: "key-rotation")
  /// A receipt of an anchor is no checkpoint, or its cosignature or time stamp does not hold.
  public static let receiptWrong = Self(rawValue: "receipt-wrong")
  /// The key that somebody trusts is none of this ledger.
  public static let keyUnknown = Self(rawValue: "key-unknown")
  /// A signature is not of what its event says, or not by a key that its actor had.
  public static let signatureWrong = Self(rawValue: "signature-wrong")
  /// A signature is missing that the policy in force, or the actor's login, asked for.
  public static let signatureMissing = Self(rawValue: "signature-missing")
  /// A text does not match its digest.
  public static let textAltered = Self(rawValue: "text-altered")
  /// A text is gone and no erasure names it.
  public static let textMissing = Self(rawValue: "text-missing")
  /// A text stands where no event has one.
  public static let textStray = Self(rawValue: "text-stray")
  /// A text is still there that an erasure names.
  public static let textNotErased = Self(rawValue: "text-not-erased")
  /// Words that were erased may still lie in unused parts of the database's file.
  public static let erasureUnfinished = Self(rawValue: "erasure-unfinished")
  /// An event's time is before its predecessor's, and it corrects no clock.
  public static let timeDecreasing = Self(rawValue: "time-decreasing")
  /// An event's `clock`, `occurred` or `cause` contradicts its time or position.
  public static let timeSense = Self(rawValue: "time-sense")
  /// A subject's revisions have a gap or a double.
  public static let revision = Self(rawValue: "revision-gap")
  /// A log line stands where its job does not run.
  public static let logOutsideJob = Self(rawValue: "log-outside-job")
  /// An entry of an index is missing.
  public static let indexMissing = Self(rawValue: "index-missing")
  /// An entry of an index says something else than the event.
  public static let indexWrong = Self(rawValue: "index-wrong")
  /// An entry of an index has no event.
  public static let indexExtra = Self(rawValue: "index-extra")
  /// An event cannot be folded into the views.
  public static let unfoldable = Self(rawValue: "unfoldable")
  /// A view row is missing.
  public static let rowMissing = Self(rawValue: "row-missing")
  /// A view row differs from what the events say.
  public static let rowWrong = Self(rawValue: "row-wrong")
  /// A view row is stored that no event made.
  public static let rowExtra = Self(rawValue: "row-extra")
  /// `ledger.json` and the first event disagree.
  public static let identity = Self(rawValue: "identity-wrong")
  /// A stored file that an event names is missing.
  public static let artifactMissing = Self(rawValue: "artifact-missing")
  /// A stored file or list is not what its digest, size or count says.
  public static let artifactWrong = Self(rawValue: "artifact-wrong")
  /// A stored file is still there that an erasure names.
  public static let artifactNotErased = Self(rawValue: "artifact-not-erased")
  /// A write failed with an unknown outcome, and `doctor` has not looked since.
  public static let poisoned = Self(rawValue: "poisoned")
}

/// Findings as they come: the first of each kind are kept, all are counted.
struct FindingLog {
  /// How many findings of one kind are told; so a flood of one kind hides no other.
  static let limitOfKind: UInt64 = 1000

  private(set) var counts: [Finding.Code: UInt64] = [:]
  private let tell: (Finding) -> Void

  init(_ tell: @escaping (Finding) -> Void) { self.tell = tell }

  mutating func add(_ code: Finding.Code, _ position: UInt64?, _ detail: @autoclosure () -> String)
  {
    counts[code, default: 0] += 1
    guard counts[code, default: 0] <= FindingLog.limitOfKind else { return }
    tell(Finding(code, position.map(Position.init), detail()))
  }

  /// Counts findings that are not told.
  mutating func add(_ code: Finding.Code, further count: UInt64) {
    counts[code, default: 0] += count
  }
}

extension JSONValue {
  /// The whole number that ``JSONValue/integer(_:)`` wrote; nil for anything else.
  var wholeNumber: UInt64? {
    switch self {
    case .number(let number): UInt64(exactly: number)
    case .string(let text): UInt64(text.string)
    default: nil
    }
  }
}
