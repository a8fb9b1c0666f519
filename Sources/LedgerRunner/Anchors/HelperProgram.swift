// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A program that is given bytes on its standard input and answers on its standard output, in a
/// session of its own, in bounded time and room. Nothing of it is left afterwards.
struct HelperProgram {
  /// What it came to.
  struct Answer {
    var stdout: [UInt8]
    var stderr: [UInt8]
    /// Its exit code; nil when a signal ended it.
    var exit: Int32?
  }

  /// Why there is no answer.
  enum Failure: Error, Equatable, CustomStringConvertible {
    case missing(String)
    case notStarted(Int32)
    case tooMuch(Int)
    case tooLong(Duration)

    var description: String {
      switch self {
      case .missing(let name): "there is no program '\(name)'"
      case .notStarted(let code): "it cannot be started: \(SystemFailure.words(for: code))"
      case .tooMuch(let limit): "it printed more than \(limit) bytes"
      case .tooLong(let limit): "it did not end within \(limit.milliseconds / 1000) seconds"
      }
    }
  }

  /// At most this much goes in: so much fits into a pipe before anybody reads.
  static let inputLimit = 60 * 1024

  var arguments: [String]
  var folder: String
  var environment: [String: String]
  var limit = 256 * 1024
  var patience: Duration = .seconds(30)

  func run(_ input: [UInt8]) throws(Failure) -> Answer {
    precondition(input.count <= HelperProgram.inputLimit, "the input fits into a pipe")
    let variables = environment.map { Array("\($0.key)=\($0.value)".utf8) }
    let name = arguments.first ?? ""
    var path = name
    if name.utf8.contains(0x2F) {
      if name.utf8.first != 0x2F { path = folder + "/" + name }
      guard access(path, X_OK) == 0 else { throw .missing(name) }
    } else {
      guard
        case .found(let found) = ProgramSearch.find(Array(name.utf8), environment: variables)
      else { throw .missing(name) }
      path = String(decoding: found, as: UTF8.self)
    }
    guard let stdin = try? Pipe(), let stdout = try? Pipe(), let stderr = try? Pipe() else {
      throw .notStarted(errno)
    }
    let written = input.withUnsafeBytes { write(stdin.writer.number, $0.baseAddress, $0.count) }
    stdin.writer.close()
    let descriptors = [stdin.reader.number, stdout.writer.number, stderr.writer.number].map {
      clinux_duplicate($0, 16)
    }
    stdout.writer.close()
    stderr.writer.close()
    var pid: Int32 = 0
    let code = CArguments.with(arguments.map { Array($0.utf8) }) { arguments in
      CArguments.with(variables) { environment in
        clinux_spawn(
          &pid, path, arguments, environment, folder, descriptors, 3, CLINUX_SPAWN_SESSION)
      }
    }
    for descriptor in descriptors where descriptor >= 0 { close(descriptor) }
    guard code == 0, written == input.count else { throw .notStarted(code == 0 ? EPIPE : code) }
    let deadline = ContinuousClock.now + patience
    let output = withExtendedLifetime((stdout, stderr)) {
      collect([stdout.reader.number, stderr.reader.number], deadline)
    }
    let isEnded = HelperProgram.awaitEnd(pid, deadline)
    // Its session's group, which cannot be another one while its leader is not reaped.
    kill(-pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    guard let output else { throw .tooMuch(limit) }
    guard isEnded else { throw .tooLong(patience) }
    return Answer(
      stdout: output[0], stderr: output[1],
      exit: status & 0x7F == 0 ? (status >> 8) & 0xFF : nil)
  }

  /// What both streams hold until they end, or time is up; nil where that is too much.
  private func collect(
    _ pipes: [Int32], _ deadline: ContinuousClock.Instant
  ) -> [[UInt8]]? {
    var output: [[UInt8]] = [[], []]
    var isOpen = [true, true]
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while isOpen[0] || isOpen[1] {
      let left = (deadline - ContinuousClock.now).milliseconds
      guard left > 0 else { return output }
      var events = pipes.indices.map { index in
        pollfd(fd: isOpen[index] ? pipes[index] : -1, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&events, 2, Int32(clamping: left)) >= 0 || errno == EINTR else { return output }
      for index in events.indices where events[index].revents != 0 {
        let count = read(pipes[index], &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        if count <= 0 {
          isOpen[index] = false
        } else {
          output[index] += buffer[..<count]
          guard output[index].count <= limit else { return nil }
        }
      }
    }
    return output
  }

  /// Waits for the end without reaping; a program may have closed its output and gone on.
  private static func awaitEnd(_ pid: Int32, _ deadline: ContinuousClock.Instant) -> Bool {
    while true {
      var info = siginfo_t()
      if waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0, info.si_signo != 0 {
        return true
      }
      guard ContinuousClock.now < deadline else { return false }
      usleep(5_000)
    }
  }
}
