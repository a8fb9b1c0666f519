// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// Moments on a line of so many units, with marks at round times.
struct TimeAxis {
  /// A round time, and how it is written.
  struct Mark: Equatable {
    var time: Timestamp
    var label: String
  }

  private let span: ClosedRange<Timestamp>
  private let width: Double

  init(_ span: ClosedRange<Timestamp>, width: Double) {
    self.span = span
    self.width = width
  }

  private var length: Int64 {
    span.upperBound.microseconds - span.lowerBound.microseconds
  }

  /// How far along a moment is: 0 to the width; what lies outside is at its end.
  func place(of time: Timestamp) -> Double {
    guard length > 0 else { return width }
    let part = Double(time.microseconds - span.lowerBound.microseconds) / Double(length)
    return min(max(part, 0), 1) * width
  }

  /// At most nine round times, none outside.
  var marks: [Mark] {
    guard length > 0 else {
      return [Mark(time: span.upperBound, label: String("\(span.upperBound)".prefix(10)))]
    }
    let days = Double(length) / TimeAxis.day
    return days > 75 ? months(days) : steps()
  }

  private static let day = 86_400_000_000.0

  private func steps() -> [Mark] {
    let seconds: [Int64] = [
      1, 5, 15, 60, 300, 900, 3600, 10_800, 21_600, 86_400, 172_800, 604_800, 1_209_600,
    ]
    let step = (seconds.first { length / ($0 * 1_000_000) <= 6 } ?? 1_209_600) * 1_000_000
    var time = span.lowerBound.microseconds / step * step
    if time < span.lowerBound.microseconds { time += step }
    var marks: [Mark] = []
    while time <= span.upperBound.microseconds {
      let written = "\(Timestamp(microseconds: time))"
      let label =
        step >= 86_400_000_000
        ? String(written.prefix(10))
        : String(written.dropFirst(11).prefix(step < 60_000_000 ? 8 : 5))
      marks.append(Mark(time: Timestamp(microseconds: time), label: label))
      time += step
    }
    // Times of day alone do not tell which day.
    if step < 86_400_000_000, let first = marks.first {
      marks[0].label = "\(first.time)".prefix(10) + " " + first.label
    }
    return marks
  }

  private func months(_ days: Double) -> [Mark] {
    let step = [1, 2, 3, 6, 12, 24, 60, 120, 240].first { days / (30.4 * Double($0)) <= 8 } ?? 1200
    let start = "\(span.lowerBound)"
    guard let year = Int(start.prefix(4)), let month = Int(start.dropFirst(5).prefix(2)) else {
      return []
    }
    var marks: [Mark] = []
    var index = (year * 12 + month - 1) / step * step
    while let time = Timestamp(year: index / 12, month: index % 12 + 1, day: 1),
      time <= span.upperBound
    {
      if time >= span.lowerBound {
        let label = String("\(time)".prefix(step % 12 == 0 ? 4 : 7))
        marks.append(Mark(time: time, label: label))
      }
      index += step
    }
    return marks
  }
}
