// SPDX-License-Identifier: Apache-2.0

/// A pattern of relative paths: `*` and `?` within a component, `**` for any number of components.
struct Glob: Equatable, Sendable {
  private let parts: [[UInt8]]

  /// Nil for what names nothing below a folder: absolute, empty or with `..`.
  init?(_ pattern: String) {
    let bytes = Array(pattern.utf8)
    guard !bytes.isEmpty, bytes[0] != 0x2F, !bytes.contains(0) else { return nil }
    var parts: [[UInt8]] = bytes.split(separator: 0x2F).map { Array($0) }
    parts.removeAll { $0 == [0x2E] }
    guard !parts.isEmpty, !parts.contains([0x2E, 0x2E]) else { return nil }
    // A trailing slash names a folder: everything in it.
    if bytes.last == 0x2F { parts.append(Array("**".utf8)) }
    self.parts = parts
  }

  /// Whether a relative path without `.` or empty components matches.
  func matches(_ path: [UInt8]) -> Bool {
    let components = path.split(separator: 0x2F, omittingEmptySubsequences: false)
    // reachable[i]: the parts so far can match the first i components.
    var reachable = [Bool](repeating: false, count: components.count + 1)
    reachable[0] = true
    for part in parts {
      var next = [Bool](repeating: false, count: components.count + 1)
      if part == [0x2A, 0x2A] {
        var any = false
        for index in reachable.indices {
          any = any || reachable[index]
          next[index] = any
        }
      } else {
        for index in components.indices
        where reachable[index] && Self.matches(part, components[index]) {
          next[index + 1] = true
        }
      }
      reachable = next
    }
    return reachable[components.count]
  }

  private static func matches(_ part: [UInt8], _ name: ArraySlice<UInt8>) -> Bool {
    // Hidden files need a pattern that says so.
    if name.first == 0x2E, part.first != 0x2E { return false }
    var reachable = [Bool](repeating: false, count: name.count + 1)
    reachable[0] = true
    for byte in part {
      var next = [Bool](repeating: false, count: name.count + 1)
      if byte == 0x2A {
        var any = false
        for index in reachable.indices {
          any = any || reachable[index]
          next[index] = any
        }
      } else {
        for (index, actual) in name.enumerated()
        where reachable[index] && (byte == 0x3F || byte == actual) {
          next[index + 1] = true
        }
      }
      reachable = next
    }
    return reachable[name.count]
  }
}
