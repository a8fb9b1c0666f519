// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// Something that `doctor` noticed about a ledger.
public struct DoctorFinding: Equatable, Sendable, CustomStringConvertible {
  /// What was noticed, in one stable word; new ones may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The word.
    public let rawValue: String
    /// Wraps a word.
    public init(rawValue: String) { self.rawValue = rawValue }
  }

  /// How much it matters.
  public enum Severity: String, Comparable, Sendable {
    /// Good to know; nothing to do.
    case note
    /// Something to put right; what was recorded is not in doubt.
    case warning
    /// What was recorded, or whether it was, is in doubt; or nothing can be written.
    case damage

    /// Orders by weight.
    public static func < (left: Severity, right: Severity) -> Bool { left.weight < right.weight }
    private var weight: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
  }

  /// What was noticed.
  public var code: Code
  /// How much it matters.
  public var severity: Severity
  /// The event that it is about; nil when it is about no single one.
  public var position: Position?
  /// The file that it is about; nil when it is about none.
  public var path: String?
  /// What was noticed, for a person: without a full stop.
  public var detail: String
  /// What to do about it; empty when there is nothing to do.
  public var advice: String

  /// Gathers the members.
  public init(
    _ code: Code, _ severity: Severity, position: Position? = nil, path: String? = nil,
    _ detail: String, advice: String = ""
  ) {
    self.code = code
    self.severity = severity
    self.position = position
    self.path = path
    self.detail = detail
    self.advice = advice
  }

  /// Equal when code, severity, position and path are; the prose does not count.
  public static func == (left: DoctorFinding, right: DoctorFinding) -> Bool {
    left.code == right.code && left.severity == right.severity && left.position == right.position
      && left.path.map { Array($0.utf8) } == right.path.map { Array($0.utf8) }
  }

  /// One sentence, then the advice.
  public var description: String {
    let place = path.map { "\($0): " } ?? ""
    return advice.isEmpty ? "\(place)\(detail)" : "\(place)\(detail). \(advice)"
  }
}

extension DoctorFinding.Code {
  // The directory.

  /// A file or folder of the ledger is not there.
  public static let partMissing = Self(rawValue: "part-missing")
  /// A part has another mode than `init` gave it.
  public static let mode = Self(rawValue: "mode")
  /// A part belongs to another user or group than the ledger.
  public static let owner = Self(rawValue: "owner")
  /// The directory cannot be used as it is: links, strangers, a network.
  public static let directory = Self(rawValue: "directory")
  /// `ledger.json` cannot be read.
  public static let identity = Self(rawValue: "identity")
  /// A file or folder that an interrupted write, repair or job left behind.
  public static let leftover = Self(rawValue: "leftover")
  /// A generation that is not in force.
  public static let staleGeneration = Self(rawValue: "stale-generation")
  /// The lock file of a runner whose job has ended or never was.
  public static let staleRunner = Self(rawValue: "stale-runner")
  /// A job that is said to run and whose runner is gone.
  public static let runnerGone = Self(rawValue: "runner-gone")
  /// Free space is getting short, or is too short to write at all.
  public static let space = Self(rawValue: "space")

  // Writing.

  /// A commit or sync failed with an unknown outcome: nothing is written until a repair.
  public static let poisoned = Self(rawValue: "poisoned")
  /// Somebody is inside the door.
  public static let writerInside = Self(rawValue: "writer-inside")
  /// Processes of another pid namespace have the ledger open.
  public static let otherNamespace = Self(rawValue: "other-namespace")
  /// LMDB's lock file is missing, or is not one.
  public static let lockFile = Self(rawValue: "lock-file")
  /// A reader keeps an old state of the database in use, so the file grows.
  public static let oldReader = Self(rawValue: "old-reader")

  // The database.

  /// The database cannot be opened or read.
  public static let database = Self(rawValue: "database")
  /// The log does not extend its last signed checkpoint.
  public static let behindCheckpoint = Self(rawValue: "behind-checkpoint")
  /// There is no signed checkpoint, or events came after it.
  public static let checkpointDue = Self(rawValue: "checkpoint-due")
  /// The views were made by another version of the rules.
  public static let views = Self(rawValue: "views")
  /// What the disk holds is not what the system's cache shows.
  public static let disk = Self(rawValue: "disk")

  /// Words that were erased may still lie in unused parts of the database's file.
  public static let erasureUnfinished = Self(rawValue: "erasure-unfinished")

  // Events: why a repair touched nothing.

  /// The row that says where the log ends is missing or cannot be understood.
  public static let head = Self(rawValue: "head")
  /// An event is missing.
  public static let leafMissing = Self(rawValue: "leaf-missing")
  /// An event's bytes are no event.
  public static let leafUndecodable = Self(rawValue: "leaf-undecodable")
  /// An event says that it stands elsewhere.
  public static let leafMisplaced = Self(rawValue: "leaf-misplaced")
  /// An event stands beyond the head.
  public static let leafExtra = Self(rawValue: "leaf-extra")
  /// Events do not hash to what the tree or the head holds.
  public static let treeMismatch = Self(rawValue: "tree-mismatch")
  /// A text does not match the digest in its event.
  public static let textAltered = Self(rawValue: "text-altered")
  /// A text is gone and no erasure names it.
  public static let textMissing = Self(rawValue: "text-missing")
  /// A text stands where no event has one.
  public static let textStray = Self(rawValue: "text-stray")
  /// An event cannot follow what is before it.
  public static let unfoldable = Self(rawValue: "unfoldable")
}
