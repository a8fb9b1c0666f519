// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

/// Making and checking proofs of single events; baselines/hashes.c is what they cannot do without.
enum Proofs {
  /// Makes and checks COUNT proofs of random events by a checkpoint of the whole log.
  static func run(_ arguments: [String]) {
    guard arguments.count == 2, let count = Int(arguments[1]) else { Bench.usage() }
    do {
      let reader = try LedgerReader.open(arguments[0])
      defer { reader.close() }
      try reader.read { (snapshot) throws(ReadingError) in
        let size = snapshot.size
        var random = SystemRandomNumberGenerator()
        let positions = (0..<count).map { _ in
          Position(UInt64.random(in: 0..<size.value, using: &random))
        }
        var proofs: [InclusionProof] = []
        proofs.reserveCapacity(count)
        var start = Bench.now()
        for position in positions {
          proofs.append(try snapshot.inclusionProof(of: position, in: size))
        }
        print("making \(Bench.now() - start)")
        let leaves = try positions.map { (position) throws(ReadingError) in
          try snapshot.leaf(at: position) { (bytes) throws(ReadingError) in
            MerkleTree.leafHash(of: bytes)
          }
        }
        let head = head(size.value, snapshot.head.frontier.root())
        start = Bench.now()
        for (proof, leaf) in zip(proofs, leaves) {
          do throws(ProofError) { try head.verify(proof, of: leaf) } catch { Bench.fail(error) }
        }
        print("checking \(Bench.now() - start)")
      }
    } catch {
      Bench.fail(error)
    }
  }

  /// A checkpoint signed by a key of this run.
  private static func head(_ size: UInt64, _ root: MerkleHash) -> VerifiedCheckpoint {
    var random = SystemRandomNumberGenerator()
    do throws(NoteError) {
      let signer = NoteSigner(
        name: try KeyName("example.org/bench"), key: .generate(using: &random))
      let note = Checkpoint(origin: signer.name, size: size, root: root).signed(by: signer)
      return try UnverifiedCheckpoint(note).verified(by: [signer.verifierKey])
    } catch {
      Bench.fail(error)
    }
  }
}
