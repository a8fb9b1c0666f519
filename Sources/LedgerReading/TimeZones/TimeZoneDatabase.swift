// SPDX-License-Identifier: Apache-2.0
// TimeZones — what a region's clocks showed, from the machine's own copy of the IANA database.
// Reads: /usr/share/zoneinfo, or TZDIR. Never: the clock, the variable TZ, glibc's global zone.
// Invariant: bytes of a zone's file never trap and names never leave the database's folder.
// Start at: TimeZoneDatabase.rules(of:), then TimeZoneRules. Tests: LedgerReadingTests.

import Glibc
import SystemPackage

/// Why a time zone cannot be used.
public enum TimeZoneError: Error, Equatable, Sendable {
  /// The name can be none, such as one with `..` in it.
  case malformedName(String)
  /// The database has no such zone.
  case unknown(String)
  /// There is no database at this path.
  case noDatabase(String)
  /// The zone's file cannot be understood.
  case damaged(String)
}

/// Finds time zones by their IANA names, such as `Europe/Berlin`.
public struct TimeZoneDatabase: Sendable {
  /// The folder that holds the zones.
  public let path: String

  /// Names the folder.
  public init(path: String = "/usr/share/zoneinfo") { self.path = path }

  /// The folder that `TZDIR` names, else the usual one.
  public static func system() -> TimeZoneDatabase {
    guard let folder = getenv("TZDIR"), folder[0] == 0x2F else { return TimeZoneDatabase() }
    return TimeZoneDatabase(path: String(cString: folder))
  }

  /// The rules of a zone. Universal time and offsets such as `+02:00` need no database.
  public func rules(of name: String) throws(TimeZoneError) -> TimeZoneRules {
    if ["UTC", "Z", "Etc/UTC", "GMT"].contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      return .utc
    }
    if let offset = TimeZoneDatabase.offset(name) { return TimeZoneRules(initialOffset: offset) }
    guard TimeZoneDatabase.isName(name) else { throw .malformedName(name) }
    // Whatever these mean on this machine, they mean something else on the next.
    if ["localtime", "posixrules"].contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      throw .unknown(name)
    }
    guard let bytes = read(name) else {
      throw exists(path) ? .unknown(name) : .noDatabase(path)
    }
    guard let rules = TimeZoneFile.rules(bytes) else { throw .damaged(name) }
    return rules
  }

  /// Seconds east of UTC of `+02:00`, `-0330` or `+02`; nil for anything else.
  static func offset(_ text: String) -> Int? {
    let bytes = Array(text.utf8)
    guard let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
      return nil
    }
    var digits = bytes.dropFirst()
    if digits.count == 5, digits[digits.startIndex + 2] == UInt8(ascii: ":") {
      digits.remove(at: digits.startIndex + 2)
    }
    guard digits.count == 2 || digits.count == 4,
      digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    let (hours, minutes) = digits.count == 2 ? (number, 0) : (number / 100, number % 100)
    guard hours < 24, minutes < 60 else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }

  /// Whether every part of a name is one of `[A-Za-z0-9][A-Za-z0-9_+-]*`: no dots, no empty parts.
  static func isName(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return name.utf8.count <= 64 && parts.count <= 4
      && parts.allSatisfy { part in
        guard let first = part.first, isAlphanumeric(first) else { return false }
        return part.allSatisfy { isAlphanumeric($0) || "_+-".utf8.contains($0) }
      }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private func read(_ name: String) -> [UInt8]? {
    // Links are followed: the database itself is made of them.
    guard
      let file = try? FileDescriptor.open(
        FilePath(path + "/" + name), .readOnly, options: [.closeOnExec, .nonBlocking])
    else { return nil }
    defer { try? file.close() }
    var status = stat()
    guard fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size <= TimeZoneFile.byteLimit
    else { return nil }
    let limit = Int(status.st_size)
    return try? [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = 0
      while count < limit {
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
        let read = try file.read(into: rest)
        if read == 0 { return }
        count += read
      }
    }
  }
}
