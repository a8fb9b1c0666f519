// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Testing
import Transparency

struct CheckpointTests {
  let signer: NoteSigner
  let other: NoteSigner
  let checkpoint: Checkpoint

  init() throws {
    signer = try Samples.signer("example.org/ledger", seed: 1)
    other = try Samples.signer("example.org/witness", seed: 2)
    checkpoint = Checkpoint(
      origin: signer.name, size: 42, root: MerkleTree.root(of: Samples.leaves(42)))
  }

  @Test func `a signed checkpoint is believed by its key`() throws {
    let note = checkpoint.signed(by: signer)
    let verified = try UnverifiedCheckpoint(note).verified(by: [signer.verifierKey])
    #expect(verified.checkpoint == checkpoint)
    #expect(verified.note.bytes == note)
    #expect(verified.note.text == checkpoint.text)
    #expect(try checkpoint.signed(by: [signer]) == note)
  }

  @Test func `the text is origin, size and root, a line each`() throws {
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    let empty = Checkpoint(origin: signer.name, size: 0, root: MerkleTree.emptyRoot)
    #expect(empty.text == Array("example.org/ledger\n0\n\(root)\n".utf8))
    let extended = try Checkpoint(
      origin: signer.name, size: .max, root: MerkleTree.emptyRoot,
      extensions: [Array("one two".utf8), Array("é".utf8)])
    #expect(
      extended.text
        == Array("example.org/ledger\n18446744073709551615\n\(root)\none two\né\n".utf8))
    for each in [empty, extended] { #expect(try Checkpoint(text: each.text) == each) }
  }

