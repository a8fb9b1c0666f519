// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// A moment as a person writes it: RFC 3339, a local time, a day, or one told from the present.
///
/// `2026-06-30T12:00:00+02:00`, `2026-06-30 12:00Z` · `2026-06-30T17:00`, `yesterday 17:00` ·
/// `2026-06-30`, `today`, `yesterday` · `now`, `90 minutes ago`, `2 days ago` (of 24 hours). A day
/// or local time may name its zone: `2026-06-30T17:00 Europe/Berlin`, or in brackets (RFC 9557).
///
/// A local reading that the zone's clocks showed twice, or jumped over, is refused, and both moments
/// that it could mean are named.
public struct WrittenMoment: Equatable, Sendable {
  enum Day: Equatable, Sendable {
    case date(CalendarDate)
    case today
    case yesterday
  }

  private enum Form: Equatable, Sendable {
    /// So many microseconds before the present.
    case ago(Int64)
    /// With an offset from UTC.
    case exact(Timestamp, offset: Int)
    /// Microseconds since midnight by the local clock.
    case local(Day, Int64)
    case day(Day)
  }

  private let form: Form
  /// The zone that is written with it; nil: whichever the reader says.
  private let zone: String?

  /// Reads a written moment; nil for anything else. Digits behind the sixth of a fraction are
  /// dropped, and a leap second is the last microsecond before it.
  public init?(_ text: some StringProtocol) {
    var parser = MomentParser(text)
    if let span = parser.span() {
      (form, zone) = (.ago(span), nil)
      return
    }
    guard let day = parser.day() else { return nil }
    if parser.isAtEnd {
      (form, zone) = (.day(day), nil)
      return
    }
    if let name = parser.zone() {
      (form, zone) = (.day(day), name)
      return
    }
    guard let time = parser.timeOfDay() else { return nil }
    let offset = parser.offset()
    zone = parser.zone()
    guard parser.isAtEnd else { return nil }
    if case .date(let date) = day, let offset {
      let local = Int64(date.daysSinceEpoch) * 86_400_000_000 + time
      let moment = Timestamp(microseconds: local - Int64(offset) * 1_000_000)
      guard moment.isWritable else { return nil }
      form = .exact(moment, offset: offset)
    } else {
      // Whose yesterday it is, an offset cannot tell.
      guard offset == nil else { return nil }
      form = .local(day, time)
    }
  }

  /// Whether text begins as dates and the words for them do, so that it is meant as a moment.
  public static func isMeant(by text: some StringProtocol) -> Bool {
    let bytes = Array(text.utf8)
    for word in ["now", "today", "yesterday"] where bytes.starts(with: word.utf8) {
      let next = bytes.dropFirst(word.utf8.count).first
      if next == nil || next == 0x20 || next == UInt8(ascii: "T") || next == UInt8(ascii: "[") {
        return true
      }
    }
    if let first = bytes.first, (0x30...0x39).contains(first),
      bytes.suffix(4).elementsEqual(" ago".utf8)
    {
      return true
    }
    return bytes.count >= 5 && bytes[4] == UInt8(ascii: "-")
      && bytes[..<4].allSatisfy { (0x30...0x39).contains($0) }
  }

  /// The moment up to which everything is meant: of a day its last microsecond.
  ///
  /// `zone` counts where none is written; `now` is the present.
  public func end(
    in zone: TimeZoneRules, now: Timestamp, zones: TimeZoneDatabase = .system()
  ) throws(AsOfError) -> Timestamp {
    let rules = try rules(zone, zones)
    if case .day(let day) = form { return rules.lastMoment(of: date(day, rules, now)) }
    return try moment(in: rules, now)
  }

  /// The moment from which everything is meant: of a day its first microsecond.
  public func beginning(
    in zone: TimeZoneRules, now: Timestamp, zones: TimeZoneDatabase = .system()
  ) throws(AsOfError) -> Timestamp {
    let rules = try rules(zone, zones)
    if case .day(let day) = form { return rules.firstMoment(of: date(day, rules, now)) }
    return try moment(in: rules, now)
  }

  private func rules(
    _ given: TimeZoneRules, _ zones: TimeZoneDatabase
  ) throws(AsOfError) -> TimeZoneRules {
    guard let zone else { return given }
    let rules: TimeZoneRules
    do throws(TimeZoneError) { rules = try zones.rules(of: zone) } catch { throw .zone(error) }
    if case .exact(let moment, let offset) = form {
      let seconds = WrittenMoment.seconds(moment.microseconds)
      guard rules.offset(at: seconds) == offset else { throw .offsetNotOfZone(zone, moment) }
    }
    return rules
  }

  private func date(_ day: Day, _ rules: TimeZoneRules, _ now: Timestamp) -> CalendarDate {
    let seconds = WrittenMoment.seconds(now.microseconds)
    let local = seconds + Int64(rules.offset(at: seconds))
    let today = Int((local >= 0 ? local : local - 86_399) / 86_400)
    return switch day {
    case .date(let date): date
    case .today: CalendarDate(daysSinceEpoch: today)
    case .yesterday: CalendarDate(daysSinceEpoch: today - 1)
    }
  }

  private func moment(
    in rules: TimeZoneRules, _ now: Timestamp
  ) throws(AsOfError) -> Timestamp {
    switch form {
    case .ago(let span): return Timestamp(microseconds: now.microseconds - span)
    case .exact(let moment, _): return moment
    case .day(let day): return rules.lastMoment(of: date(day, rules, now))
    case .local(let day, let time):
      let local = Int64(date(day, rules, now).daysSinceEpoch) * 86_400_000_000 + time
      let seconds = WrittenMoment.seconds(local)
      let fraction = local - seconds * 1_000_000
      func timestamp(_ moment: Int64) -> Timestamp {
        Timestamp(microseconds: moment * 1_000_000 + fraction)
      }
      switch rules.moments(ofLocal: seconds) {
      case .unique(let moment): return timestamp(moment)
      case .skipped(let jump):
        throw .skippedLocalTime(
          before: timestamp(seconds - Int64(rules.offset(at: jump - 1))),
          after: timestamp(seconds - Int64(rules.offset(at: jump))))
      case .ambiguous(let first, let last):
        throw .ambiguousLocalTime(first: timestamp(first), last: timestamp(last))
      }
    }
  }

  /// Whole seconds, towards the past.
  private static func seconds(_ microseconds: Int64) -> Int64 {
    microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
  }
}
