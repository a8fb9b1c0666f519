// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Files of the folder `Fixtures`, found beside this source file.
public enum Fixture {
  /// Why a file could not be read.
  public struct Missing: Error, CustomStringConvertible {
    /// The path that was tried.
    public let description: String
  }

  /// The absolute path of a file, such as `events/leaves.jsonl`.
  public static func path(_ name: String, source: StaticString = #filePath) -> String {
    let parts = source.description.split(separator: "/", omittingEmptySubsequences: false)
    return (parts.dropLast(3) + ["Fixtures", name[...]]).joined(separator: "/")
  }

  /// The bytes of a file.
  public static func bytes(_ name: String) throws -> [UInt8] {
    let path = path(name)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Missing(description: path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      guard count >= 0 else { throw Missing(description: path) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  /// The lines of a file that ends in a line feed.
  public static func lines(_ name: String) throws -> [[UInt8]] {
    try bytes(name).split(separator: 0x0a).map(Array.init)
  }
}
