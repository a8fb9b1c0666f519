// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// Makes a bundle and says what is in it; ends with 2 where something was missing.
enum BundleOutput {
  static func make(
    _ order: BundleMaker.Order, of reader: LedgerReader, at output: String, _ console: Console
  ) throws {
    var line = ProgressLine(console)
    var order = order
    order.tool = "jobledger-replay \(ProgramVersion.current)"
    let summary: BundleMaker.Summary
    do {
      summary = try BundleMaker.make(order, of: reader, at: output) { done, total in
        line.update("exporting", done: done, of: total)
      }
    } catch let failure as BundleFailure {
      line.clear()
      throw describe(failure, order, at: output)
    }
    line.clear()
    if console.isJSON {
      var object = summary.json.object ?? JSONObject()
      object["output"] = .string(output)
      try console.print(.object(object))
    } else {
      try console.print("\(TerminalText.escape(output)): \(words(summary))")
    }
    if let why = summary.whyUnsigned {
      console.remark("the list of digests is not signed: \(why)")
    }
    if summary.later > 0 {
      console.remark(
        "\(Words.count(summary.later, "later event")) not signed yet; for those too: "
          + "'jobledger checkpoint' first")
    }
    if let first = summary.firstMissing {
      console.remark(
        "the texts of \(Words.count(summary.missing, "event")) are gone though no erasure names "
          + "them, the first of them that of #\(first.value)")
    }
    if summary.missingLists > 0 {
      console.remark(
        "\(Words.count(summary.missingLists, "list")) of files cannot be read though no erasure "
          + "names them")
    }
    if !summary.isComplete { throw ExitCode(ExitStatus.findings.rawValue) }
  }

  private static func words(_ summary: BundleMaker.Summary) -> String {
    let of =
      switch summary.kind {
      case "whole": "the whole ledger"
      case "window": "a window of the whole ledger"
      case "subject": summary.subject?.description ?? ""
      default: "\(summary.claim ?? "") of \(summary.version?.description ?? "")"
      }
    let from = summary.from.map { " after size \($0.value)" } ?? ""
    let span = summary.revisions.map { ", revisions \($0.lowerBound) to \($0.upperBound)" } ?? ""
    return
      "\(of)\(from), \(Words.count(summary.events, "event"))\(span), under the checkpoint of size "
      + "\(summary.size.value)"
  }

  private static func describe(
    _ failure: BundleFailure, _ order: BundleMaker.Order, at output: String
  ) -> Failure {
    let (what, on): (String, String) =
      order.claim.map { ("prove", "that \($0.claim.words($0.version))") }
      ?? ("export", "'\(output)'")
    switch failure {
    case .noCheckpoint:
      return Failure(
        .tryAgain, code: "checkpoint-due", what: what, on: on,
        why: "no checkpoint of this ledger was signed yet", next: "run 'jobledger checkpoint'")
    case .notCovered(let size, let covered):
      return Failure(
        .tryAgain, code: "checkpoint-due", what: what, on: on,
        why: "the checkpoint covers only the first \(covered.value) events, and \(size.value) were "
          + "asked for", next: "run 'jobledger checkpoint'")
    case .noCheckpointOfSize(let size, let why):
      return Failure(
        .badInput, code: "no-checkpoint", what: what, on: on,
        why: "there is no signed checkpoint of size \(size.value), and none can be made: \(why)",
        next: "give --as-of the file of a checkpoint that was kept, or leave it out")
    case .otherLedger(let origin):
      return Failure(
        .badInput, code: "checkpoint-of-other-ledger", what: what, on: on,
        why: "the checkpoint that was given is of the ledger '\(origin)'",
        next: "give a checkpoint of this ledger")
    case .notSigned(let size, let why):
      return Failure(
        .badInput, code: "checkpoint-not-signed", what: what, on: on,
        why: "the checkpoint of size \(size.value) that was given is not signed by this ledger's "
          + "key: \(why)", next: "give a file that 'jobledger checkpoint' printed")
    case .otherHistory(let size):
      return Failure(
        .findings, code: "checkpoint-of-other-history", what: what, on: on,
        why: "the checkpoint of size \(size.value) is not of this ledger's history",
        next: "one of the two was altered: run 'jobledger replay verify --against' with that file")
    case .keptBeyond(let size, let bundle):
      return Failure(
        .badInput, code: "checkpoint-later", what: what, on: on,
        why: "the checkpoint to extend is of size \(size.value), and the bundle of "
          + "\(bundle.value)", next: "run 'jobledger checkpoint', or give an older one")
    case .erasedSince(let position, let covered):
      return Failure(
        .tryAgain, code: "checkpoint-due", what: what, on: on,
        why:
          "#\(position.value) erased words that it would have, and the checkpoint covers only the "
          + "first \(covered.value) events", next: "run 'jobledger checkpoint'")
    case .backwards(let from, let size):
      return Failure(
        .badInput, code: "since-beyond", what: what, on: on,
        why: "it would begin at size \(from.value) and end at size \(size.value)",
        next: "give --since what came before")
    case .nothing:
      return Failure(
        .notFound, code: "nothing", what: what, on: on, why: "there is no event to put in")
    case .untrue(let contradictions):
      var details = JSONObject()
      details["contradictions"] = .array(
        contradictions.map { contradiction in
          var object = JSONObject()
          object["why"] = .string(contradiction.why)
          if let position = contradiction.position { object["position"] = .integer(position.value) }
          return .object(object)
        })
      let said = contradictions.map { contradiction in
        (contradiction.position.map { "#\($0.value): " } ?? "") + contradiction.why
      }
      return Failure(
        .findings, code: "claim-untrue", what: what, on: on,
        why: said.joined(separator: "; "), details: details)
    case .notProvable(let why):
      return Failure(
        .findings, code: "claim-not-provable", what: what, on: on, why: why,
        next: "add a note to the subject and prove it then, or export the whole ledger, which "
          + "shows it")
    }
  }
}
