// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// A command on its way into the log, with what makes a repetition recognisable.
public struct Submission: Sendable {
  /// What is asked, by whom.
  public var command: Command
  /// The caller's key and the canonical JSON of what it asked; nil when it gave no key.
  public var request: (key: RequestKey, content: [UInt8])?
  /// The statement of what is asked with a signature; nil when it is asked without one.
  public var signed: SignedRequest?
  /// Gathers the members.
  public init(
    _ command: Command, request: (key: RequestKey, content: [UInt8])? = nil,
    signed: SignedRequest? = nil
  ) {
    self.command = command
    self.request = request
    self.signed = signed
  }
}

/// What became of a command.
public enum Outcome: Equatable, Sendable {
  /// It is in the log, on disk. Empty when it was already satisfied.
  case accepted([Event])
  /// The same request was accepted before, with this result.
  case duplicate([Event])
  /// A rule, or the state of the ledger, forbids it. Nothing was appended for it.
  case refused(Refusal)
  /// It is not in the log: something failed before anything was written.
  case failed(StorageError)
  /// A commit failed when it may have come true. A request key tells after reopening.
  case unknown(StorageError)

  /// The events of the result, for an accepted or repeated command.
  public var events: [Event]? {
    switch self {
    case .accepted(let events), .duplicate(let events): events
    case .refused, .failed, .unknown: nil
    }
  }
}

/// What became of a batch of log lines.
public enum LogOutcome: Equatable, Sendable {
  /// They are in the log, on disk.
  case accepted(PositionRange)
  /// The job does not run.
  case refused(Refusal)
  /// They are not in the log.
  case failed(StorageError)
  /// A commit failed when it may have come true.
  case unknown(StorageError)
}
