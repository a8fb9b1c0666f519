// SPDX-License-Identifier: Apache-2.0
import Glibc
public import LedgerDomain
import LedgerReading

/// What the clocks read at one moment.
public struct ClockReading: Equatable, Sendable {
  /// The wall clock.
  public var time: Timestamp
  /// The identifier of the boot.
  public var boot: String
  /// CLOCK_BOOTTIME in microseconds.
  public var bootMicroseconds: UInt64

  /// Gathers the members.
  public init(time: Timestamp, boot: String, bootMicroseconds: UInt64) {
    self.time = time
    self.boot = boot
    self.bootMicroseconds = bootMicroseconds
  }
}

/// Where the time comes from; a parameter, so that tests can fix it.
public struct LedgerClock: Sendable {
  /// Reads the clocks.
  public var read: @Sendable () -> ClockReading

  /// A clock that reads as told.
  public init(_ read: @escaping @Sendable () -> ClockReading) { self.read = read }

  /// The system's clocks.
  public static func system() -> LedgerClock {
    let boot = bootIdentifier()
    return LedgerClock {
      ClockReading(
        time: Timestamp(microseconds: Int64(microseconds(CLOCK_REALTIME))), boot: boot,
        bootMicroseconds: UInt64(max(0, microseconds(CLOCK_BOOTTIME))))
    }
  }

  private static func microseconds(_ clock: clockid_t) -> Int {
    var value = timespec()
    clock_gettime(clock, &value)
    return value.tv_sec * 1_000_000 + value.tv_nsec / 1000
  }

  private static func bootIdentifier() -> String {
    let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    return String(unsafeUninitializedCapacity: 36) { buffer in
      max(0, Glibc.read(descriptor, buffer.baseAddress, 36))
    }
  }
}

/// The time that an append gets, and the reading beside it where the two differ.
struct StampedTime: Equatable {
  var time: Timestamp
  var clock: Timestamp?

  /// The most that a clock may lag behind the latest event; the time is held meanwhile.
  static let tolerance: Int64 = 5_000_000
  /// How far ahead of the latest event a reading needs the monotonic clock's support.
  static let leap: Int64 = 86_400_000_000

  /// A time that was given before.
  init(time: Timestamp) { self.time = time }

  /// Applies the rules of time to a reading; `isCorrection` lets it step back or leap.
  init(
    _ reading: ClockReading, after head: Head, isCorrection: Bool
  ) throws(StorageError) {
    let operation = "appending to the ledger"
    guard reading.time.isWritable else {
      throw StorageError(.clockAhead(reading: reading.time, last: head.lastTime), operation)
    }
    guard head.size.value > 0, !isCorrection else {
      self.time = reading.time
      return
    }
    let ahead = reading.time.microseconds - head.lastTime.microseconds
    if ahead < 0 {
      guard -ahead <= StampedTime.tolerance else {
        throw StorageError(.clockBehind(reading: reading.time, last: head.lastTime), operation)
      }
      self.time = head.lastTime
      self.clock = reading.time
      return
    }
    if ahead > StampedTime.leap, reading.boot == head.boot, !reading.boot.isEmpty {
      let elapsed = Int64(reading.bootMicroseconds) - Int64(head.bootMicroseconds)
      // A minute of slack: clocks are slewed, and suspended machines wake.
      guard abs(ahead - elapsed) <= 60_000_000 else {
        throw StorageError(.clockAhead(reading: reading.time, last: head.lastTime), operation)
      }
    }
    self.time = reading.time
  }
}
