// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner
import LedgerStorage

/// What commands share that can be signed.
struct SigningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Sign it with your SSH key.",
      discussion: """
        A private key, or a public one whose private half an agent or a security key holds. It \
        must be granted to you: jobledger member grant NAME --role ROLE --key FILE.pub
        """, valueName: "key"),
    completion: .file())
  var sign: String?
}

extension Session {
  /// Performs a command, signed where that was asked for.
  func submit(_ intent: Intent, _ attempt: Attempt, _ options: SigningOptions) throws -> Made {
    let (intent, signed) = try sign(intent, attempt, options)
    return try submit(intent, attempt, signed: signed)
  }

  /// The signature of what an intent will record, where one was asked for, and the intent that it
  /// is about. Rules refuse before anybody is asked for a passphrase.
  func sign(
    _ intent: Intent, _ attempt: Attempt, _ options: SigningOptions
  ) throws -> (intent: Intent, signed: SignedRequest?) {
    guard let key = options.sign else { return (intent, nil) }
    do {
      guard access(key, R_OK) == 0 else {
        throw Failure(
          .notFound, code: "key-not-found", what: "sign with", on: "'\(key)'",
          why: String(cString: strerror(errno)), next: "name the file of your SSH key")
      }
      let request = try request(attempt)
      let submission = Submission(
        Command(actor: try caller().actor, intent: intent),
        request: request.map { ($0.key, $0.content) })
      switch try ledger().prepareStatement(for: submission) {
      case .prepared(let statement, let command, let salt):
        let signature = try signature(of: statement, key)
        return (
          command.intent, SignedRequest(statement: statement, signature: signature, salt: salt)
        )
      case .settled: return (intent, nil)
      case .refused(let refusal): throw refusal
      case .failed(let error): throw error
      }
    } catch {
      throw Failure(anything: error).attempting(attempt.what, on: attempt.on)
    }
  }

  private func signature(of statement: [UInt8], _ key: String) throws -> [UInt8] {
    do throws(SSHKeygen.Failure) {
      return try SSHKeygen.sign(statement, key: key, namespace: "jobledger")
    } catch {
      switch error {
      case .unavailable:
        throw Failure(
          .unavailable, code: "ssh-keygen-missing", what: "sign with", on: "'\(key)'",
          why: "ssh-keygen cannot be run", next: "install OpenSSH's client programs")
      case .refused:
        throw Failure(
          .badInput, code: "not-signed", what: "sign with", on: "'\(key)'",
          why: "ssh-keygen made no signature; its words are above")
      }
    }
  }

  /// The caller's name as the ledger shows it to people.
  func printedName() throws -> String {
    let person = try caller().actor.person
    return try readingHead { view in
      var documents = view.documents
      return try documents.member(person)?.words.string(.displayName)?.string ?? person.string
    }
  }
}
