// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading
public import LedgerStorage

/// Why a job was not run, or how running it broke off. The ledger holds nothing of it, unless said.
public enum JobError: Error, Equatable, Sendable {
  /// The request cannot be meant so (exit 64).
  case usage(String)
  /// Something that the request or the project holds is wrong (exit 65).
  case badInput(String)
  /// Something that the request names does not exist (exit 66).
  case notFound(String)
  /// Something that running needs cannot be had here (exit 69).
  case unavailable(String)
  /// A file or folder could not be read or written (exit 74).
  case inputOutput(String)
  /// A rule, or the state of the ledger, forbids it.
  case refused(Refusal)
  /// The ledger could not be written; nothing of it is recorded.
  case storage(StorageError)
  /// A commit failed when it may have come true (exit 74). What ran was stopped.
  case unknown(StorageError)
  /// The ledger could not be read.
  case reading(ReadingError)
  /// A runner in a process of its own failed before its job existed, with this exit code.
  case detached(exitCode: Int32, words: String)

  /// Wraps a failed call on the ledger's directory.
  init(directory error: DirectoryError, _ operation: String) {
    self = .storage(StorageError(.directory(error), operation))
  }
}

extension JobError: CustomStringConvertible {
  /// What was attempted, on what, why, and what to do next.
  public var description: String {
    switch self {
    case .usage(let words), .badInput(let words), .notFound(let words), .unavailable(let words),
      .inputOutput(let words):
      words
    case .detached(_, let words): words
    case .refused(let refusal): "\(refusal.summary). \(refusal.advice ?? "")"
    case .storage(let error): "\(error)"
    case .unknown(let error): "\(error)"
    case .reading(let error): "\(error)"
    }
  }
}

extension JobError {
  /// Gives the errors of the runner's parts their place among these.
  init(_ error: any Error) {
    switch error {
    case let error as JobError: self = error
    case let error as ManifestError:
      switch error.kind {
      case .missing: self = .notFound("\(error)")
      case .unreadable: self = .inputOutput("\(error)")
      case .unsuitable, .syntax, .content: self = .badInput("\(error)")
      }
    case let error as FilesError:
      switch error.code {
      case .missing: self = .notFound("\(error)")
      case .unsuitable, .changed, .tooMuch: self = .badInput("\(error)")
      case .stopped, .damaged, .inputOutput: self = .inputOutput("\(error)")
      }
    case let error as EnvironmentError: self = .badInput("\(error)")
    case let error as MetricsError: self = .badInput("\(error)")
    default: self = .unavailable("\(error)")
    }
  }
}

extension JobError {
  /// The same with more advice, where it is in words of its own.
  func adding(_ advice: String) -> JobError {
    switch self {
    case .badInput(let words): .badInput(words + advice)
    case .notFound(let words): .notFound(words + advice)
    case .inputOutput(let words): .inputOutput(words + advice)
    default: self
    }
  }
}

extension JobError {
  /// The exit code of a command that ends with this (sysexits.h).
  public var exitCode: Int32 {
    switch self {
    case .usage: 64
    case .badInput: 65
    case .notFound: 66
    case .unavailable: 69
    case .inputOutput, .unknown: 74
    case .detached(let exitCode, _): exitCode
    case .refused(let refusal):
      switch refusal.class {
      case .rule: 77
      case .notFound: 66
      case .badInput: 65
      case .tryAgain: 75
      }
    case .reading(let error): JobError.exitCode(error)
    case .storage(let error):
      switch error.code {
      case .directory(let error): error.code.exitCode
      case .reading(let error): JobError.exitCode(error)
      case .clockBehind, .clockAhead: 75
      case .newerViews: 69
      case .unencodable: 65
      case .unfoldable: 2
      default: 74
      }
    }
  }

  private static func exitCode(_ error: ReadingError) -> Int32 {
    switch error.code {
    case .directory(let error): error.code.exitCode
    case .beyondHead: 65
    case .newerViews: 69
    default: error.isDamage ? 2 : 74
    }
  }
}
