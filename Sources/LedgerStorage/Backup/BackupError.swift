// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// Why a backup could not be made or restored.
public struct BackupError: Error, Equatable, Sendable {
  /// The kinds of failure.
  public enum Code: Equatable, Sendable {
    /// A directory or file cannot be used.
    case directory(DirectoryError)
    /// The ledger cannot be read or written.
    case storage(StorageError)
    /// The file is no backup, is cut off, or was changed: nothing was made of it.
    case malformed
    /// A newer program made it.
    case newer
    /// What was to be compared is of another ledger.
    case otherLedger
    /// The backup is not of the history that a signed checkpoint is of.
    case otherHistory
    /// More events are known to have been recorded than the backup has, and nobody said that they
    /// may be lost.
    case laterKnown(size: LedgerSize)
    /// A full verification found something.
    case findings([String])
    /// It could not be verified, for a reason that is no finding; with an exit code.
    case unverified(status: Int32)
  }
  /// What happened.
  public var code: Code
  /// On what file or directory.
  public var path: String
  /// Why, as a clause without a full stop.
  public var reason: String

  /// Names failure, place and reason.
  public init(_ code: Code, _ path: String, _ reason: String) {
    self.code = code
    self.path = path
    self.reason = reason
  }

  init(_ error: DirectoryError) { self.init(.directory(error), error.path, error.reason) }

  init(_ error: StorageError, _ path: String) { self.init(.storage(error), path, "\(error)") }

  /// Equal when code and path are; the prose does not count.
  public static func == (left: BackupError, right: BackupError) -> Bool {
    left.code == right.code && left.path.utf8.elementsEqual(right.path.utf8)
  }
}

/// Runs a call on files and wraps its error.
func backing<R: ~Copyable>(
  _ body: () throws(DirectoryError) -> R
) throws(BackupError) -> R {
  do throws(DirectoryError) { return try body() } catch { throw BackupError(error) }
}
