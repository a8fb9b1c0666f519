// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// The proofs of several events: a new folder with one `event-41.tlog-proof` for each.
enum ProofFolder {
  /// Writes them, all by the last checkpoint; one event after the other, in order.
  static func write(
    _ positions: [Position], to path: String, _ options: GlobalOptions, _ console: Console
  ) throws {
    guard mkdir(path, 0o700) == 0 else {
      throw Failure(
        .cannotCreate, code: "folder-not-made", what: "write proofs to", on: "'\(path)'",
        why: String(cString: strerror(errno)), next: "name a folder that does not exist yet")
    }
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    let wanted = Set(positions).sorted()
    var uncovered = 0
    for position in wanted {
      let proof: EventProof
      do throws(EventProof.Failure) {
        proof = try EventProof.make(of: position, in: reader)
      } catch .notCovered, .noCheckpoint {
        uncovered += 1
        continue
      } catch { throw ProofFolder.describe(error) }
      try write(proof, to: "\(path)/event-\(position.value).tlog-proof")
    }
    console.remark("\(Words.count(wanted.count - uncovered, "proof")) in \(path)")
    if uncovered > 0 {
      console.remark(
        "\(Words.count(uncovered, "event")) not under a checkpoint yet: run 'jobledger checkpoint'")
    }
  }
  private static func describe(_ error: EventProof.Failure) -> any Error {
    if case .reading(let error) = error { return error }
    return Failure(
      .findings, code: "proof-not-made", what: "prove", on: "the events of the answer",
      why: "\(error)", next: "run 'jobledger replay verify'")
  }

  private static func write(_ proof: EventProof, to path: String) throws {
    let file = try ReplacingFile(path)
    let out = Output(descriptor: file.descriptor)
    try out.write(proof.bytes)
    try out.flush()
    try file.finish()
  }
}
