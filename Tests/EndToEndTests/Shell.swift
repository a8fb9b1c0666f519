// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport

/// Runs command lines as a person would type them, the binaries under test first on PATH.
struct Shell {
  private let folder: String
  private let environment: [String]

  /// Commands run in a folder, with an environment of their own.
  init(folder: String) throws {
    self.folder = folder
    environment = [
      "PATH=\(try Shell.binaries()):/usr/local/bin:/usr/bin:/bin", "HOME=\(folder)", "TZ=UTC",
      "LC_ALL=C.UTF-8", "TERM=dumb",
      // The interpreter with the package that the independent verifier needs.
      "PYTHON=\(getenv("JOBLEDGER_TEST_PYTHON").map { String(cString: $0) } ?? "python3")",
    ]
  }

  /// The folder of the binaries: that of the running test bundle.
  static func binaries() throws -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes {
      readlink(
        "/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    let path = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    var folder = path.split(separator: "/").dropLast()
    while !folder.isEmpty {
      let candidate = "/" + folder.joined(separator: "/")
      if access(candidate + "/jobledger", X_OK) == 0 { return candidate }
      folder = folder.dropLast()
    }
    throw Transcript.Failure(description: "no jobledger is built beside \(path)")
  }

  /// Both streams as they were printed, line by line, and the exit code.
  func run(_ command: String) throws -> (output: [String], exit: Int32) {
    let file = folder + "/.output"
    // A command that hangs fails its test and leaves nothing behind.
    let arguments = [
      "timeout", "--kill-after=5", "120", "/bin/sh", "-c", "cd '\(folder)' && { \(command)\n}",
    ]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, 1, file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var pid: pid_t = 0
    let status = Shell.withStrings(arguments) { arguments in
      Shell.withStrings(environment) { environment in
        withPlainSignals {
          posix_spawn(&pid, "/usr/bin/timeout", &actions, $0, arguments, environment)
        }
      }
    }
    guard status == 0 else {
      throw Transcript.Failure(
        description: "cannot run a shell: \(String(cString: strerror(status)))")
    }
    var ended: Int32 = 0
    while waitpid(pid, &ended, 0) < 0, errno == EINTR {}
    let exit = ended & 0x7F == 0 ? ended >> 8 & 0xFF : 128 + ended & 0x7F
    var lines = (TemporaryFolder.read(file) ?? []).split(
      separator: 0x0A, omittingEmptySubsequences: false
    )
    .map { line in String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self) }
    if lines.last == "" { lines.removeLast() }
    return (lines, exit)
  }

  private static func withStrings<R>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
  ) -> R {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}
