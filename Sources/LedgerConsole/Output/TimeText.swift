// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// Times and durations in words, for tables.
public enum TimeText {
  /// `850 ms`, `9.5 s`, `2m 3s`, `1h 2m`, `3d 4h`; two units at most, the rest cut off.
  public static func duration(microseconds: UInt64) -> String {
    let milliseconds = microseconds / 1000
    let seconds = milliseconds / 1000
    switch seconds {
    case 0: return "\(milliseconds) ms"
    case ..<10: return "\(seconds).\(milliseconds % 1000 / 100) s"
    case ..<60: return "\(seconds) s"
    case ..<3600: return pair(seconds / 60, "m", seconds % 60, "s")
    case ..<86_400: return pair(seconds / 3600, "h", seconds % 3600 / 60, "m")
    default: return pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
    }
  }

  /// `now`, `3 min ago`, `3 h ago`, `in 2 d`; from 30 days on the date in UTC.
  public static func relative(_ time: Timestamp, to now: Timestamp) -> String {
    let (difference, overflow) = now.microseconds.subtractingReportingOverflow(time.microseconds)
    let seconds = overflow ? UInt64.max : difference.magnitude / 1_000_000
    let span: String
    switch seconds {
    case ..<1: return "now"
    case ..<60: span = "\(seconds) s"
    case ..<3600: span = "\(seconds / 60) min"
    case ..<86_400: span = "\(seconds / 3600) h"
    case ..<(30 * 86_400): span = "\(seconds / 86_400) d"
    default: return String(absolute(time).prefix(10))
    }
    return difference > 0 ? "\(span) ago" : "in \(span)"
  }

  /// The time in UTC to the second, `2026-11-21 08:00:00Z`.
  public static func seconds(_ time: Timestamp) -> String {
    let written = absolute(time)
    return "\(written.prefix(10)) \(written.dropFirst(11).prefix(8))Z"
  }

  /// The stored form; of a time that has none, its microseconds.
  public static func absolute(_ time: Timestamp) -> String {
    time.isWritable ? time.description : "\(time.microseconds) µs"
  }

  private static func pair(_ big: UInt64, _ unit: String, _ small: UInt64, _ rest: String)
    -> String
  {
    small == 0 ? "\(big)\(unit)" : "\(big)\(unit) \(small)\(rest)"
  }
}
