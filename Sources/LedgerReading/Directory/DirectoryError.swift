// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// Why a file or lock of a ledger directory could not be used, and what to do about it.
///
/// Equal when code, path and `errno` are; the prose does not count.
public struct DirectoryError: Error, Sendable {
  /// What went wrong, in one word; new ones may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The word.
    public let rawValue: String
    /// Wraps a word.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// No ledger is there. Exit 66.
    public static let notFound = Code(rawValue: "not-found")
    /// Something of the ledger is missing or not what it must be. Exit 2.
    public static let damaged = Code(rawValue: "damaged")
    /// A symbolic link, a foreign owner, or a mode that lets strangers write. Exit 77.
    public static let unsafe = Code(rawValue: "unsafe")
    /// A file system, format or process namespace this program cannot work with. Exit 69.
    public static let unsupported = Code(rawValue: "unsupported")
    /// Another process of another pid namespace has the ledger open. Exit 69.
    public static let otherNamespace = Code(rawValue: "other-namespace")
    /// Somebody else holds what was asked for; nothing was changed. Exit 75.
    public static let busy = Code(rawValue: "busy")
    /// The files behind the path are no longer those that were opened: open again. Exit 75.
    public static let moved = Code(rawValue: "moved")
    /// An earlier write has an unknown outcome; only `doctor` lifts this. Exit 74.
    public static let poisoned = Code(rawValue: "poisoned")
    /// Too little free space to begin a write; nothing was changed. Exit 74.
    public static let noSpace = Code(rawValue: "no-space")
    /// What was to be written lies behind what is stored. Exit 2.
    public static let behind = Code(rawValue: "behind")
    /// The place for a new ledger is taken, or cannot be made. Exit 73.
    public static let cannotCreate = Code(rawValue: "cannot-create")
    /// The operating system refused. Exit 74.
    public static let inputOutput = Code(rawValue: "input-output")

    /// The exit code of a command that ends with this (sysexits.h).
    public var exitCode: Int32 {
      switch self {
      case .notFound: 66
      case .damaged, .behind: 2
      case .unsafe: 77
      case .unsupported, .otherNamespace: 69
      case .busy, .moved: 75
      case .cannotCreate: 73
      default: 74
      }
    }
  }

  /// What went wrong.
  public var code: Code
  /// What was attempted, such as `open the ledger`.
  public var operation: String
  /// On what.
  public var path: String
  /// Why it failed.
  public var reason: String
  /// What to do next; empty when there is no advice.
  public var whatNext: String
  /// The system's error number, or 0.
  public var systemError: Int32

  /// Describes a failure.
  public init(
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

  /// A failed system call; a link in the way is `unsafe`, everything else `inputOutput`.
  public static func system(
    _ operation: String, _ path: String, error: Int32 = errno, whatNext: String = ""
  ) -> DirectoryError {
    if error == ELOOP {
      return DirectoryError(
        .unsafe, operation, path, "it is a symbolic link", whatNext: "remove the link",
        systemError: error)
    }
    return DirectoryError(
      .inputOutput, operation, path, String(cString: strerror(error)),
      whatNext: whatNext.isEmpty ? advice(error) : whatNext, systemError: error)
  }

  private static func advice(_ error: Int32) -> String {
    switch error {
    case ENOSPC, EDQUOT: "make room on this file system and try again"
    case EROFS: "the file system is mounted read-only; only reading commands work here"
    case EACCES, EPERM: "run this as the ledger's owner"
    case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
    default: ""
    }
  }
}

extension DirectoryError: Equatable {
  /// Compares code, path and system error.
  public static func == (left: DirectoryError, right: DirectoryError) -> Bool {
    left.code == right.code && left.systemError == right.systemError
      && left.path.utf8.elementsEqual(right.path.utf8)
  }
}

extension DirectoryError: CustomStringConvertible {
  /// One sentence of what failed and why, then the advice.
  public var description: String {
    let what = "cannot \(operation) '\(path)': \(reason)"
    return whatNext.isEmpty ? what : "\(what); \(whatNext)"
  }
}
