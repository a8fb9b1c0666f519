// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// Tells the erasures that a restoration did again from those that somebody asked for.
///
/// They follow `ledger.restored` at once, in its transaction, and name it as their cause. Whoever
/// signed for one signed in the history that was lost, and of other words than the event's: so the
/// policy's demand for signatures was met there, and does not bring the erased words back here.
struct RepeatedErasures {
  private var restored: Position?
  private var last: Position?

  /// Takes the next event; whether it is such an erasure.
  mutating func take(_ event: Event) -> Bool {
    let follows = last.map { $0.value &+ 1 == event.position.value } ?? false
    last = event.position
    if case .ledgerRestored = event.fact {
      restored = event.position
      return false
    }
    guard let cause = restored, follows, event.cause == cause else {
      restored = nil
      return false
    }
    switch event.fact {
    case .textErased, .artifactErased: return event.fact.signature == nil
    case .ledgerUpgraded: break
    default: restored = nil
    }
    return false
  }

  /// Whether an event of a ledger is such an erasure. Reads what lies between it and its cause.
  static func contain(_ event: Event, in snapshot: Snapshot) throws(ReadingError) -> Bool {
    guard let cause = event.cause, event.fact.signedAct == .erased, cause < event.position else {
      return false
    }
    var erasures = RepeatedErasures()
    for position in cause.value..<event.position.value {
      _ = erasures.take(try snapshot.event(at: Position(position)))
      if erasures.restored == nil { return false }
    }
    return erasures.take(event)
  }
}
