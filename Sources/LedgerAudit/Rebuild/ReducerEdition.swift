// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
import LedgerReading

/// One version of the rules that make views, and of the rows they are stored as.
///
/// A release that changes either keeps those of the version before it here, so that views which that
/// one made are compared with its own rules.
public struct ReducerEdition: Sendable {
  /// Its number: the table of its rows is `rows-N`.
  public let version: UInt32
  /// Folds one event.
  public let fold: @Sendable (Event, inout MemoryViews) throws(FoldFailure) -> Void
  /// Appends the row of an entity.
  public let encode: @Sendable (Entity, inout [UInt8]) -> Void

  /// Gathers the members.
  public init(
    version: UInt32,
    fold: @escaping @Sendable (Event, inout MemoryViews) throws(FoldFailure) -> Void,
    encode: @escaping @Sendable (Entity, inout [UInt8]) -> Void
  ) {
    self.version = version
    self.fold = fold
    self.encode = encode
  }

  /// The rules of this program.
  public static let current = ReducerEdition(
    version: Reducer.version,
    fold: { (event, views) throws(FoldFailure) in try Reducer.fold(event, into: &views) },
    encode: { RowCodec.encode($0, into: &$1) })

  /// Every version that this program has, the latest first.
  public static let all = [current]
}

/// A version of the reducer that this program does not have.
public struct UnknownReducer: Error, Equatable, Sendable {
  /// The version that is needed.
  public var version: UInt32
  /// Those that there are.
  public var known: [UInt32]
  /// Gathers the members.
  public init(version: UInt32, known: [UInt32]) {
    self.version = version
    self.known = known
  }
}