  @Test func `extension lines that would change the text's shape are refused`() {
    for line in [[], Array("a\nb".utf8), [0x09], [0xFF]] as [[UInt8]] {
      #expect(throws: NoteError.self) {
        try Checkpoint(
          origin: signer.name, size: 1, root: MerkleTree.emptyRoot, extensions: [line])
      }
    }
  }

  @Test(arguments: UInt64(0)..<200)
  func `random checkpoints read back`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let root = try #require(MerkleHash(Samples.bytes(32, seed: random.next())))
    let size = random.next() >> UInt64(random.below(64))
    let lines = (0..<random.below(3)).map { Array("line \($0) \(random.next())".utf8) }
    let checkpoint = try Checkpoint(
      origin: signer.name, size: size, root: root, extensions: lines)
    #expect(try Checkpoint(text: checkpoint.text) == checkpoint)
  }

  static let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

  @Test(arguments: [
    ("", NoteError.Reason.missingLine, 0),
    ("o\n", .missingLine, 2),
    ("o\n1\n", .missingLine, 4),
    ("o\n1\n\(root)", .textWithoutFinalNewline, 48),
    ("\n1\n\(root)\n", .invalidName, 0),
    ("o p\n1\n\(root)\n", .invalidName, 1),
    ("o+p\n1\n\(root)\n", .invalidName, 1),
    ("o\n\n\(root)\n", .invalidSize, 2),
    ("o\n01\n\(root)\n", .invalidSize, 2),
    ("o\n00\n\(root)\n", .invalidSize, 2),
    ("o\n+1\n\(root)\n", .invalidSize, 2),
    ("o\n-1\n\(root)\n", .invalidSize, 2),
    ("o\n-0\n\(root)\n", .invalidSize, 2),
    ("o\n 1\n\(root)\n", .invalidSize, 2),
    ("o\n1 \n\(root)\n", .invalidSize, 2),
    ("o\n1_0\n\(root)\n", .invalidSize, 2),
    ("o\n0x1\n\(root)\n", .invalidSize, 2),
    ("o\n١\n\(root)\n", .invalidSize, 2),
    ("o\n1\u{301}\n\(root)\n", .invalidSize, 2),
    ("o\n18446744073709551616\n\(root)\n", .invalidSize, 2),
    ("o\n18446744073709551620\n\(root)\n", .invalidSize, 2),
    ("o\n99999999999999999999999\n\(root)\n", .invalidSize, 2),
    ("o\n1\n\n", .invalidRoot, 4),
    ("o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n", .invalidRoot, 4),
    ("o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n", .invalidRoot, 4),
    ("o\n1\n47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=\n", .invalidRoot, 4),
    ("o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n", .invalidRoot, 4),
    ("o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA\n", .invalidRoot, 4),
    ("o\n1\n \(root)\n", .invalidRoot, 4),
    ("o\n1\n\(root)\n\n", .invalidExtensionLine, 49),
    ("o\n1\n\(root)\nx\n\ny\n", .invalidExtensionLine, 51),
    ("o\n1\r\n\(root)\n", .controlCharacter, 3),
  ])
  func `a text that is no checkpoint is refused, with the place`(
    text: String, reason: NoteError.Reason, offset: Int
  ) throws {
    let error = #expect(throws: NoteError.self) { try Checkpoint(text: Array(text.utf8)) }
    #expect(error?.reason == reason)
    #expect(error?.offset == offset)
  }

  // MARK: Trust

  @Test func `the origin has to be the name of a key that signed, unless told otherwise`() throws {
    let foreign = Checkpoint(
      origin: try KeyName("example.org/else"), size: 1, root: checkpoint.root)
    let note = try UnverifiedCheckpoint(foreign.signed(by: signer))
    let error = #expect(throws: NoteError.self) { try note.verified(by: [signer.verifierKey]) }
    #expect(error?.reason == .originMismatch)
    #expect(throws: NoteError.self) {
      try note.verified(by: [signer.verifierKey], origin: .exactly(signer.name))
    }
    #expect(
      try note.verified(by: [signer.verifierKey], origin: .exactly(foreign.origin)).checkpoint
        == foreign)
    #expect(
      try note.verified(by: [signer.verifierKey], origin: .unchecked).checkpoint == foreign)
    #expect(note.unchecked == foreign)
  }

  @Test func `a witness alone does not stand for the log`() throws {
    let note = try UnverifiedCheckpoint(try checkpoint.signed(by: [signer, other]))
    #expect(try note.verified(by: [signer.verifierKey, other.verifierKey]).note.signers.count == 2)
    let error = #expect(throws: NoteError.self) { try note.verified(by: [other.verifierKey]) }
    #expect(error?.reason == .originMismatch)
  }

  @Test func `a note that is no checkpoint is refused even if it is signed`() throws {
    let note = try SignedNote.sign(Array("hello\n".utf8), by: [signer])
    #expect(throws: NoteError.self) { try UnverifiedCheckpoint(note) }
    let long = Array("o\n1\n\(Self.root)\n".utf8) + Array(repeating: 0x61, count: 1 << 16) + [0x0A]
    let big = try SignedNote.sign(long, by: [signer])
    let error = #expect(throws: NoteError.self) { try UnverifiedCheckpoint(big) }
    #expect(error?.reason == .tooLong(limit: UnverifiedCheckpoint.byteLimit))
  }

  // MARK: Tampering

  /// What a reader with the log's key makes of bytes; nil if it refuses them.
  func believed(_ bytes: [UInt8]) -> Checkpoint? {
    try? UnverifiedCheckpoint(bytes).verified(by: [signer.verifierKey]).checkpoint
  }

  @Test func `a checkpoint cut off at any byte is refused`() throws {
    let note = checkpoint.signed(by: signer)
    #expect(believed(note) == checkpoint)
    for end in note.indices {
      #expect(believed(Array(note[..<end])) == nil)
      #expect(believed(Array(note[(end + 1)...])) == nil)
    }
  }

  @Test func `a checkpoint with any bit flipped is refused`() throws {
    let note = checkpoint.signed(by: signer)
    for offset in note.indices {
      for bit in 0..<8 {
        var changed = note
        changed[offset] ^= 1 << bit
        if believed(changed) != nil { Issue.record("bit \(bit) of byte \(offset) goes unnoticed") }
      }
    }
  }

  @Test func `a checkpoint with a byte removed, doubled or put in is never another`() throws {
    let note = checkpoint.signed(by: signer)
    for offset in note.indices {
      var removed = note
      removed.remove(at: offset)
      #expect(believed(removed) == nil)
      for byte in Set([note[offset], 0x00, 0x0A, 0x20, 0x2B, 0x30, 0x3D, 0x41, 0xCC]) {
        var longer = note
        longer.insert(byte, at: offset)
        #expect(believed(longer) == nil)
      }
    }
  }

  @Test func `beside an unknown signature, a flip is refused or changes nothing`() throws {
    let note = try checkpoint.signed(by: [signer, other])
    let own = checkpoint.signed(by: signer).count
    var survived = 0
    for offset in note.indices {
      for bit in [0, 1, 5, 7] {
        var changed = note
        changed[offset] ^= 1 << bit
        guard let believed = believed(changed) else { continue }
        survived += 1
        #expect(believed == checkpoint)
        #expect(offset >= own)
      }
    }
    #expect(survived > 0)
  }

  @Test func `a signature does not move to another checkpoint`() throws {
    let note = checkpoint.signed(by: signer)
    let lines = note.dropFirst(checkpoint.text.count)
    for size in [0, 41, 43, 420] as [UInt64] {
      let forged = Checkpoint(origin: signer.name, size: size, root: checkpoint.root)
      #expect(believed(forged.text + lines) == nil)
    }
    let extended = try Checkpoint(
      origin: signer.name, size: 42, root: checkpoint.root, extensions: [Array("x".utf8)])
    #expect(believed(extended.text + lines) == nil)
  }
}
