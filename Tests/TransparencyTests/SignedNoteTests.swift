// SPDX-License-Identifier: Apache-2.0

import Testing
import Transparency

struct SignedNoteTests {
  let alice: NoteSigner
  let bob: NoteSigner

  init() throws {
    alice = try Samples.signer("example.org/alice", seed: 1)
    bob = try Samples.signer("example.org/bob", seed: 2)
  }

  @Test func `the published note verifies, and its key prints as published`() throws {
    let key = try VerifierKey(Vectors.vkey)
    #expect(key.description == Vectors.vkey)
    #expect(key.keyID == 0x530d_903a)
    #expect(key.name.description == "example.com/foo")
    let note = try UnverifiedNote((Vectors.noteText + "\n" + Vectors.noteLine).utf8)
    let verified = try note.verified(by: [key])
    #expect(verified.text == Array(Vectors.noteText.utf8))
    #expect(verified.signers == [key])
  }

  @Test func `what is signed verifies, by each signer and in order`() throws {
    let note = try SignedNote.sign(Array("text\n".utf8), by: [alice, bob])
    let parsed = try UnverifiedNote(note)
    #expect(parsed.text == Array("text\n".utf8))
    #expect(parsed.signatures.map(\.name) == [alice.name, bob.name])
    #expect(try parsed.verified(by: [alice.verifierKey]).signers == [alice.verifierKey])
    #expect(
      try parsed.verified(by: [bob.verifierKey, alice.verifierKey]).signers
        == [alice.verifierKey, bob.verifierKey])
  }
}
