// SPDX-License-Identifier: Apache-2.0

import Glibc
public import LedgerDomain

/// Whether the last write of a ledger has a known outcome, as the `door` file says.
public enum PoisonState: Hashable, Sendable {
  /// Writing is allowed.
  case clear
  /// A write failed with an unknown outcome.
  case poisoned(PoisonMark)
  /// The mark is torn or not ours, which counts as poisoned.
  case unreadable

  /// Whether writing is refused.
  public var isPoisoned: Bool { self != .clear }

  /// Reads the mark. A missing or short file is `unreadable`; a link or another failure throws.
  public static func read(_ directory: LedgerDirectory) throws(DirectoryError) -> PoisonState {
    let path = directory.doorFile
    do throws(DirectoryError) {
      let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK, for: "read the poison mark")
      guard let state = read(file) else { throw DirectoryError.system("read", path) }
      return state
    } catch {
      guard error.systemError == ENOENT else { throw error }
      return .unreadable
    }
  }

  /// Reads the mark from the open door; nil with errno.
  package static func read(_ door: borrowing Descriptor) -> PoisonState? {
    door.read(DoorLayout.markLength, at: DoorLayout.markOffset).map(DoorLayout.state)
  }
}

/// What is known of a write whose outcome is unknown.
public struct PoisonMark: Hashable, Sendable {
  /// When it failed.
  public var time: Timestamp
  /// What failed, such as `commit`: at most 128 bytes are kept.
  public var operation: String
  /// The error number that it gave: of the system, or of LMDB when negative.
  public var error: Int32
  /// The process that saw it.
  public var pid: Int32

  /// Describes a failure.
  public init(time: Timestamp, operation: String, error: Int32, pid: Int32) {
    self.time = time
    self.operation = operation
    self.error = error
    self.pid = pid
  }
}

/// The one page of the `door` file, all of it allocated and synced at `init`.
///
/// ```
/// 0     header, ASCII, zero-padded        512  the mark, one sector
/// 1024  who holds the door: pid, decimal, zero-padded (a hint, never synced)
/// ```
/// The mark: word (16), time in microseconds (8), error (4), pid (4), operation (128), zeros,
/// and the word again (16); numbers big-endian. Only one exact content means `clear`.
package enum DoorLayout {
  package static let pageLength = 4096
  package static let markOffset = 512
  package static let markLength = 512
  package static let holderOffset = 1024
  package static let holderLength = 16
  static let header = "JobLedger door 1\n"
  private static let clearWord = "clear"
  private static let poisonWord = "poisoned"
  private static let wordLength = 16
  private static let operationOffset = 32
  private static let operationLength = 128

  /// The page as `init` writes it.
  package static func page() -> [UInt8] {
    padded(header, markOffset) + clearMark()
      + Array(repeating: 0, count: pageLength - markOffset - markLength)
  }

  package static func clearMark() -> [UInt8] {
    let word = padded(clearWord, wordLength)
    return word + Array(repeating: 0, count: markLength - 2 * wordLength) + word
  }

  package static func bytes(of mark: PoisonMark) -> [UInt8] {
    let word = padded(poisonWord, wordLength)
    var bytes = word
    append(UInt64(bitPattern: mark.time.microseconds), to: &bytes)
    append(UInt32(bitPattern: mark.error), to: &bytes)
    append(UInt32(bitPattern: mark.pid), to: &bytes)
    bytes += padded(mark.operation, operationLength)
    bytes += Array(repeating: 0, count: markLength - wordLength - bytes.count)
    return bytes + word
  }

  static func state(of bytes: [UInt8]) -> PoisonState {
    if bytes == clearMark() { return .clear }
    let word = padded(poisonWord, wordLength)
    guard bytes.count == markLength, bytes.starts(with: word),
      bytes.suffix(wordLength).elementsEqual(word)
    else { return .unreadable }
    func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
      bytes[offset..<offset + Number.bitWidth / 8].reduce(0) { $0 << 8 | Number($1) }
    }
    let operation = bytes[operationOffset..<operationOffset + operationLength].prefix { $0 != 0 }
    return .poisoned(
      PoisonMark(
        time: Timestamp(microseconds: Int64(bitPattern: number(UInt64.self, at: 16))),
        operation: String(decoding: operation, as: UTF8.self),
        error: Int32(bitPattern: number(UInt32.self, at: 24)),
        pid: Int32(bitPattern: number(UInt32.self, at: 28))))
  }

  /// The holder's note for process `pid`.
  package static func holder(_ pid: Int32) -> [UInt8] { padded(String(pid), holderLength) }

  /// The process named by a holder's note; nil when there is none.
  package static func holder(in bytes: [UInt8]) -> Int32? {
    Int32(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)).flatMap { $0 > 0 ? $0 : nil }
  }

  private static func padded(_ text: String, _ length: Int) -> [UInt8] {
    let bytes = Array(text.utf8.prefix(length))
    return bytes + Array(repeating: 0, count: length - bytes.count)
  }

  private static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
    for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }
}
