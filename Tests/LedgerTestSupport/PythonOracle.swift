// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Runs a Python script over a batch, for comparison with an independent implementation.
///
/// The interpreter is that of `JOBLEDGER_TEST_PYTHON`, else `python3`.
public enum PythonOracle {
  /// Why a script gave no answer.
  public struct Failure: Error, CustomStringConvertible {
    /// What was attempted and what came of it.
    public let description: String
  }

  /// What the script writes to its standard output when `input` is its standard input.
  public static func run(_ script: String, input: [UInt8]) throws -> [UInt8] {
    // Files rather than pipes: neither side can wait for the other.
    let inputFile = try temporaryFile()
    defer { close(inputFile) }
    let outputFile = try temporaryFile()
    defer { close(outputFile) }
    try writeAll(input, to: inputFile)
    lseek(inputFile, 0, SEEK_SET)
    let status = try spawn(script, input: inputFile, output: outputFile)
    guard status == 0 else { throw Failure(description: "python3 ended with status \(status)") }
    lseek(outputFile, 0, SEEK_SET)
    return try readAll(outputFile)
  }

  /// The lines that the script answers to these lines, one for each.
  public static func lines(_ script: String, _ input: [[UInt8]]) throws -> [[UInt8]] {
    let output = try run(script, input: Array(input.joined(separator: [0x0a])) + [0x0a])
    var lines = output.split(separator: 0x0a, omittingEmptySubsequences: false).map(Array.init)
    lines.removeLast()
    guard lines.count == input.count else {
      throw Failure(description: "\(lines.count) answers to \(input.count) questions")
    }
    return lines
  }

  private static func temporaryFile() throws -> CInt {
    var path = Array("/tmp/jobledger-oracle-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw Failure(description: "no temporary file: errno \(errno)") }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: CInt) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        write(descriptor, $0.baseAddress! + done, bytes.count - done)
      }
      guard count > 0 else { throw Failure(description: "cannot write: errno \(errno)") }
      done += count
    }
  }

  private static func readAll(_ descriptor: CInt) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      guard count >= 0 else { throw Failure(description: "cannot read: errno \(errno)") }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  private static func spawn(_ script: String, input: CInt, output: CInt) throws -> CInt {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    let interpreter = getenv("JOBLEDGER_TEST_PYTHON").map { String(cString: $0) } ?? "python3"
    var arguments: [UnsafeMutablePointer<CChar>?] = []
    for argument in [interpreter, "-c", script] { arguments.append(strdup(argument)) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, interpreter, &actions, nil, &arguments, environ)
    guard code == 0 else { throw Failure(description: "cannot start python3: errno \(code)") }
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { throw Failure(description: "cannot wait: errno \(errno)") }
    }
    return status
  }
}
