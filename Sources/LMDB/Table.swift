// SPDX-License-Identifier: Apache-2.0
public import CLMDB

/// One named, ordered map from keys (1 to 511 bytes, compared bytewise) to values.
///
/// Opened once by ``Environment/openTables(_:create:)``, valid for the life of its environment
/// and of no other: using it elsewhere stops the process.
public struct Table: Hashable, Sendable {
  @usableFromInline let handle: MDB_dbi
  @usableFromInline let owner: UInt32

  init(handle: MDB_dbi, owner: UInt32) {
    self.handle = handle
    self.owner = owner
  }
}

/// How ``WriteLoan/put(_:_:_:mode:)`` treats a key that is there.
public enum PutMode: Sendable {
  /// The key must be new, else ``LMDBError/Code/keyExists``.
  case insert
  /// The key must be above every other of the table, else ``LMDBError/Code/keyExists``.
  /// Fastest, and fills pages completely.
  case append
  /// The value of a key that is there is replaced.
  case overwrite

  @inlinable
  var flags: UInt32 {
    switch self {
    case .insert: UInt32(MDB_NOOVERWRITE)
    case .append: UInt32(MDB_APPEND)
    case .overwrite: 0
    }
  }
}

/// Figures about one table.
public struct TableStatistics: Equatable, Sendable {
  /// Number of entries.
  public let entries: Int
  /// Levels of the tree; 0 when empty.
  public let depth: Int
  /// Inner pages.
  public let branchPages: Int
  /// Pages with entries.
  public let leafPages: Int
  /// Pages of values too long for a leaf.
  public let overflowPages: Int
  /// Size of a page.
  public let pageSizeBytes: Int
}
