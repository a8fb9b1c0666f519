// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerRunner
import LedgerStorage

/// What a command asks for, as its request key is bound to it and as errors tell it.
struct Attempt {
  /// An infinitive such as `approve`.
  var what: String
  /// On what.
  var on: String
  /// The command's word and arguments.
  var content: JSONObject

  /// Describes an attempt; `arguments` that are nil were not given.
  init(_ what: String, on: String, _ arguments: [(Text, JSONValue?)]) {
    self.what = what
    self.on = on
    var content = JSONObject()
    content["command"] = .string(what)
    for (name, value) in arguments { content[name] = value }
    self.content = content
  }
}

/// The events that a command made, now or when it was first asked.
struct Made {
  /// The events, in order. Empty when there was nothing to do.
  var events: [Event]
  /// Whether an earlier request with the same key had made them.
  var isDuplicate: Bool

  /// The job that the events belong to.
  var job: JobID? { events.lazy.compactMap(\.job).first }
}

extension Session {
  /// The request key with what it is bound to; nil when no key was given.
  func request(_ attempt: Attempt) throws -> RequestContent? {
    guard let key = try options.requestKey() else { return nil }
    return RequestContent(key: key, content: try CanonicalJSON.encode(.object(attempt.content)))
  }

  /// Performs a command and returns its events, or throws why it was not performed.
  func submit(
    _ intent: Intent, _ attempt: Attempt, signed: SignedRequest? = nil
  ) throws -> Made {
    do {
      let request = try request(attempt)
      let command = Command(actor: try caller().actor, intent: intent)
      let outcome = try ledger().append(
        Submission(command, request: request.map { ($0.key, $0.content) }, signed: signed))
      return try made(outcome)
    } catch {
      throw Failure(anything: error).attempting(attempt.what, on: attempt.on)
    }
  }

  /// The events of what was done, or throws why it was not.
  func made(_ outcome: Outcome) throws -> Made {
    switch outcome {
    case .accepted(let events): return Made(events: events, isDuplicate: false)
    case .duplicate(let events):
      console.remark("done before, with the same request key; nothing was added")
      return Made(events: events, isDuplicate: true)
    case .refused(let refusal): throw refusal
    case .failed(let error): throw error
    case .unknown(let error): throw JobError.unknown(error)
    }
  }
}
