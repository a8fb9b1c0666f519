// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// How fast a history is played.
enum WatchPace: Equatable, ExpressibleByArgument {
  /// So many times as fast as it was recorded.
  case speed(Double)
  /// So many events a second.
  case rate(Double)
  /// One event at each key.
  case step
  /// Without waiting.
  case full

  /// No gap of the history is waited for longer.
  static let longestWait: UInt64 = 3_000_000

  /// `10x`, `5/s`, `step`, `max`.
  init?(argument: String) {
    switch argument {
    case "step": self = .step
    case "max": self = .full
    default:
      if argument.hasSuffix("x"), let factor = WatchPace.factor(argument.dropLast()) {
        self = .speed(factor)
      } else if argument.hasSuffix("/s"), let rate = WatchPace.factor(argument.dropLast(2)) {
        self = .rate(rate)
      } else {
        return nil
      }
    }
  }

  private static func factor(_ text: Substring) -> Double? {
    guard let value = Double(String(text)), value.isFinite, value > 0 else { return nil }
    return value
  }

  /// How long to wait before an event that came so long after the one before it; nil: for a key.
  /// All in microseconds.
  func wait(after gap: UInt64) -> UInt64? {
    switch self {
    case .step: nil
    case .full: 0
    case .rate(let rate): UInt64(min(1_000_000 / rate, Double(WatchPace.longestWait)))
    case .speed(let factor):
      UInt64(min(Double(gap) / factor, Double(WatchPace.longestWait)))
    }
  }
}
