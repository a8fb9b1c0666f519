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
