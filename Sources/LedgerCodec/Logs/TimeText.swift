// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// The written form of the time used last: neighbours mostly share its date and second.
struct TimeText {
  /// The 20 bytes before the fraction, `2026-11-21T08:00:00.`, in three words.
  private var words: (UInt64, UInt64, UInt32) = (0, 0, 0)
  /// The microseconds at which that second begins; an odd number stands for none.
  private var second: Int64 = 1

  /// Writes the 27 bytes of a writable time.
  @inline(__always)
  mutating func write(_ time: Timestamp, to target: UnsafeMutablePointer<UInt8>) {
    let raw = UnsafeMutableRawPointer(target)
    let fraction = time.microseconds &- second
    guard second & 1 == 0, fraction >= 0, fraction < 1_000_000 else {
      return renew(time, raw)
    }
    raw.storeBytes(of: words.0, as: UInt64.self)
    raw.storeBytes(of: words.1, toByteOffset: 8, as: UInt64.self)
    raw.storeBytes(of: words.2, toByteOffset: 16, as: UInt32.self)
    Decimal.write(UInt64(fraction), digits: 6, to: target + 20)
    target[26] = 0x5a
  }

  @inline(never)
  private mutating func renew(_ time: Timestamp, _ raw: UnsafeMutableRawPointer) {
    time.write(into: UnsafeMutableRawBufferPointer(start: raw, count: 27))
    remember(time, UnsafeRawPointer(raw))
  }

  private mutating func remember(_ time: Timestamp, _ written: UnsafeRawPointer) {
    let fraction = time.microseconds % 1_000_000
    second = time.microseconds &- (fraction < 0 ? fraction &+ 1_000_000 : fraction)
    words.0 = written.loadUnaligned(as: UInt64.self)
    words.1 = written.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    words.2 = written.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
  }

  /// Reads the 27 bytes of a written form; nil for anything else.
  @inline(__always)
  mutating func read(_ source: UnsafeRawPointer) -> Timestamp? {
    guard second & 1 == 0, source.loadUnaligned(as: UInt64.self) == words.0,
      source.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == words.1,
      source.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == words.2,
      source.load(fromByteOffset: 26, as: UInt8.self) == 0x5a
    else {
      let written = UnsafeRawBufferPointer(start: source, count: 27)
      guard let time = Timestamp(written: written) else { return nil }
      remember(time, source)
      return time
    }
    var fraction: Int64 = 0
    for at in 20..<26 {
      let digit = source.load(fromByteOffset: at, as: UInt8.self) &- 0x30
      if digit > 9 { return nil }
      fraction = fraction &* 10 &+ Int64(digit)
    }
    return Timestamp(microseconds: second &+ fraction)
  }
}
