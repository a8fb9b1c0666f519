// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `prove`: one event with the proof that a signed checkpoint covers it.
struct ProveCommand: ReplayCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract: "Prove that one event is in the log that was signed: a C2SP .tlog-proof.",
    discussion: """
      Prints a file that anybody verifies with the ledger's key and nothing else of ours. Its line \
      'extra' is the base64 of the event's leaf, and on a second line of the words that it commits \
      to, unless they were erased. By default the last checkpoint is used.

        jobledger replay prove '#41' --output event-41.tlog-proof
        grep ^extra event-41.tlog-proof | cut -d' ' -f2 | base64 -d
      """)

  @Argument(help: "The event: '#41'.") var event: String
  @Option(
    help: ArgumentHelp(
      "A checkpoint of this ledger that was kept, to prove by.", valueName: "checkpoint-file"),
    completion: .file())
  var checkpoint: String?
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write a file instead of standard output.", valueName: "file"),
    completion: .file())
  var output: String?
  @OptionGroup(title: "Everywhere") var options: GlobalOptions

  mutating func run(_ console: Console) throws {
    let note = try checkpoint.map { try CheckpointToCompare.read($0) }
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
