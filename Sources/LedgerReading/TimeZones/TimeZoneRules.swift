// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// How a region's clocks differ from UTC, at every moment past and future.
///
/// Local times are counted as seconds since 1970-01-01T00:00:00 on the region's own clock.
public struct TimeZoneRules: Equatable, Sendable {
  /// A moment from which another offset holds.
  public struct Transition: Equatable, Sendable {
    /// Seconds since the epoch, in UTC.
    public var at: Int64
    /// Seconds east of UTC from then on.
    public var offset: Int
    /// Pairs the two.
    public init(at: Int64, offset: Int) {
      self.at = at
      self.offset = offset
    }
  }

  /// What a reading of the local clock stands for.
  public enum LocalMoment: Equatable, Sendable {
    /// The clock shows it once: seconds since the epoch, in UTC.
    case unique(Int64)
    /// The clock shows it more than once, when it is set back: the first and the last moment.
    case ambiguous(first: Int64, last: Int64)
    /// The clock jumps over it, at this moment.
    case skipped(at: Int64)
  }

  /// What holds before the first transition, in seconds east of UTC.
  public var initialOffset: Int
  /// Known changes, ascending.
  public var transitions: [Transition]
  /// What holds behind the last of them; nil: its offset, for ever.
  public var rule: PosixTimeZone?

  /// Gathers the members.
  public init(
    initialOffset: Int, transitions: [Transition] = [], rule: PosixTimeZone? = nil
  ) {
    self.initialOffset = initialOffset
    self.transitions = transitions
    self.rule = rule
  }

  /// Universal time.
  public static let utc = TimeZoneRules(initialOffset: 0)

  /// Seconds east of UTC at a moment. O(log transitions).
  public func offset(at moment: Int64) -> Int {
    let index = firstTransition(after: moment)
    if index == transitions.count, let rule { return rule.offset(at: moment) }
    return index == 0 ? initialOffset : transitions[index - 1].offset
  }

  /// The first change of offset behind a moment; nil when there is none.
  public func transition(after moment: Int64) -> Transition? {
    let index = firstTransition(after: moment)
    if index < transitions.count { return transitions[index] }
    return rule?.transition(after: max(moment, transitions.last?.at ?? moment))
  }

  /// The moments at which the local clock shows a reading.
  public func moments(ofLocal local: Int64) -> LocalMoment {
    // No clock differs from UTC by more than 26 hours, so what matters lies in this window.
    let window = Int64(26 * 3600)
    var offsets = [offset(at: local - window)]
    var changes: [Transition] = []
    var from = local - window
    while let next = transition(after: from), next.at <= local + window, changes.count < 64 {
      changes.append(next)
      offsets.append(next.offset)
      from = next.at
    }
    var moments: [Int64] = []
    for offset in offsets {
      let moment = local - Int64(offset)
      if self.offset(at: moment) == offset, !moments.contains(moment) { moments.append(moment) }
    }
    moments.sort()
    if let first = moments.first, let last = moments.last {
      return first == last ? .unique(first) : .ambiguous(first: first, last: last)
    }
    var before = offsets[0]
    for change in changes {
      if change.at + Int64(before) <= local, local < change.at + Int64(change.offset) {
        return .skipped(at: change.at)
      }
      before = change.offset
    }
    // Unreachable with offsets inside the window; the plain reading is as good as any.
    return .unique(local - Int64(offsets[0]))
  }

  /// The first microsecond of a day; of a day that was left out, the moment it would have begun.
  public func firstMoment(of day: CalendarDate) -> Timestamp {
    let seconds =
      switch moments(ofLocal: Int64(day.daysSinceEpoch) * 86_400) {
      case .unique(let moment), .ambiguous(let moment, _), .skipped(let moment): moment
      }
    return Timestamp(microseconds: seconds * 1_000_000)
  }

  /// The last microsecond of a day, after which the local clock never shows that day again.
  public func lastMoment(of day: CalendarDate) -> Timestamp {
    let seconds =
      switch moments(ofLocal: Int64(day.daysSinceEpoch + 1) * 86_400) {
      case .unique(let moment), .ambiguous(_, let moment), .skipped(let moment): moment
      }
    return Timestamp(microseconds: seconds * 1_000_000 - 1)
  }

  private func firstTransition(after moment: Int64) -> Int {
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].at <= moment { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
