// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerConsole

/// `jobledger NAME …` is `jobledger-NAME …` where NAME is no command of its own, as git does it.
enum ExternalCommand {
  /// Becomes that program; returns where there is none.
  static func execute(_ name: String, _ arguments: [String]) throws {
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 != 0x2F && $0 != 0 }),
      let path = find("jobledger-" + name)
    else { return }
    // What the parent of a program ignores, the program ignores too.
    signal(SIGPIPE, SIG_DFL)
    signal(SIGXFSZ, SIG_DFL)
    var strings = ([path] + arguments).map { strdup($0) }
    strings.append(nil)
    execv(path, strings)
    let error = errno
    throw Failure(
      .unavailable, code: "external-command-failed", what: "run", on: "'\(path)'",
      why: String(cString: strerror(error)))
  }

  /// The program beside this one, else on PATH.
  static func find(_ program: String) -> String? {
    var folders: [String] = []
    if let own = ownPath(), let slash = own.utf8.lastIndex(of: 0x2F) {
      folders.append(String(own[..<slash]))
    }
    folders += (ProcessEnvironment["PATH"] ?? "").utf8
      .split(separator: 0x3A).map { String(Substring($0)) }
    return folders.lazy.map { "\($0)/\(program)" }.first { path in
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        && access(path, X_OK) == 0
    }
  }

  private static func ownPath() -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes {
      readlink(
        "/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard count > 0, count < buffer.count else { return nil }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}
