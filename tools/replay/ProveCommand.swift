// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `prove`: one event with the proof that a signed checkpoint covers it; or a claim about a version,
/// with the events that show it.
struct ProveCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract: "Prove that one event was signed for, or something that events show of a version.",
    discussion: """
      Of an event, prints a file that anybody verifies with the ledger's key and nothing else of ours. Its line \
      'extra' is the base64 of the event's leaf, and on a second line of the words that it commits \
      to, unless they were erased. By default the last checkpoint is used.

        jobledger replay prove '#41' --output event-41.tlog-proof
        grep ^extra event-41.tlog-proof | cut -d' ' -f2 | base64 -d

      With --claim, writes a new folder with the events that show it, their proofs, and all \
      revisions between them. What is not so is refused (2), with what contradicts it. Claims: \
      \(Claim.names.joined(separator: ", ")). in-production-at takes a TIME: a day, or a time.

        jobledger replay prove churn-lr@3 --claim approved-before-deployment --output shown
        jobledger replay prove churn-lr@3 --claim in-production-at 2026-06-30 --output shown
      """)

  @Argument(help: "The event: '#41'; with --claim the version: churn-lr@3.") var event: String
  @Argument(help: ArgumentHelp("The moment of in-production-at.", valueName: "time"))
  var time: String?
  @Option(help: ArgumentHelp("What is to be shown of the version.", valueName: "claim"))
  var claim: String?
  @Option(
    help: ArgumentHelp(
      "The time zone of TIME, such as Europe/Berlin (default: UTC).", valueName: "zone"))
  var zone: String?
  @Option(
    help: ArgumentHelp(
      "A checkpoint of this ledger that was kept, to prove by.", valueName: "checkpoint-file"),
    completion: .file())
  var checkpoint: String?
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Write a file instead of standard output; for a claim: the new folder.", valueName: "path"),
    completion: .file())
  var output: String?
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  mutating func run(_ console: Console) throws {
    let note = try checkpoint.map { try CheckpointToCompare.read($0) }
    if let claim { return try prove(try read(claim), by: note, console) }
    guard time == nil else { throw ValidationError("a time is for --claim in-production-at") }
    guard !event.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw Failure(
        .notFound, code: "not-found", what: "find", on: "'\(event)'",
        why: "an event is named by its position behind a #", next: "write '#\(event)', in quotes")
    }
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    let reference = try Reference(event)
    let referent = try reader.withSnapshot { snapshot in
      try reference.resolve([.event], in: SnapshotCatalog(snapshot, asOf: snapshot.size)).get()
    }
    guard case .event(let position) = referent else {
      throw ReferenceError.malformed(event)
    }
    let proof: EventProof
    do throws(EventProof.Failure) {
      proof = try EventProof.make(of: position, in: reader, by: note)
    } catch {
      throw describe(error)
    }
    if let output {
      let file = try ReplacingFile(output)
      let out = Output(descriptor: file.descriptor)
      try out.write(proof.bytes)
      try out.flush()
      try file.finish()
    }
    if console.isJSON {
      var object = JSONObject()
      object["position"] = .integer(position.value)
      object["size"] = .integer(proof.size.value)
      object["root"] = .string(proof.root)
      object["hasWords"] = .bool(proof.disclosure != nil)
      object["proof"] = .string(String(decoding: proof.bytes, as: UTF8.self))
      if let output { object["output"] = .string(output) }
      try console.print(.object(object))
    } else if output == nil {
      try console.out.write(proof.bytes)
    }
    console.remark(
      "event #\(position.value) is among the first \(proof.size.value), whose root is \(proof.root)"
    )
  }

  /// The claim that is meant, its moment in UTC.
  private func read(_ written: String) throws -> Claim {
    if let claim = Claim(written), time == nil { return claim }
    guard written == "in-production-at" else {
      throw ValidationError(
        "--claim is one of \(Claim.names.joined(separator: ", ")); only in-production-at takes a time"
      )
    }
    guard let time, let moment = WrittenMoment(time) else {
      throw ValidationError("in-production-at takes a day or a time: 2026-06-30T12:00:00Z")
    }
    let rules = try zone.map { try TimeZoneDatabase.system().rules(of: $0) } ?? .utc
    return .inProductionAt(try moment.end(in: rules, now: ProcessEnvironment.now()))
  }

  private func prove(_ claim: Claim, by note: [UInt8]?, _ console: Console) throws {
    guard let output else { throw ValidationError("--claim needs --output: a new folder") }
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    let found = try reader.withSnapshot { snapshot in
      try Reference(event).resolve([.version], in: SnapshotCatalog(snapshot, asOf: snapshot.size))
        .get()
    }
    guard case .version(let version) = found else { throw ReferenceError.malformed(event) }
    var order = BundleMaker.Order()
    order.claim = (claim, version)
    order.checkpoint = note
    try BundleOutput.make(order, of: reader, at: output, console)
  }

  private func describe(_ error: EventProof.Failure) -> any Error {
    let (what, on) = ("prove", "'\(event)'")
    switch error {
    case .reading(let error): return error
    case .noCheckpoint:
      return Failure(
        .tryAgain, code: "checkpoint-due", what: what, on: on,
        why: "no checkpoint of this ledger was signed yet", next: "run 'jobledger checkpoint'")
    case .notCovered(_, let size):
      return Failure(
        checkpoint == nil ? .tryAgain : .badInput, code: "checkpoint-due", what: what, on: on,
        why: "the checkpoint covers only the first \(size.value) events",
        next: checkpoint == nil
          ? "run 'jobledger checkpoint'" : "give a later checkpoint, or none for the last one")
    case .checkpoint(let error):
      return Failure(
        .badInput, code: "checkpoint-malformed", what: "prove by", on: "'\(checkpoint ?? "")'",
        why: "it is no checkpoint that this ledger signed: \(error)",
        next: "give a file that 'jobledger checkpoint' printed")
    }
  }
}
