// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner
import LedgerStorage

/// What one command works with: options, output, and the ledger, opened when it is first needed.
final class Session {
  /// Name and version of this program.
  static let tool = "jobledger \(JobLedger.version)"

  /// What every command understands.
  let options: GlobalOptions
  /// Where results and remarks go.
  let console: Console
  private var readerIfOpen: LedgerReader?
  private var ledgerIfOpen: Ledger?

  /// Opens nothing yet.
  init(_ options: GlobalOptions, out: Output, err: Output) {
    self.options = options
    console = Console(out: out, err: err, options: options)
  }

  /// The ledger for reading.
  func reader() throws -> LedgerReader {
    if let ledgerIfOpen { return ledgerIfOpen.reader }
    if let readerIfOpen { return readerIfOpen }
    let reader = try LedgerReader.open(try options.ledgerPath())
    readerIfOpen = reader
    if try PoisonState.read(reader.directory).isPoisoned {
      console.remark(
        "the outcome of the last write is unknown: nothing more is written until "
          + "'jobledger doctor' has rebuilt the database")
    }
    return reader
  }

  /// The ledger for writing. A reader opened before is closed: a process has one environment.
  func ledger() throws -> Ledger {
    if let ledgerIfOpen { return ledgerIfOpen }
    readerIfOpen?.close()
    readerIfOpen = nil
    let ledger = try openForWriting()
    ledgerIfOpen = ledger
    tidy(ledger)
    return ledger
  }

  /// Opens the ledger; views of an older program are built anew first, once no job runs.
  private func openForWriting() throws -> Ledger {
    let path = try options.ledgerPath()
    do {
      return try Ledger.open(path, options: try writing())
    } catch let error as StorageError {
      guard case .reading(let reading) = error.code, case .olderViews(let made) = reading.code
      else { throw error }
      let repair = try LedgerStorage.Doctor.repair(
        path,
        options: LedgerStorage.Doctor.Treatment(
          deadline: try writing().deadline,
          upgrade: LedgerStorage.Doctor.Upgrade(actor: try caller().actor, tool: Session.tool)))
      guard case .rebuilt(let rebuilt) = repair.outcome else { throw error }
      console.remark(
        "the views were made by an older program (reducer \(made)): they were built anew from "
          + "\(rebuilt.size.value) events")
      return try Ledger.open(path, options: try writing())
    }
  }

  /// How ledgers are written.
  private func writing() throws -> Ledger.Options {
    var writing = Ledger.Options()
    if let patience = try patience() { writing.deadline = patience }
    return writing
  }

  /// How long to wait for a ledger that others write or that has no room, by `JOBLEDGER_WAIT`.
  func patience() throws -> Duration? {
    guard let words = ProcessEnvironment["JOBLEDGER_WAIT"], !words.isEmpty else { return nil }
    guard let seconds = Double(words), seconds >= 0, seconds <= 86_400 else {
      throw Failure(
        .usage, code: "usage", what: "wait for other writers", on: "'\(words)'",
        why: "JOBLEDGER_WAIT is a number of seconds, at most a day")
    }
    return .seconds(seconds)
  }

  /// Records jobs whose runner died, and repairs the links of what is deployed. What cannot be done
  /// is said, and done by a later command.
  private func tidy(_ ledger: Ledger) {
    do throws(JobError) {
      for job in try LostJobs.sweep(ledger, by: try .current()) {
        console.remark("\(job) is lost: its runner died")
      }
      for words in try DeploymentLinks(ledger.reader).repair() {
        console.remark("jobledger: \(TerminalText.escape(words))")
      }
    } catch {
      // Whoever may not end jobs leaves it to somebody who may.
      if case .refused = error { return }
      console.remark("jobledger: \(TerminalText.escape("\(error)"))")
    }
  }

  /// Takes over a ledger that was just made.
  func adopt(_ ledger: Ledger) { ledgerIfOpen = ledger }

  /// Signs what is unsigned, and lets go of the files. Says why, where that was not possible.
  func close() {
    if let ledger = ledgerIfOpen {
      ledger.signUnsigned()
      if ledger.hasPublished { AnchorProcess.startIfDue(ledger.reader) }
    }
    ledgerIfOpen?.close()
    if let failure = ledgerIfOpen?.checkpointFailure {
      console.remark(
        "jobledger: a checkpoint is due, what was recorded stands: "
          + TerminalText.escape("\(failure)"))
    }
    readerIfOpen?.close()
    (ledgerIfOpen, readerIfOpen) = (nil, nil)
  }

  /// Lends the ledger as it is now.
  func read<R>(_ body: (Snapshot) throws -> R) throws -> R {
    let reader = try reader()
    var result: Result<R, any Error>?
    try reader.read { (snapshot) throws(ReadingError) in
      result = Result { try body(snapshot) }
    }
    return try result!.get()
  }

  /// Who asks: the user of this process, or the person of a claimed name.
  func caller() throws -> CallerIdentity {
    try CallerIdentity.current(claiming: try options.claimedActor()?.string)
  }
}
