// SPDX-License-Identifier: Apache-2.0
import CLMDB
import Glibc

/// A failure of one call of LMDB, of the system below it, or of a check made before either.
///
/// Two errors are equal when code and operation are.
public struct LMDBError: Error, Hashable, Sendable {
  /// What went wrong: LMDB's own codes are negative, the system's (`errno`) positive.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The number: as in `lmdb.h`, or `errno`, or from -31,000 down one of this module's own.
    public let rawValue: Int32

    /// Wraps any number; the set is open.
    public init(rawValue: Int32) { self.rawValue = rawValue }
  }

  /// What went wrong.
  public let code: Code
  /// The call that failed, as it is named in `lmdb.h` or section 2 of the manual.
  public let operation: String

  /// Makes an error from its two parts.
  public init(_ code: Code, in operation: String) {
    self.code = code
    self.operation = operation
  }

  @usableFromInline
  init(status: Int32, in operation: String) {
    self.init(Code(rawValue: status), in: operation)
  }
}

extension LMDBError.Code {
  /// The key, table or data file is not there.
  public static let notFound = Self(rawValue: MDB_NOTFOUND)
  /// The key is there already, or is not above the last one of its table (append).
  public static let keyExists = Self(rawValue: MDB_KEYEXIST)
  /// A page that the tree names does not exist: corruption.
  public static let pageNotFound = Self(rawValue: MDB_PAGE_NOTFOUND)
  /// A page is of the wrong type: corruption.
  public static let corrupted = Self(rawValue: MDB_CORRUPTED)
  /// Writing a meta page failed earlier; nothing works until the environment is opened again.
  public static let panic = Self(rawValue: MDB_PANIC)
  /// The file is of another version of LMDB's format.
  public static let versionMismatch = Self(rawValue: MDB_VERSION_MISMATCH)
  /// The file is no LMDB file.
  public static let invalid = Self(rawValue: MDB_INVALID)
  /// The map is too small for what is written.
  public static let mapFull = Self(rawValue: MDB_MAP_FULL)
  /// More tables than ``Environment/Options/maximumTables``.
  public static let tablesFull = Self(rawValue: MDB_DBS_FULL)
  /// Every reader slot is taken.
  public static let readersFull = Self(rawValue: MDB_READERS_FULL)
  /// One transaction has too many dirty pages.
  public static let transactionFull = Self(rawValue: MDB_TXN_FULL)
  /// Another process made the map larger than this one's.
  public static let mapResized = Self(rawValue: MDB_MAP_RESIZED)
  /// The table is of a kind that this module does not handle.
  public static let incompatible = Self(rawValue: MDB_INCOMPATIBLE)
  /// A reader slot was taken away.
  public static let badReaderSlot = Self(rawValue: MDB_BAD_RSLOT)
  /// The transaction has failed before and can only be aborted.
  public static let badTransaction = Self(rawValue: MDB_BAD_TXN)
  /// The key is empty or longer than 511 bytes, or the value is too long.
  public static let badValueSize = Self(rawValue: MDB_BAD_VALSIZE)
  /// The table was dropped or belongs to nobody.
  public static let badTable = Self(rawValue: MDB_BAD_DBI)

  /// The device is full.
  public static let noSpace = Self(rawValue: ENOSPC)
  /// The device failed.
  public static let io = Self(rawValue: EIO)
  /// Out of memory or address space.
  public static let outOfMemory = Self(rawValue: ENOMEM)
  /// The system refuses access.
  public static let accessDenied = Self(rawValue: EACCES)
  /// The file system is mounted read-only.
  public static let readOnlyFileSystem = Self(rawValue: EROFS)
  /// A file is there already.
  public static let fileExists = Self(rawValue: EEXIST)
  /// A directory is not there.
  public static let noSuchFile = Self(rawValue: ENOENT)
  /// A name is used for something that is no directory.
  public static let notADirectory = Self(rawValue: ENOTDIR)

  /// The data file is shorter than the pages that it says are in use.
  public static let truncated = Self(rawValue: -31_001)
  /// This process has an environment on the same file open.
  public static let alreadyOpen = Self(rawValue: -31_002)
  /// The environment was closed.
  public static let closed = Self(rawValue: -31_003)
  /// The environment was opened read-only.
  public static let readOnly = Self(rawValue: -31_004)
  /// The directory, the data file or the lock file is a symbolic link.
  public static let symbolicLink = Self(rawValue: -31_005)
  /// The data file or the lock file is no regular file.
  public static let notARegularFile = Self(rawValue: -31_006)
  /// The calling thread has a transaction open, which this operation would wait for.
  public static let transactionOpen = Self(rawValue: -31_007)
  /// The data file was exchanged for another while it was being opened.
  public static let exchanged = Self(rawValue: -31_008)
  /// The lock file was cut or overwritten while the environment was open.
  public static let lockDamaged = Self(rawValue: -31_009)
}

extension LMDBError: CustomStringConvertible {
  /// One sentence: the call, what went wrong, the number.
  public var description: String {
    "\(operation) failed: \(code.sentence) (\(code.rawValue))."
  }
}

extension LMDBError.Code {
  fileprivate var sentence: String {
    switch self {
    case .truncated: "the data file is shorter than the pages it says are in use"
    case .alreadyOpen: "this process has the same environment open already"
    case .closed: "the environment was closed"
    case .readOnly: "the environment was opened read-only"
    case .symbolicLink: "the directory, data.mdb or lock.mdb is a symbolic link"
    case .notARegularFile: "data.mdb or lock.mdb is not a regular file"
    case .transactionOpen: "the calling thread has a transaction open"
    case .exchanged: "data.mdb was exchanged for another file while it was being opened"
    case .lockDamaged: "lock.mdb was cut or overwritten while it was in use"
    default: String(cString: mdb_strerror(rawValue))
    }
  }
}

/// An error type that can hold an ``LMDBError``, so that bodies may throw the caller's own.
public protocol LMDBErrorConvertible: Error {
  /// Wraps a failure of LMDB.
  init(lmdb error: LMDBError)
}

extension LMDBError: LMDBErrorConvertible {
  /// The error itself.
  public init(lmdb error: LMDBError) { self = error }
}

/// Why a write transaction did not end well, and so what may be in the file.
public enum WriteFailure<Body: Error>: Error {
  /// The transaction could not begin: nothing was done.
  case begin(LMDBError)
  /// The body threw; the transaction was aborted and nothing of it is in the file.
  case body(Body)
  /// The commit stopped before its first write (map full, transaction full, or an earlier failed
  /// call of the same transaction): nothing of it is in the file.
  case refused(LMDBError)
  /// The commit failed where it may have written: the outcome is **unknown** until the file was
  /// opened afresh. LMDB would go on; the caller must not (`fdatasync` may have lost pages).
  case commit(LMDBError)

  /// Whether the transaction may be in the file although it failed.
  public var outcomeIsUnknown: Bool {
    if case .commit = self { true } else { false }
  }
}

extension WriteFailure: Equatable where Body: Equatable {}

extension WriteFailure: CustomStringConvertible {
  /// One sentence.
  public var description: String {
    switch self {
    case .begin(let error): "The write transaction could not begin: \(error)"
    case .body(let error): "The write transaction was aborted: \(error)"
    case .refused(let error): "Nothing was committed: \(error)"
    case .commit(let error): "It is unknown whether the commit landed: \(error)"
    }
  }
}

/// Stops the process with a sentence: a promise was broken by our own code.
@usableFromInline @inline(never)
func stop(_ sentence: StaticString) -> Never {
  fatalError("\(sentence)")
}
