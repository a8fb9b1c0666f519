// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why files could not be digested, stored or copied.
public struct FilesError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds that callers tell apart.
  public enum Code: Equatable, Sendable {
    /// It is not there.
    case missing
    /// It is of a kind, or has a name, that is not taken: a link, a device, no UTF-8.
    case unsuitable
    /// It changed while it was read.
    case changed
    /// Stored bytes are not those of their digest.
    case damaged
    /// More, deeper or larger than the limits.
    case tooMuch
    /// Whoever asked for it wants it no more.
    case stopped
    /// The system failed; `systemError` is the errno value.
    case inputOutput
  }

  /// What kind of error it is.
  public var code: Code
  /// What was attempted.
  public var operation: String
  /// On what; may hold any characters, to be escaped where it is shown.
  public var path: String
  /// Why it failed.
  public var reason: String
  /// What to do next.
  public var whatNext: String
  /// The errno value, 0 where none is to blame.
  public var systemError: Int32

  init(
    _ code: Code, _ operation: String, _ path: String, _ reason: String, whatNext: String = "",
    systemError: Int32 = 0
  ) {
    self.code = code
    self.operation = operation
    self.path = path
    self.reason = reason
    self.whatNext = whatNext
    self.systemError = systemError
  }

  /// The failure that errno tells of.
  static func system(_ operation: String, _ path: String, _ error: Int32 = errno) -> FilesError {
    let code: Code = error == ENOENT || error == ENOTDIR ? .missing : .inputOutput
    return FilesError(
      code, operation, path, SystemFailure.words(for: error), systemError: error)
  }

  /// The exit code of a command that fails so (sysexits.h).
  public var exitCode: Int32 {
    switch code {
    case .missing: 66
    case .unsuitable, .changed, .tooMuch: 65
    case .stopped: 75
    case .damaged, .inputOutput: 74
    }
  }

  /// Compares kind and path, never the words.
  public static func == (left: FilesError, right: FilesError) -> Bool {
    left.code == right.code && left.path.utf8.elementsEqual(right.path.utf8)
  }

  /// What was attempted, on what, why it failed, what to do next.
  public var description: String {
    "could not \(operation) \(path): \(reason)" + (whatNext.isEmpty ? "" : "; \(whatNext)")
  }
}
