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

  /// A well-formed signature line, of nobody unless told.
  func line(_ name: String = "nobody", _ blob: [UInt8] = [0, 0, 0, 0, 1]) -> [UInt8] {
    Array("— \(name) \(Base64.string(blob, as: .standard))\n".utf8)
  }

  func expectRefusal(
    _ bytes: [UInt8], _ reason: NoteError.Reason, at offset: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: NoteError.self, sourceLocation: sourceLocation) {
      try UnverifiedNote(bytes)
    }
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
    #expect(error?.offset == offset, sourceLocation: sourceLocation)
  }

  // MARK: What is believed

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

  @Test(arguments: ["\n", "\n\n", "a\n\nb\n", "a\n\n", "\n\n\na\n", "— x y\n\n— x AAAAAAE=\n"])
  func `a text may hold blank lines and split at the last`(text: String) throws {
    let note = try SignedNote.sign(Array(text.utf8), by: [alice])
    let verified = try UnverifiedNote(note).verified(by: [alice.verifierKey])
    #expect(verified.text == Array(text.utf8))
  }

  @Test func `lines of unknown names, IDs and types are passed over`() throws {
    let text = Array("text\n".utf8)
    let own = try SignedNote.sign(text, by: [alice]).dropFirst(text.count + 1)
    let head = text + [0x0A]
    let ownID = try UnverifiedNote(head + own).signatures[0].keyID
    let id = (0..<4).map { UInt8(truncatingIfNeeded: ownID >> UInt32(24 - 8 * $0)) }
    let unknown =
      line("nobody", id + Samples.bytes(64, seed: 1))
      + line("example.org/alice", [0, 0, 0, 0] + Samples.bytes(64, seed: 2))
      + line("example.org/witness", Samples.bytes(4 + 8 + 64, seed: 3))
      + line("example.org/quantum", Samples.bytes(4 + 2420, seed: 4))
      + line("ex\u{301}ample", [9, 9, 9, 9, 9])
    for note in [head + unknown + own, head + own + unknown] {
      let verified = try UnverifiedNote(note).verified(by: [alice.verifierKey])
      #expect(verified.signers == [alice.verifierKey])
      #expect(verified.bytes == note)
    }
  }

  @Test func `a note without a known key is not believed`() throws {
    let note = try UnverifiedNote(SignedNote.sign(Array("text\n".utf8), by: [alice]))
    for keys in [[], [bob.verifierKey]] {
      let error = #expect(throws: NoteError.self) { try note.verified(by: keys) }
      #expect(error?.reason == .noKnownKey)
    }
    // The right key under another name has another ID and signs nothing here.
    let renamed = VerifierKey(name: bob.name, publicKey: alice.key.publicKey)
    #expect(throws: NoteError.self) { try note.verified(by: [renamed]) }
  }

  @Test func `one known key that fails makes the whole note worthless`() throws {
    let text = Array("text\n".utf8)
    let good = try SignedNote.sign(text, by: [alice])
    let foreign = try SignedNote.sign(Array("other\n".utf8), by: [bob]).dropFirst(7)
    let note = try UnverifiedNote(good + foreign)
    #expect(try note.verified(by: [alice.verifierKey]).signers == [alice.verifierKey])
    let error = #expect(throws: NoteError.self) {
      try note.verified(by: [alice.verifierKey, bob.verifierKey])
    }
    #expect(error?.reason == .invalidSignature)
    #expect(error?.offset == good.count)
  }

  @Test func `a signature of a known key that is repeated counts once and must hold each time`()
    throws
  {
    let text = Array("text\n".utf8)
    let good = try SignedNote.sign(text, by: [alice])
    let own = good.dropFirst(text.count + 1)
    let twice = try UnverifiedNote(good + own)
    #expect(try twice.verified(by: [alice.verifierKey]).signers == [alice.verifierKey])
    let other = try SignedNote.sign(Array("other\n".utf8), by: [alice]).dropFirst(7)
    let mixed = try UnverifiedNote(good + other)
    #expect(throws: NoteError.self) { try mixed.verified(by: [alice.verifierKey]) }
  }

  @Test func `a known key with a signature of another length fails`() throws {
    let text = Array("text\n".utf8)
    let whole = try UnverifiedNote(SignedNote.sign(text, by: [alice])).signatures[0]
    let id = (0..<4).map { UInt8(truncatingIfNeeded: whole.keyID >> UInt32(24 - 8 * $0)) }
    for count in [1, 63, 65, 72] {
      let blob = id + (whole.signature + Samples.bytes(8, seed: 1)).prefix(count)
      let note = try UnverifiedNote(text + [0x0A] + line("example.org/alice", blob))
      let error = #expect(throws: NoteError.self) { try note.verified(by: [alice.verifierKey]) }
      #expect(error?.reason == .invalidSignature)
    }
  }

  // MARK: What is read

  @Test func `sixteen signatures and more are read, a flood is not`() throws {
    let head = Array("text\n\n".utf8)
    let own = try SignedNote.sign(Array("text\n".utf8), by: [alice]).dropFirst(head.count)
    for count in [15, 16, UnverifiedNote.signatureLimit - 1] {
      let note = head + (0..<count).flatMap { line("key-\($0)") } + own
      #expect(try UnverifiedNote(note).verified(by: [alice.verifierKey]).signers.count == 1)
    }
    let full = head + (0..<UnverifiedNote.signatureLimit).flatMap { line("key-\($0)") }
    expectRefusal(
      full + own, .tooManySignatures(limit: UnverifiedNote.signatureLimit), at: full.count)
  }

  @Test func `a note above the size limit is refused, one at it is read`() throws {
    let note = try SignedNote.sign(Array("text\n".utf8), by: [alice])
    #expect(throws: Never.self) { try UnverifiedNote(note, byteLimit: note.count) }
    let error = #expect(throws: NoteError.self) {
      try UnverifiedNote(note, byteLimit: note.count - 1)
    }
    #expect(error?.reason == .tooLong(limit: note.count - 1))
  }

  @Test func `notes without their parts are refused`() {
    expectRefusal([], .noBlankLine, at: 0)
    expectRefusal(Array("\n".utf8), .noBlankLine, at: 1)
    expectRefusal(Array("text\n".utf8), .noBlankLine, at: 5)
    expectRefusal(Array("text".utf8) + line(), .noBlankLine, at: 4 + line().count)
    expectRefusal(Array("text\n".utf8) + line(), .noBlankLine, at: 5 + line().count)
    expectRefusal(Array("text\n\n".utf8), .noSignatures, at: 6)
    expectRefusal(Array("text\n\n".utf8) + line() + [0x0A], .noSignatures, at: 7 + line().count)
    expectRefusal(
      Array("text\n\n".utf8) + line().dropLast(), .noFinalNewline, at: 5 + line().count)
    expectRefusal(
      line() + [0x0A] + Array("text\n".utf8), .malformedSignatureLine, at: line().count + 1)
  }

  @Test func `control characters and broken UTF-8 are refused wherever they stand`() throws {
    let note = try SignedNote.sign(Array("text\n".utf8), by: [alice])
    for control in UInt8(0)..<0x20 where control != 0x0A {
      for offset in 0...note.count {
        var changed = note
        changed.insert(control, at: offset)
        expectRefusal(changed, .controlCharacter, at: offset)
      }
    }
    for broken in [[0xFF], [0xC3], [0x80], [0xED, 0xA0, 0x80], [0xC0, 0x80]] as [[UInt8]] {
      expectRefusal(broken + note, .notUTF8, at: 0)
      expectRefusal(Array("ab".utf8) + broken + note, .notUTF8, at: 2)
    }
    // DEL and the C1 controls are no control characters to the format.
    for allowed in ["\u{7F}\n", "\u{85}\n", "e\u{301}\u{1F600}\n"] {
      let note = try SignedNote.sign(Array(allowed.utf8), by: [alice])
      #expect(
        try UnverifiedNote(note).verified(by: [alice.verifierKey]).text == Array(allowed.utf8))
    }
  }

  @Test(arguments: [
    ("- nobody AAAAAAE=", NoteError.Reason.malformedSignatureLine, 6),
    ("—nobody AAAAAAE=", .malformedSignatureLine, 6),
    (" — nobody AAAAAAE=", .malformedSignatureLine, 6),
    ("—\u{A0}nobody AAAAAAE=", .malformedSignatureLine, 6),
    ("— nobody", .malformedSignatureLine, 16),
    ("—  nobody AAAAAAE=", .invalidName, 10),
    ("— no+body AAAAAAE=", .invalidName, 12),
    ("— no\u{2003}body AAAAAAE=", .invalidName, 12),
    ("— nobody  AAAAAAE=", .invalidBase64, 17),
    ("— nobody AAAAAAE= ", .invalidBase64, 24),
    ("— nobody AAAAAAE=AAAA", .invalidBase64, 24),
    ("— nobody AAAAAAE", .invalidBase64, 24),
    ("— nobody AAAAAAF=", .invalidBase64, 23),
    ("— nobody AAAA_AE=", .invalidBase64, 21),
    ("— nobody ", .shortSignature, 17),
    ("— nobody AAAAAA==", .shortSignature, 17),
  ])
  func `a line that is no signature line is refused, with the place`(
    bad: String, reason: NoteError.Reason, offset: Int
  ) throws {
    expectRefusal(Array("text\n\n\(bad)\n".utf8), reason, at: offset)
    // The same behind a line that is right: one bad line is enough.
    expectRefusal(
      Array("text\n\n".utf8) + line() + Array("\(bad)\n".utf8), reason, at: offset + line().count)
  }

  // MARK: What is signed

  @Test func `a text that no note can carry is not signed`() {
    for text in ["", "text", "a\tb\n", "a\u{0}\n", "a\r\n"] {
      #expect(throws: NoteError.self) { try SignedNote.sign(Array(text.utf8), by: [alice]) }
    }
    #expect(throws: NoteError.self) { try SignedNote.sign([0xFF, 0x0A], by: [alice]) }
    #expect(throws: NoteError.self) { try SignedNote.sign(Array("text\n".utf8), by: []) }
  }
}
