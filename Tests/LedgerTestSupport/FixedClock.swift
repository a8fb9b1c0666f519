// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// A clock that stands until it is moved.
public struct FixedClock: Sendable {
  /// What it reads.
  public var now: Timestamp

  /// Reads `now`; by default 2026-11-21T08:00:00.000000Z.
  public init(now: Timestamp = Timestamp(microseconds: 1_795_248_000_000_000)) { self.now = now }

  /// Moves it, back when negative.
  public mutating func advance(microseconds: Int64) { now.microseconds += microseconds }

  /// Moves it by whole days.
  public mutating func advance(days: Int64) { advance(microseconds: days * 86_400_000_000) }
}
