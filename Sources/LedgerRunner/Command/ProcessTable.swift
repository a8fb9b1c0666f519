// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// What /proc tells about processes. Every answer may be out of date as soon as it is given.
enum ProcessTable {
  /// A process as /proc/PID/stat shows it.
  struct Entry: Equatable, Sendable {
    var pid: Int32
    /// The state letter; `Z` and `X` are dead.
    var state: UInt8
    var parent: Int32
    var group: Int32
    /// Clock ticks between boot and the start of the process.
    var startTicks: UInt64
    var isDead: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }
  }

  /// The entry of one process, or nil when there is none.
  static func entry(of pid: Int32) -> Entry? {
    guard let bytes = SmallFile.read("/proc/\(pid)/stat", atMost: 4096) else { return nil }
    return parse(bytes)
  }

  /// Parses one line of /proc/PID/stat. The name may hold anything, so fields count from the
  /// last parenthesis (proc(5): state is field 3, ppid 4, pgrp 5, starttime 22).
  static func parse(_ bytes: [UInt8]) -> Entry? {
    guard let close = bytes.lastIndex(of: UInt8(ascii: ")")),
      let pid = number(bytes.prefix { $0 != UInt8(ascii: " ") })
    else { return nil }
    let fields = bytes[(close + 1)...].split { $0 == UInt8(ascii: " ") || $0 == 10 }
    guard fields.count > 19, let state = fields[0].first, let parent = number(fields[1]),
      let group = number(fields[2]), let ticks = number(fields[19])
    else { return nil }
    return Entry(
      pid: Int32(truncatingIfNeeded: pid), state: state,
      parent: Int32(truncatingIfNeeded: parent), group: Int32(truncatingIfNeeded: group),
      startTicks: UInt64(ticks))
  }

  /// Every process below `root`, in no order, dead ones not yet reaped included.
  ///
  /// Cost: reads every process's stat file.
  static func descendants(of root: Int32) -> [Entry] {
    var children: [Int32: [Entry]] = [:]
    for pid in everyProcess() {
      if let entry = entry(of: pid) { children[entry.parent, default: []].append(entry) }
    }
    var found: [Entry] = []
    var waiting = [root]
    while let next = waiting.popLast() {
      for entry in children.removeValue(forKey: next) ?? [] {
        found.append(entry)
        waiting.append(entry.pid)
      }
    }
    return found
  }

  /// Whether the process holds one of these pipes (`pipe:[inode]` links) open.
  static func holds(_ pid: Int32, pipes: [UInt64]) -> Bool {
    let folder = "/proc/\(pid)/fd"
    guard let directory = opendir(folder) else { return false }
    defer { closedir(directory) }
    while let item = readdir(directory) {
      guard let number = number(ofName: item) else { continue }
      guard let link = SmallFile.link("\(folder)/\(number)") else { continue }
      if pipes.contains(where: { link == "pipe:[\($0)]" }) { return true }
    }
    return false
  }

  private static func everyProcess() -> [Int32] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var found: [Int32] = []
    while let item = readdir(directory) {
      if let number = number(ofName: item) { found.append(number) }
    }
    return found
  }

  private static func number(ofName item: UnsafeMutablePointer<dirent>) -> Int32? {
    let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
    let name = (UnsafeRawPointer(item) + offset).assumingMemoryBound(to: CChar.self)
    return Int32(String(cString: name))
  }

  private static func number(_ digits: some Sequence<UInt8>) -> Int? {
    var value = 0
    var any = false
    var negative = false
    for byte in digits {
      if byte == UInt8(ascii: "-"), !any, !negative {
        negative = true
        continue
      }
      guard byte >= 48, byte <= 57 else { return nil }
      let (product, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = product.addingReportingOverflow(Int(byte - 48))
      if over || more { return nil }
      value = sum
      any = true
    }
    return any ? (negative ? -value : value) : nil
  }
}

/// Whole small files and links, for /proc and /etc.
enum SmallFile {
  /// At most `limit` bytes of a file, or nil when it cannot be read.
  static func read(_ path: String, atMost limit: Int) -> [UInt8]? {
    let descriptor = clinux_openat(AT_FDCWD, path, O_RDONLY, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: limit)
    var filled = 0
    while filled < limit {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress! + filled, limit - filled)
      }
      if count < 0 {
        if errno == EINTR { continue }
        return nil
      }
      if count == 0 { break }
      filled += count
    }
    bytes.removeLast(limit - filled)
    return bytes
  }

  /// The first line of a file without its end, or nil when it cannot be read or is not UTF-8.
  static func line(_ path: String) -> String? {
    guard let bytes = read(path, atMost: 4096) else { return nil }
    return String(validating: bytes.prefix { $0 != 10 }, as: UTF8.self)
  }

  /// Where a symbolic link points, or nil.
  static func link(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard count >= 0, count < buffer.count else { return nil }
    return String(validating: buffer[..<count], as: UTF8.self)
  }
}
