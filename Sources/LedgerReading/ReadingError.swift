// SPDX-License-Identifier: Apache-2.0
public import LMDB
public import LedgerCodec
public import LedgerDomain

/// Why something could not be read from a ledger.
public struct ReadingError: LMDBErrorConvertible, Equatable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: Equatable, Sendable {
    /// The database refused a call.
    case database(LMDBError)
    /// A leaf is missing where the log's size says there is one.
    case leafMissing(Position)
    /// A leaf's bytes are no event.
    case leafUndecodable(Position, CodecError)
    /// A leaf does not hash to what the tree holds.
    case leafAltered(Position)
    /// A disclosure does not hash to what the leaf says.
    case textAltered(Position)
    /// A disclosure that no erasure names is gone.
    case textMissing(Position)
    /// A row or index entry cannot be understood, or contradicts the log.
    case rowDamaged(String)
    /// The head row is missing or cannot be understood.
    case headDamaged
    /// A subtree's hash is missing.
    case treeDamaged(height: UInt8, index: UInt64)
    /// The log is shorter than its last signed checkpoint, or another log.
    case behindCheckpoint(String)
    /// The database is not that of the ledger that `ledger.json` names.
    case anotherLedger(String)
    /// The ledger's directory cannot be used.
    case directory(DirectoryError)
    /// The asked-for size lies beyond the head.
    case beyondHead(asked: LedgerSize, head: LedgerSize)
    /// The rows were made by a newer program.
    case newerViews(UInt32)
    /// The rows were made by an older program, and have to be built anew before anything is written.
    case olderViews(UInt32)
  }
  /// What happened.
  public var code: Code
  /// What was attempted, as a gerund: `reading event #41`.
  public var operation: String

  /// Names failure and attempt.
  public init(_ code: Code, _ operation: String) {
    self.code = code
    self.operation = operation
  }

  /// Wraps a failure of the database.
  public init(lmdb error: LMDBError) {
    self.init(.database(error), "reading the database")
  }

  /// Two errors are equal when their codes are.
  public static func == (left: ReadingError, right: ReadingError) -> Bool {
    left.code == right.code
  }

  /// Whether the ledger's bytes are wrong, as opposed to the request or the surroundings.
  public var isDamage: Bool {
    switch code {
    case .database(let error):
      // A table that is not there was lost with the page that named it.
      [.corrupted, .pageNotFound, .truncated, .invalid, .versionMismatch].contains(error.code)
        || (error.code == .notFound && error.operation == "mdb_dbi_open")
    case .leafMissing, .leafUndecodable, .leafAltered, .textAltered, .textMissing, .rowDamaged,
      .headDamaged, .treeDamaged, .behindCheckpoint, .anotherLedger:
      true
    case .directory, .beyondHead, .newerViews, .olderViews: false
    }
  }

  /// One sentence.
  public var description: String {
    let reason =
      switch code {
      case .database(let error): "\(error)"
      case .leafMissing(let position): "event #\(position.value) is missing"
      case .leafUndecodable(let position, let error):
        "event #\(position.value) cannot be understood: \(error)"
      case .leafAltered(let position):
        // Leaves are hashed together with those beside them: which of them it was, nothing tells.
        "event #\(position.value), or one beside it, was altered: the tree was made from others"
      case .textAltered(let position):
        "the text of event #\(position.value) was altered: it does not match its digest"
      case .textMissing(let position):
        "the text of event #\(position.value) is gone and no erasure names it"
      case .rowDamaged(let what): "\(what)"
      case .headDamaged: "the head of the log is missing or damaged"
      case .treeDamaged(let height, let index):
        "the tree's node at height \(height), index \(index) is missing"
      case .behindCheckpoint(let what), .anotherLedger(let what): "\(what)"
      case .directory(let error): "\(error)"
      case .beyondHead(let asked, let head):
        "size \(asked.value) lies beyond the head, which is at size \(head.value)"
      case .newerViews(let version):
        "its views were made by a newer program (reducer \(version))"
      case .olderViews(let version):
        "its views were made by an older program (reducer \(version)) and are built anew by "
          + "'jobledger doctor'"
      }
    return "\(operation): \(reason)"
  }
}
