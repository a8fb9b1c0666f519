// SPDX-License-Identifier: Apache-2.0

import Testing
import Transparency

struct CheckpointTests {
  let signer: NoteSigner
  let checkpoint: Checkpoint

  init() throws {
    signer = try Samples.signer("example.org/ledger", seed: 1)
    checkpoint = Checkpoint(
      origin: signer.name, size: 42, root: MerkleTree.root(of: Samples.leaves(42)))
  }

  @Test func `a signed checkpoint is believed by its key`() throws {
    let note = checkpoint.signed(by: signer)
    let verified = try UnverifiedCheckpoint(note).verified(by: [signer.verifierKey])
    #expect(verified.checkpoint == checkpoint)
    #expect(verified.note.bytes == note)
  }
}
