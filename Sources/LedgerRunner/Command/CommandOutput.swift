// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// What a short-lived helper program printed. For programs of ours to ask, never for users' code:
/// no guard watches it, so it is bounded in time and output and then killed.
struct CommandOutput {
  var stdout: [UInt8]
  /// Its exit code; nil when a signal ended it.
  var exit: Int32?

  /// Runs a program looked up on the PATH of `environment`, with /dev/null for input and errors.
  ///
  /// Nil when it cannot be started, prints more than `limit` bytes, or takes longer than `patience`.
  static func run(
    _ arguments: [String], folder: String, environment: [String: String],
    limit: Int = 64 * 1024 * 1024, patience: Duration = .seconds(60)
  ) -> CommandOutput? {
    let variables = environment.map { Array("\($0.key)=\($0.value)".utf8) }
    guard let name = arguments.first,
      case .found(let path) = ProgramSearch.find(Array(name.utf8), environment: variables),
      let pipe = try? Pipe()
    else { return nil }
    let copy = clinux_duplicate(pipe.writer.number, 16)
    pipe.writer.close()
    guard copy >= 0 else { return nil }
    var pid: Int32 = 0
    let code = CArguments.with(arguments.map { Array($0.utf8) }) { arguments in
      CArguments.with(variables) { environment in
        clinux_spawn(
          &pid, String(decoding: path, as: UTF8.self), arguments, environment, folder,
          [-1, copy, -1], 3, CLINUX_SPAWN_SESSION)
      }
    }
    close(copy)
    guard code == 0 else { return nil }
    let output = collect(pipe.reader.number, limit, patience)
    if output == nil { kill(-pid, SIGKILL) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      guard errno == EINTR else { return nil }
    }
    guard let output else { return nil }
    return CommandOutput(stdout: output, exit: status & 0x7f == 0 ? (status >> 8) & 0xff : nil)
  }

  private static func collect(_ pipe: Int32, _ limit: Int, _ patience: Duration) -> [UInt8]? {
    let deadline = ContinuousClock.now + patience
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let left = (deadline - ContinuousClock.now).milliseconds
      guard left > 0 else { return nil }
      var event = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
      guard poll(&event, 1, Int32(clamping: left)) >= 0 || errno == EINTR else { return nil }
      guard event.revents != 0 else { continue }
      let count = read(pipe, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return output }
      guard output.count + count <= limit else { return nil }
      output.append(contentsOf: buffer[..<count])
    }
  }
}
