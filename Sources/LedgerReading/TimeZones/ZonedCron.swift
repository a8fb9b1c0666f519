// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// The moments that a cron expression names on a region's clock.
///
/// Where the clock is changed, the rule is that of Vixie's cron and of cronie(8), here without a
/// limit to the change:
/// - An expression that tells a **time of day** (neither `*` nor a step in minute and hour) is due
///   once for each reading that it names. A reading that the clock jumps over is due at the moment of
///   the jump, several of them once together; one that the clock shows twice is due the first time.
/// - An expression that tells an **interval** (`*` or a step in minute or hour) is due whenever the
///   clock shows a reading that it names: not while the clock jumps, and both times where it repeats.
public struct ZonedCron: Equatable, Sendable {
  /// What is named.
  public var cron: CronExpression
  /// On which clock.
  public var rules: TimeZoneRules

  /// Pairs the two.
  public init(_ cron: CronExpression, in rules: TimeZoneRules) {
    self.cron = cron
    self.rules = rules
  }

  /// The first due moment behind `moment`, a whole second; nil after the year 9999.
  public func next(after moment: Timestamp) -> Timestamp? {
    // Ticks are on whole seconds, so the fraction of a moment does not matter.
    let seconds = moment.microseconds.dividedDown(by: 1_000_000)
    let next = cron.isInterval ? nextInterval(after: seconds) : nextTime(after: seconds)
    guard let next else { return nil }
    let found = Timestamp(microseconds: next * 1_000_000)
    return found.isWritable ? found : nil
  }

  /// What is due behind `moment` and not behind `last`: how many ticks, the last one, and the one
  /// before it.
  ///
  /// Counts to `limit` and then leaves the rest for another call, so that a clock that jumps by
  /// centuries keeps nobody waiting.
  public func due(
    after moment: Timestamp, through last: Timestamp, limit: Int = 100_000
  ) -> (count: UInt64, last: Timestamp, previous: Timestamp?)? {
    guard var latest = next(after: moment), latest <= last else { return nil }
    var previous: Timestamp?
    var count: UInt64 = 1
    while count < limit, let tick = next(after: latest), tick <= last {
      previous = latest
      latest = tick
      count += 1
    }
    return (count, latest, previous)
  }

  /// For a time of day: readings in order, each once. Their moments never decrease.
  private func nextTime(after moment: Int64) -> Int64? {
    var local = moment + Int64(rules.offset(at: moment))
    // Readings that are shown again, or were jumped over together, are behind us already; no clock
    // was ever changed by more than a day and a bit.
    for _ in 0..<3 * 1440 {
      guard let reading = cron.next(after: local) else { return nil }
      let due: Int64 =
        switch rules.moments(ofLocal: reading) {
        case .unique(let at), .ambiguous(let at, _), .skipped(let at): at
        }
      if due > moment { return due }
      local = reading
    }
    return nil
  }

  /// For an interval: from one change of the clock to the next, whatever it shows.
  private func nextInterval(after moment: Int64) -> Int64? {
    var from = moment
    // Two changes a year, for longer than 29 February can take to be on a given day of the week.
    for _ in 0..<1_000 {
      let offset = Int64(rules.offset(at: from))
      let change = rules.transition(after: from)
      if let reading = cron.next(after: from + offset),
        change.map({ reading - offset < $0.at }) ?? true
      {
        return reading - offset
      }
      // The moment of the change itself shows the new reading.
      guard let change else { return nil }
      if cron.includes(change.at + Int64(change.offset)) { return change.at }
      from = change.at
    }
    return nil
  }
}

extension Int64 {
  /// Division that rounds toward negative infinity.
  fileprivate func dividedDown(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
