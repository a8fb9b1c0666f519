// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

extension TrailScope {
  /// Up to this many events, answers about the whole ledger or a project hold each event that they
  /// read against the tree. Above, hashing would be most of the time; `verify` does it on all cores.
  public static let hashingLimit: UInt64 = 500_000

  /// Whether each event read for an answer about it is hashed and held against the tree: of anything
  /// less than a project always.
  public func isHashed(asOf size: LedgerSize) -> Bool {
    switch self {
    case .ledger, .project: size.value <= TrailScope.hashingLimit
    default: true
    }
  }
}
