// SPDX-License-Identifier: Apache-2.0
public import LMDB
public import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// Why a ledger could not be written.
public struct StorageError: LMDBErrorConvertible, Equatable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: Equatable, Sendable {
    /// The directory, the door or one of its files cannot be used.
    case directory(DirectoryError)
    /// Reading failed.
    case reading(ReadingError)
    /// The database refused a call before anything was written.
    case database(LMDBError)
    /// A commit failed at a moment when it may have come true. The ledger is poisoned.
    case commitUnknown(LMDBError)
    /// An event does not fit: its leaf would exceed 65,535 bytes, or holds what no leaf may.
    case unencodable(CodecError)
    /// The log's own events contradict each other.
    case unfoldable(FoldFailure)
    /// The clock reads more than 5 s before the latest event.
    case clockBehind(reading: Timestamp, last: Timestamp)
    /// The clock reads more than a day after the latest event, and the monotonic clock disagrees.
    case clockAhead(reading: Timestamp, last: Timestamp)
    /// The rows were made by a newer program.
    case newerViews(UInt32)
    /// The signing key cannot be read or is not the ledger's.
    case keyUnusable(String)
    /// A random number could not be had.
    case noRandomness
    /// The ledger was closed.
    case closed
  }
  /// What happened.
  public var code: Code
  /// What was attempted, as a gerund: `appending to the ledger`.
  public var operation: String

  /// Names failure and attempt.
  public init(_ code: Code, _ operation: String) {
    self.code = code
    self.operation = operation
  }

  /// Wraps a failure of the database that came before anything was written.
  public init(lmdb error: LMDBError) {
    self.init(.database(error), "writing the database")
  }

  /// Whether the file system is mounted read-only, so that only reading works.
  public var isReadOnlyMedia: Bool {
    if case .database(let error) = code { error.code == .readOnlyFileSystem } else { false }
  }

  /// Two errors are equal when their codes are.
  public static func == (left: StorageError, right: StorageError) -> Bool {
    left.code == right.code
  }

  /// One sentence.
  public var description: String {
    let reason =
      switch code {
      case .directory(let error): "\(error)"
      case .reading(let error): "\(error)"
      case .database(let error): "\(error)"
      case .commitUnknown(let error):
        "the commit failed (\(error)), and whether it came true is unknown; writing stops here"
      case .unencodable(let error): "the event cannot be stored: \(error)"
      case .unfoldable(let failure):
        "event #\(failure.position.value) contradicts the ledger's views (\(failure.reason))"
      case .clockBehind(let reading, let last):
        "the clock reads \(reading), which is before the latest event at \(last)"
      case .clockAhead(let reading, let last):
        "the clock reads \(reading), more than a day after the latest event at \(last), "
          + "while the machine has not run that long"
      case .newerViews(let version):
        "its views were made by a newer program (reducer \(version))"
      case .keyUnusable(let why): why
      case .noRandomness: "the system gave no random bytes"
      case .closed: "it was closed"
      }
    return "\(operation): \(reason)"
  }
}
