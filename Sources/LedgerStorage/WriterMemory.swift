// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// What the writer of a process keeps from one transaction to the next; whoever leads has it.
struct WriterMemory: ~Copyable {
  /// Random bytes for salts and identifiers.
  var random = RandomSupply()
  private var states: [EntityKey: Entity?] = [:]
  private var size = LedgerSize(0)
  private var spaceChecked: UInt64 = 0
  /// Whether this process committed anything, so that it has page buffers of what it wrote.
  var hasWritten = false
  /// The latest erasure before its last commit.
  var lastErasure: Position?
  /// How many pages one of its transactions may have changed, at most.
  private(set) var pages = 64

  /// More states than this are read again rather than kept.
  private static let stateLimit = 4096

  init() {}

  /// The states known to be those at a head of this size: none when somebody else appended since.
  func states(at head: LedgerSize) -> [EntityKey: Entity?] { head == size ? states : [:] }

  /// Notes how large a transaction is: bytes added, pieces of work, each of which changes pages of
  /// many tables, and what is `scattered`, such as texts taken away, each of which may have changed a
  /// page of its own.
  mutating func note(bytes: Int, pieces: Int, scattered: UInt64 = 0) {
    pages = max(
      pages, min(1 << 16, 2 * bytes / 4096 + 32 * pieces + Int(clamping: scattered) + 64))
  }

  /// Keeps the states as of a commit.
  mutating func remember(_ states: [EntityKey: Entity?], at head: LedgerSize) {
    self.states = states.count <= WriterMemory.stateLimit ? states : [:]
    size = head
  }

  /// Forgets all states, after a transaction that did not end as it should. The free space is
  /// looked at again too: where it was too little, a repetition must not slip past the check.
  mutating func forget() {
    states = [:]
    size = LedgerSize(0)
    spaceChecked = 0
  }

  /// Whether to look at the free space: for large batches always, else ten times a second.
  mutating func shouldCheckSpace(for bytes: Int, at microseconds: UInt64) -> Bool {
    guard bytes > 1 << 20 || microseconds < spaceChecked || microseconds - spaceChecked > 100_000
    else { return false }
    spaceChecked = microseconds
    return true
  }
}
