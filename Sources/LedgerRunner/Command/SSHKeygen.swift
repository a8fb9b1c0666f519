// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Asks `ssh-keygen` for a signature, so that keys in an agent and on a security key work as they
/// do everywhere, and no private key is ever read by this program.
public enum SSHKeygen {
  /// Why there is no signature.
  public enum Failure: Error, Equatable, Sendable {
    /// `ssh-keygen` is not installed, or cannot be started.
    case unavailable
    /// It ended without one, after telling why on standard error.
    case refused(exit: Int32?)
  }

  /// The armored SSHSIG of a message of at most 60 KiB, by the key in a file: a private key, or a
  /// public one whose private half an agent holds. May ask for a passphrase or a touch on the
  /// terminal, and waits for it.
  public static func sign(
    _ message: [UInt8], key: String, namespace: String
  ) throws(Failure) -> [UInt8] {
    // It fits into the pipe before anybody reads, so nobody waits for anybody.
    guard message.count <= 60 * 1024, let input = try? Pipe(), let output = try? Pipe() else {
      throw .unavailable
    }
    let variables = SSHKeygen.environment()
    guard
      case .found(let path) = ProgramSearch.find(Array("ssh-keygen".utf8), environment: variables)
    else { throw .unavailable }
    let arguments = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key]
    let descriptors = [
      clinux_duplicate(input.reader.number, 16), clinux_duplicate(output.writer.number, 16),
      clinux_duplicate(STDERR_FILENO, 16),
    ]
    output.writer.close()
    var pid: Int32 = 0
    // In this session and group: it asks on the terminal, and an interrupt there ends both.
    let code = CArguments.with(arguments.map { Array($0.utf8) }) { arguments in
      CArguments.with(variables) { environment in
        clinux_spawn(
          &pid, String(decoding: path, as: UTF8.self), arguments, environment, nil, descriptors, 3,
          0)
      }
    }
    for descriptor in descriptors where descriptor >= 0 { close(descriptor) }
    guard code == 0 else { throw .unavailable }
    let written = message.withUnsafeBytes { write(input.writer.number, $0.baseAddress, $0.count) }
    input.writer.close()
    let signature = SSHKeygen.readAll(output.reader.number)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      guard errno == EINTR else { throw .refused(exit: nil) }
    }
    let exit = status & 0x7f == 0 ? (status >> 8) & 0xff : nil
    guard exit == 0, written == message.count else { throw .refused(exit: exit) }
    return signature
  }

  private static func readAll(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0, bytes.count < 1 << 20 else { return bytes }
      bytes += chunk[..<count]
    }
  }

  /// This process's variables: the agent's socket is among them.
  private static func environment() -> [[UInt8]] {
    var variables: [[UInt8]] = []
    var next = environ
    while let variable = next.pointee {
      variables.append(
        Array(UnsafeBufferPointer(start: variable, count: strlen(variable))).map {
          UInt8(bitPattern: $0)
        })
      next += 1
    }
    return variables
  }
}
