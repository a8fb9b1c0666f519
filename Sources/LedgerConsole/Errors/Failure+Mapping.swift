// SPDX-License-Identifier: Apache-2.0
import Glibc
public import LedgerAudit
public import LedgerDomain
public import LedgerReading

/// The one table from errors to exit codes; those of writing are mapped where writing is known.
extension Failure {
  /// The failure that any error of the rooms below stands for. What nobody expected is a bug (70).
  public init(describing error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let refusal as Refusal: self.init(refusal)
    case let error as DirectoryError: self.init(error)
    case let error as ReadingError: self.init(error)
    case let error as AsOfError: self.init(error)
    case let error as ReferenceError: self.init(error)
    case let error as TimeZoneError: self.init(error)
    case let error as WordSearchError: self.init(error)
    case let error as TextPatternError: self.init(error)
    case let error as OutputError: self.init(error)
    default:
      self.init(
        .bug, code: "bug", why: "something unexpected happened: \(error)",
        next: "please report this, with the command")
    }
  }

  /// A rule said no.
  public init(_ refusal: Refusal) {
    let status: ExitStatus =
      switch refusal.class {
      case .rule: .refused
      case .notFound: .notFound
      case .badInput: .badInput
      case .tryAgain: .tryAgain
      }
    self.init(status, code: refusal.word, why: refusal.summary, next: refusal.advice)
  }

  /// The ledger's directory cannot be used.
  public init(_ error: DirectoryError) {
    self.init(
      ExitStatus(rawValue: error.code.exitCode) ?? .inputOutput, code: error.code.rawValue,
      what: error.operation, on: "'\(error.path)'", why: error.reason, next: error.whatNext)
  }

  /// The ledger cannot be read.
  public init(_ error: ReadingError) {
    if case .directory(let error) = error.code {
      self.init(error)
      return
    }
    self.init(
      ExitStatus(rawValue: error.exitCode) ?? .inputOutput, code: error.word, why: "\(error)",
      next: error.isDamage
        ? "run 'jobledger replay verify' to see what is wrong, and 'jobledger doctor' to repair it"
        : nil)
  }

  /// Output failed. A reader that left is no failure: ``ErrorReport`` ends quietly.
  public init(_ error: OutputError) {
    switch error {
    case .closed:
      self.init(.done, code: "output-closed", what: "write the output", why: "nobody reads it")
    case .failed(let number):
      self.init(
        .inputOutput, code: "output-failed", what: "write the output",
        why: String(cString: strerror(number)),
        next: number == ENOSPC || number == EDQUOT ? "make room and run it again" : nil)
    }
  }

  /// Words cannot be looked for.
  public init(_ error: WordSearchError) {
    switch error {
    case .noWords(let text):
      self.init(
        .badInput, code: "no-words", what: "look for", on: "'\(text)'",
        why: "there is no word in it",
        next: "give letters or digits, or an expression with --grep")
    case .quotationOpen(let text):
      self.init(
        .badInput, code: "quotation-open", what: "look for", on: "'\(text)'",
        why: "a quotation in it does not end", next: "write a phrase as '\"two words\"'")
    }
  }

  /// It is no regular expression. It is not repeated: it may be what is to be forgotten.
  public init(_ error: TextPatternError) {
    self.init(
      .badInput, code: "pattern-malformed", what: "search for", on: "the pattern",
      why: error.why, next: "write an extended regular expression, as grep -E takes it")
  }

  /// Compiles an expression that may be shown; 65, with it, where it is none.
  public static func telling(pattern: String) throws(Failure) -> TextPattern {
    do throws(TextPatternError) { return try TextPattern(pattern) } catch {
      var failure = Failure(error)
      failure.on = "'\(pattern)'"
      throw failure
    }
  }

  /// A time zone cannot be used.
  public init(_ error: TimeZoneError) {
    let what = "use the time zone"
    switch error {
    case .malformedName(let name):
      self.init(
        .badInput, code: "zone-malformed", what: what, on: "'\(name)'",
        why: "no zone has such a name", next: "write it as in Europe/Berlin, or an offset as +02:00"
      )
    case .unknown(let name):
      self.init(
        .badInput, code: "zone-unknown", what: what, on: "'\(name)'",
        why: "the time zone database does not have it",
        next: "write it as in Europe/Berlin, or an offset as +02:00")
    case .noDatabase(let path):
      self.init(
        .unavailable, code: "zone-database-missing", what: "read the time zone database",
        on: "'\(path)'", why: "it does not exist",
        next: "install tzdata, or give the time with an offset as in 2026-06-30T12:00+02:00")
    case .damaged(let name):
      self.init(
        .unavailable, code: "zone-damaged", what: what, on: "'\(name)'",
        why: "its file in the time zone database cannot be understood",
        next: "install tzdata again, or give the time with an offset as in 2026-06-30T12:00+02:00")
    }
  }

  /// A reference leads nowhere, or to several things.
  public init(_ error: ReferenceError) {
    let what = "find"
    switch error {
    case .malformed(let text):
      self.init(
        .badInput, code: "reference-malformed", what: what, on: "'\(text)'",
        why: "it is no reference",
        next: "write a job (train-7k2pqx), version (churn-lr@3), event ('#41') or name, "
          + "with the project before it (churn/churn-lr) where it is not unique")
    case .ambiguous(let text, let candidates, let count):
      var details = JSONObject()
      details["candidates"] = .array(candidates.map { .string($0) })
      let more = count > candidates.count ? " and \(count - candidates.count) more" : ""
      self.init(
        .badInput, code: "reference-ambiguous", what: what, on: "'\(text)'",
        why: "it can mean " + candidates.joined(separator: ", ") + more,
        next: "write more of it", details: details)
    case .notFound(let text, let kinds, let size, let suggestions):
      var details = JSONObject()
      if !suggestions.isEmpty {
        details["suggestions"] = .array(suggestions.map { .string($0) })
      }
      let words = kinds.map(\.rawValue)
      let looked =
        words.count > 1
        ? words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        : words.first ?? "thing"
      self.init(
        .notFound, code: "not-found", what: what, on: "'\(text)'",
        why: "there is no such \(looked) as of size \(size.value)",
        next: suggestions.isEmpty
          ? nil : "did you mean \(suggestions.joined(separator: " or "))?", details: details)
    }
  }

  /// No size can be told from what `--as-of` says.
  public init(_ error: AsOfError) {
    let what = "look as of"
    switch error {
    case .notUnderstood(let text):
      self.init(
        .badInput, code: "as-of-malformed", what: what, on: "'\(text)'",
        why: "it is neither size, event, time nor checkpoint",
        next: "write a size (42), an event ('#41'), a time (2026-06-30T12:00:00Z), "
          + "a day (2026-06-30, yesterday) or the path of a checkpoint")
    case .ambiguousLocalTime(let first, let last):
      self.init(
        .badInput, code: "local-time-ambiguous", what: what, on: "that local time",
        why: "the clocks of this zone showed it twice: at \(first) and at \(last)",
        next: "write one of these instead")
    case .skippedLocalTime(let before, let after):
      self.init(
        .badInput, code: "local-time-skipped", what: what, on: "that local time",
        why: "the clocks of this zone jumped over it: by the clock before the jump it is "
          + "\(before), by the one after it \(after)",
        next: "write one of these instead")
    case .offsetNotOfZone(let zone, let moment):
      self.init(
        .badInput, code: "offset-not-of-zone", what: what, on: "\(TimeText.absolute(moment))",
        why: "the clocks of \(zone) were not set to that offset then",
        next: "leave out the one or the other")
    case .beyondHead(let asked, let head):
      self.init(
        .badInput, code: "beyond-head", what: what, on: "size \(asked.value)",
        why: "the ledger has \(head.value) events", next: "leave --as-of out to see the latest")
    case .inFuture(let moment):
      self.init(
        .badInput, code: "in-future", what: what, on: "\(TimeText.absolute(moment))",
        why: "that is still to come, and events with earlier times may follow",
        next: "leave --as-of out to see the latest")
    case .checkpointUnreadable(let path, let why):
      self.init(
        .badInput, code: "checkpoint-unreadable", what: what, on: "the checkpoint '\(path)'",
        why: why,
        next: "write a size (42), an event ('#41'), a time (2026-06-30T12:00:00Z), "
          + "a day (2026-06-30) or the path of a checkpoint")
    case .checkpointMalformed(let path, let why):
      self.init(
        .badInput, code: "checkpoint-malformed", what: what, on: "the checkpoint '\(path)'",
        why: why, next: "give a file that 'jobledger checkpoint' printed")
    case .otherLedger(let path, let origin):
      self.init(
        .badInput, code: "checkpoint-of-other-ledger", what: what,
        on: "the checkpoint '\(path)'", why: "it is of the ledger '\(origin)'",
        next: "give a checkpoint of this ledger")
    case .otherHistory(let path, let size):
      self.init(
        .badInput, code: "checkpoint-of-other-history", what: what,
        on: "the checkpoint '\(path)'",
        why: "its root is not that of this ledger's first \(size.value) events",
        next: "one of the two was altered: run 'jobledger replay verify --against' with that file")
    case .zone(let error): self.init(error)
    case .ledgerUnreadable(let error): self.init(error)
    }
  }
}
