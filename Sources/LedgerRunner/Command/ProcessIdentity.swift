// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerDomain

/// One process, told apart from a later one that was given the same number.
public struct ProcessIdentity: Hashable, Sendable {
  /// Its number in `Machine.pidNamespace`.
  public var pid: Int32
  /// Clock ticks between boot and its start (/proc/PID/stat, field 22).
  public var startTicks: UInt64
  /// The boot it belongs to (/proc/sys/kernel/random/boot_id).
  public var boot: String

  /// Names a process by what was recorded of it.
  public init(pid: Int32, startTicks: UInt64, boot: String) {
    self.pid = pid
    self.startTicks = startTicks
    self.boot = boot
  }

  /// The identity of a process that runs now, or nil when there is none with this number.
  public init?(pid: Int32) {
    guard pid > 0, let entry = ProcessTable.entry(of: pid) else { return nil }
    self.init(pid: pid, startTicks: entry.startTicks, boot: Machine.boot)
  }

  /// The calling process.
  public static var current: ProcessIdentity {
    ProcessIdentity(pid: getpid())
      ?? ProcessIdentity(pid: getpid(), startTicks: 0, boot: Machine.boot)
  }

  /// Whether this very process still runs: same boot, same start, and not a zombie.
  ///
  /// Only meaningful on the machine and in the pid namespace where it was recorded.
  public var isAlive: Bool {
    guard boot == Machine.boot, let entry = ProcessTable.entry(of: pid) else { return false }
    return entry.startTicks == startTicks && !entry.isDead
  }
}

/// The machine and the namespace in which process numbers mean something.
public struct Machine: Hashable, Sendable {
  /// The host's name, `/`, and 12 digits that tell machines of one name apart: a digest, since
  /// machine-id(5) asks that the identifier itself be kept confidential.
  public var name: String
  /// The pid namespace's number: the inode that /proc/self/ns/pid links to; 0 where unknown.
  public var pidNamespace: UInt64
  /// The boot identifier.
  public var boot: String

  /// Where this process runs.
  public static let current = Machine(
    name: machineName(), pidNamespace: namespaceNumber(), boot: boot)

  /// This boot's identifier, or `unknown` where /proc does not tell.
  public static let boot = SmallFile.line("/proc/sys/kernel/random/boot_id") ?? "unknown"

  private static func namespaceNumber() -> UInt64 {
    var status = stat()
    return stat("/proc/self/ns/pid", &status) == 0 ? UInt64(status.st_ino) : 0
  }

  private static func machineName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    let host: String
    if gethostname(&buffer, buffer.count - 1) == 0 {
      host = String(decoding: buffer.map(UInt8.init(bitPattern:)).prefix { $0 != 0 }, as: UTF8.self)
    } else {
      host = "unknown"
    }
    guard let identifier = SmallFile.line("/etc/machine-id"), !identifier.isEmpty else {
      return host
    }
    let digest = Hashing.digest(Array("jobledger machine \(identifier)".utf8))
    return "\(host)/\(digest.hex.prefix(12))"
  }
}
