// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// Where the decisions that are asked for begin or end, itself among them.
public enum DecisionBound: Equatable, Sendable {
  /// An event of the log.
  case position(Position)
  /// A moment.
  case moment(Timestamp)

  /// The first event that counts: from `41` and `'#41'` that event, from a day its beginning, from a
  /// checkpoint what came after it.
  public init(
    since text: String, in snapshot: Snapshot, origin: String, zone: TimeZoneRules, now: Timestamp
  ) throws {
    switch try AsOf(text) {
    case .moment(let written): self = .moment(try written.beginning(in: zone, now: now))
    case .after(let position): self = .position(position)
    case .size(let size): self = .position(Position(size.value))
    case .checkpoint:
      let at = try AsOf(text).resolve(in: snapshot, origin: origin, zone: zone, now: now).get()
      self = .position(Position(at.size.value))
    }
  }

  /// The last event that counts, as `--as-of` means it: nil for none. A time may be still to come.
  public init?(
    until text: String, in snapshot: Snapshot, origin: String, zone: TimeZoneRules, now: Timestamp
  ) throws {
    if case .moment(let written) = try AsOf(text) {
      self = .moment(try written.end(in: zone, now: now))
      return
    }
    let at = try AsOf(text).resolve(in: snapshot, origin: origin, zone: zone, now: now).get()
    guard at.size.value > 0 else { return nil }
    self = .position(Position(at.size.value - 1))
  }

  /// Where to begin looking: no event before it is as late.
  func start(in snapshot: Snapshot) throws(ReadingError) -> Position {
    switch self {
    case .position(let position): return position
    case .moment(let moment):
      // Where the clock was set back, an early event may be later than those after it.
      guard try snapshot.latest(of: .clockCorrected, asOf: snapshot.size) == nil else {
        return Position(0)
      }
      let before = Timestamp(microseconds: moment.microseconds - 1)
      return Position(try snapshot.size(asOf: before).value)
    }
  }

  /// Where to stop looking, where that is known: what occurred early may be recorded late.
  var end: LedgerSize? {
    if case .position(let position) = self, position.value < .max {
      return LedgerSize(after: position)
    }
    return nil
  }

  func isReached(by event: Event, _ byOccurrence: Bool) -> Bool {
    switch self {
    case .position(let position): event.position >= position
    case .moment(let moment): (byOccurrence ? event.happened : event.time) >= moment
    }
  }

  func isNotPassed(by event: Event, _ byOccurrence: Bool) -> Bool {
    switch self {
    case .position(let position): event.position <= position
    case .moment(let moment): (byOccurrence ? event.happened : event.time) <= moment
    }
  }
}
