// SPDX-License-Identifier: Apache-2.0
import LedgerConsole
import LedgerReading
import LedgerRunner
import LedgerStorage

/// What can go wrong where ledgers are written and jobs are run, as the command line ends with it.
extension Failure {
  /// The failure that any error stands for.
  init(anything error: any Error) {
    self = Failure(writing: error) ?? Failure(describing: error)
  }

  /// The failure of writing or running; nil for errors of other rooms.
  init?(writing error: any Error) {
    switch error {
    case let error as StorageError: self.init(error)
    case let error as JobError: self.init(error)
    case let error as BackupError: self.init(error)
    case let error as ManifestError:
      let status: ExitStatus =
        switch error.kind {
        case .missing: .notFound
        case .unreadable: .inputOutput
        case .unsuitable, .syntax, .content: .badInput
        }
      self.init(
        status, code: "manifest", what: "use the manifest",
        on: [error.file, error.line.map { "\($0)" }, error.column.map { "\($0)" }]
          .compactMap { $0 }.joined(separator: ":"),
        why: error.what, next: error.whatNext)
    default: return nil
    }
  }

  private init(_ error: StorageError) {
    switch error.code {
    case .directory(let error): self.init(error)
    case .reading(let error): self.init(error)
    case .database(let cause):
      let reading = ReadingError(.database(cause), error.operation)
      if reading.isDamage {
        // The same file is the same finding to who reads and to who writes.
        self.init(reading)
        return
      }
      self.init(
        .inputOutput, code: "database", why: "\(error)",
        next: error.isReadOnlyMedia
          ? "reading works; to write, mount the file system writable"
          : "nothing was written; try again")
    case .commitUnknown:
      self.init(
        .inputOutput, code: "commit-unknown", why: "\(error)",
        next: "run 'jobledger doctor'; repeated with the same --request, a command is done once")
    case .unencodable:
      self.init(.badInput, code: "too-large", why: "\(error)", next: "say it in fewer words")
    case .unfoldable:
      self.init(.bug, code: "unfoldable", why: "\(error)", next: "run 'jobledger replay verify'")
    case .clockBehind, .clockAhead:
      self.init(
        .tryAgain, code: "clock", why: "\(error)",
        next: "set the clock right and try again; if the ledger's time is the wrong one, "
          + "an admin can run 'jobledger clock correct --reason …'")
    case .newerViews:
      self.init(
        .unavailable, code: "upgrade", why: "\(error)", next: "use a newer jobledger")
    case .keyUnusable:
      self.init(
        .inputOutput, code: "key-unusable", why: "\(error)",
        next: "bring the key back to where it was, or start the agent that holds it; "
          + "'jobledger key show' tells which")
    case .noRandomness: self.init(.inputOutput, code: "no-randomness", why: "\(error)")
    case .closed: self.init(.bug, code: "closed", why: "\(error)")
    }
  }

  private init(_ error: BackupError) {
    let next: String
    let status: ExitStatus
    let code: String
    switch error.code {
    case .directory(let error):
      self.init(error)
      return
    case .storage(let error):
      self.init(error)
      return
    case .malformed:
      (status, code, next) = (.badInput, "backup-malformed", "use another copy of it")
    case .newer:
      (status, code, next) = (.unavailable, "upgrade", "use a newer jobledger")
    case .otherLedger:
      (status, code, next) = (.badInput, "other-ledger", "give one of the same ledger")
    case .otherHistory:
      (status, code, next) = (
        .findings, "other-history",
        "one of the two was altered, or they are two continuations of one copy: keep both as "
          + "evidence"
      )
    case .laterKnown:
      (status, code, next) = (
        .refused, "later-known",
        "use a later backup; if those events may be lost, add --accept-loss --reason …"
      )
    case .findings:
      (status, code, next) = (
        .findings, "not-whole", "run 'jobledger replay verify' on the ledger that was backed up"
      )
    case .unverified(let number):
      (status, code, next) = (ExitStatus(rawValue: number) ?? .inputOutput, "unverified", "")
    }
    let place = error.path.isEmpty ? "" : "'\(error.path)': "
    self.init(status, code: code, why: "\(place)\(error.reason)", next: next)
  }

  /// The failure of a command that was given this file; it is named once.
  init(anything error: any Error, about file: String) {
    if var backup = error as? BackupError, backup.path.utf8.elementsEqual(file.utf8) {
      backup.path = ""
      self.init(anything: backup)
    } else {
      self.init(anything: error)
    }
  }

  private init(_ error: JobError) {
    switch error {
    case .usage(let words): self.init(.usage, code: "usage", why: words)
    case .badInput(let words): self.init(.badInput, code: "bad-input", why: words)
    case .notFound(let words): self.init(.notFound, code: "not-found", why: words)
    case .unavailable(let words): self.init(.unavailable, code: "unavailable", why: words)
    case .inputOutput(let words): self.init(.inputOutput, code: "input-output", why: words)
    case .refused(let refusal): self.init(refusal)
    case .storage(let error): self.init(error)
    case .unknown(let error):
      self.init(error)
      status = .inputOutput
    case .reading(let error): self.init(error)
    case .detached(let exitCode, let words):
      self.init(ExitStatus(rawValue: exitCode) ?? .unavailable, code: "runner", why: words)
    }
  }
}
