// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// A folder of a test's own, removed with everything in it when the last reference goes.
public final class TemporaryFolder: Sendable {
  /// The absolute path.
  public let path: String

  /// Makes the folder.
  public init() {
    var template = Array("/tmp/jobledger-test-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "a test needs a temporary folder")
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { TemporaryFolder.removeForGood(path) }

  /// The path of something in the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file that replaces whatever had the path, following no link.
  public static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) {
    unlink(path)
    let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    precondition(descriptor >= 0, "a test could not write \(path): errno \(errno)")
    var done = 0
    while done < bytes.count {
      done += bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done)
      }
    }
    fchmod(descriptor, mode)
    close(descriptor)
  }

  /// The bytes of a file, or nil when there is none.
  public static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count <= 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// The names in a directory, sorted; empty when there is none.
  public static func names(in path: String) -> [String] {
    guard let listing = opendir(path) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a tree that somebody may still be writing into for a moment: a process that was killed
  /// and is not gone yet, a thread that lets go of a ledger and signs it.
  public static func removeForGood(_ path: String) {
    for _ in 0..<250 {
      remove(path)
      if access(path, F_OK) != 0 { return }
      usleep(20_000)
    }
  }

  /// Removes a file or tree; links themselves, never what they lead to.
  public static func remove(_ path: String) {
    if unlink(path) == 0 || errno == ENOENT { return }
    for name in names(in: path) { remove("\(path)/\(name)") }
    rmdir(path)
  }
}
