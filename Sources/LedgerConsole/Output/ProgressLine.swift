// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One line that says how far long work is: on a terminal only, at most ten times a second, and
/// gone when the work is done.
public struct ProgressLine {
  private let err: Output
  private let isOn: Bool
  private let clock: () -> UInt64
  private var last: UInt64?

  /// Begins silently. `clock` tells microseconds that never go back.
  public init(
    _ console: Console, clock: @escaping () -> UInt64 = ProgressLine.monotonicMicroseconds
  ) {
    err = console.err
    isOn = console.errIsTerminal
    self.clock = clock
  }

  /// Shows `what: 41% (12,345 of 30,000)`, unless it was shown a moment ago.
  public mutating func update(_ what: String, done: UInt64, of total: UInt64) {
    guard isOn else { return }
    let now = clock()
    if let last, now &- last < 100_000 { return }
    last = now
    let percent = total == 0 ? 100 : min(100, Int(Double(done) / Double(total) * 100))
    let text = "\(what): \(percent)% (\(grouped(done)) of \(grouped(total)))"
    try? err.write("\r\u{1b}[K" + TerminalText.escape(text))
    try? err.flush()
  }

  /// Takes the line away.
  public mutating func clear() {
    guard last != nil else { return }
    last = nil
    try? err.write("\r\u{1b}[K")
    try? err.flush()
  }

  private func grouped(_ value: UInt64) -> String {
    var text = ""
    for (index, digit) in String(value).reversed().enumerated() {
      if index > 0, index % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }

  /// Microseconds since the machine started.
  public static func monotonicMicroseconds() -> UInt64 {
    var time = timespec()
    _ = clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
  }
}
