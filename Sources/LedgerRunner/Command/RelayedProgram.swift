// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
public import LedgerDomain

/// A program of ours whose output is passed on as it comes, and digested on the way.
public enum RelayedProgram {
  /// How it ended, and what it had printed by then.
  public struct End: Equatable, Sendable {
    /// Its exit code; 128 and more where a signal ended it, as shells have it.
    public var status: Int32
    /// The digest of everything it printed on standard output.
    public var digest: Digest
  }

  /// Runs the program at a path with this process's environment, input and standard error, and waits.
  ///
  /// Errors: `JobError` (69) where it cannot be started, and what `take` throws: then the program's output
  /// has no reader any more, which ends it.
  public static func run(
    _ path: String, _ arguments: [String], _ take: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> End {
    let pipe = try Pipe()
    // Sources must not be among the numbers that they are copied to.
    let descriptors = [STDIN_FILENO, pipe.writer.number, STDERR_FILENO].map {
      clinux_duplicate($0, 16)
    }
    pipe.writer.close()
    let variables = JobEnvironment.ofCaller().map { Array("\($0.key)=\($0.value)".utf8) }
    var pid: Int32 = 0
    let code = CArguments.with(([path] + arguments).map { Array($0.utf8) }) { arguments in
      CArguments.with(variables) { environment in
        clinux_spawn(&pid, path, arguments, environment, nil, descriptors, 3, 0)
      }
    }
    for descriptor in descriptors where descriptor >= 0 { close(descriptor) }
    guard code == 0 else {
      throw JobError.unavailable(
        "\(path) could not be started: \(SystemFailure.words(for: code))")
    }
    var ended: Int32 = 0
    var hashing = Hashing()
    do {
      defer {
        pipe.reader.close()
        while waitpid(pid, &ended, 0) < 0, errno == EINTR {}
      }
      var buffer = [UInt8](repeating: 0, count: 64 * 1024)
      while true {
        let count = read(pipe.reader.number, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        // What was cut off is not what was given out.
        guard count >= 0 else {
          throw JobError.unavailable(
            "the output of \(path) could not be read: \(SystemFailure.words(for: errno))")
        }
        if count == 0 { break }
        try buffer.withUnsafeBytes { bytes in
          let piece = UnsafeRawBufferPointer(rebasing: bytes[..<count])
          hashing.update(piece)
          try take(piece)
        }
      }
    }
    let status = ended & 0x7F == 0 ? ended >> 8 & 0xFF : 128 + ended & 0x7F
    return End(status: status, digest: hashing.digest())
  }
}
