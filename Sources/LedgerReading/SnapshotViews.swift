// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// The views of one size, for rules that are asked outside of a transaction.
public struct SnapshotViews: ViewSource {
  private let snapshot: Snapshot
  private let size: LedgerSize
  /// The first failure; whoever asks looks here before trusting an answer.
  public private(set) var failure: ReadingError?

  /// The views as of a size.
  public init(_ snapshot: Snapshot, asOf size: LedgerSize) {
    self.snapshot = snapshot
    self.size = size
  }

  /// A view; nil also where it could not be read.
  public mutating func entity(_ key: EntityKey) -> Entity? {
    do throws(ReadingError) { return try snapshot.entity(key, asOf: size) } catch {
      if failure == nil { failure = error }
      return nil
    }
  }
}
