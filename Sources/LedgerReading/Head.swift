// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import Transparency

/// Where the log ends: rewritten by every append, in the same transaction.
///
/// Stored as: format (1 byte), reducer version (4), last time (8), boot time in microseconds (8),
/// length of the boot identifier (1) and its ASCII bytes, then the frontier; integers big-endian.
public struct Head: Equatable, Sendable {
  /// The tree's peaks, with the size.
  public var frontier: Frontier
  /// When the latest event was recorded.
  public var lastTime: Timestamp
  /// The boot during which it was recorded.
  public var boot: String
  /// CLOCK_BOOTTIME at that moment, in microseconds.
  public var bootMicroseconds: UInt64
  /// The version of the reducer that made the rows.
  public var reducer: UInt32

  /// Gathers the members.
  public init(
    frontier: Frontier, lastTime: Timestamp, boot: String, bootMicroseconds: UInt64,
    reducer: UInt32
  ) {
    self.frontier = frontier
    self.lastTime = lastTime
    self.boot = boot
    self.bootMicroseconds = bootMicroseconds
    self.reducer = reducer
  }

  /// The head of an empty log.
  public static let empty = Head(
    frontier: Frontier(), lastTime: Timestamp(microseconds: .min), boot: "", bootMicroseconds: 0,
    reducer: Reducer.version)

  /// The number of events.
  public var size: LedgerSize { LedgerSize(frontier.size) }

  /// The stored form.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = [1]
    func append(_ value: UInt64, _ count: Int) {
      for shift in stride(from: 8 * (count - 1), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
      }
    }
    append(UInt64(reducer), 4)
    append(UInt64(bitPattern: lastTime.microseconds), 8)
    append(bootMicroseconds, 8)
    let boot = Array(self.boot.utf8.prefix(255))
    bytes.append(UInt8(boot.count))
    bytes += boot
    bytes += frontier.bytes
    return bytes
  }

  /// Parses the stored form; nil for anything else.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 22, bytes[0] == 1 else { return nil }
    func number(_ offset: Int, _ count: Int) -> UInt64 {
      bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
    let length = Int(bytes[21])
    guard bytes.count >= 22 + length,
      let frontier = try? Frontier(bytes: UnsafeRawBufferPointer(rebasing: bytes[(22 + length)...]))
    else { return nil }
    self.frontier = frontier
    self.reducer = UInt32(number(1, 4))
    self.lastTime = Timestamp(microseconds: Int64(bitPattern: number(5, 8)))
    self.bootMicroseconds = number(13, 8)
    self.boot = String(decoding: bytes[22..<22 + length], as: UTF8.self)
  }
}
