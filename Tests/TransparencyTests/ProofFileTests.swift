// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Testing
import Transparency

struct ProofFileTests {
  let log: SignedLog
  let keys: [VerifierKey]

  init() throws {
    log = try SignedLog(20)
    keys = [log.signer.verifierKey]
  }

  func file(_ index: Int, in size: Int, extra: [UInt8]? = nil) throws -> UnverifiedProofFile {
    UnverifiedProofFile(
      extra: extra, proof: log.tree.inclusionProof(of: UInt64(index), in: UInt64(size)),
      checkpoint: try UnverifiedCheckpoint(log.checkpoints[size].note.bytes))
  }

  @Test func `a file is its lines, byte by byte`() throws {
    let proof = try file(5, in: 7, extra: Array("hello".utf8))
    let hashes = NaiveTree(log.entries).path(5, 0..<7).map { Base64.string($0, as: .standard) }
    let text =
      "c2sp.org/tlog-proof@v1\nextra aGVsbG8=\nindex 5\n\(hashes[0])\n\(hashes[1])\n\(hashes[2])\n\n"
    #expect(proof.bytes == Array(text.utf8) + log.checkpoints[7].note.bytes)
    #expect(try UnverifiedProofFile(proof.bytes) == proof)
  }

  @Test func `a tree of one leaf has no hashes, and an empty extra is not a missing one`() throws {
    let bare = try file(0, in: 1)
    let head = "c2sp.org/tlog-proof@v1\nindex 0\n\n"
    #expect(bare.bytes == Array(head.utf8) + log.checkpoints[1].note.bytes)
    let empty = try file(0, in: 1, extra: [])
    #expect(empty.bytes != bare.bytes)
    for each in [bare, empty] { #expect(try UnverifiedProofFile(each.bytes) == each) }
  }

  @Test(arguments: 1...20)
  func `every leaf of every size is proved by its file`(size: Int) throws {
    for index in 0..<size {
      let bytes = try file(index, in: size).bytes
      let proven = try UnverifiedProofFile(bytes).verified(entry: log.entries[index], by: keys)
      #expect(proven.index == UInt64(index))
      #expect(proven.leaf == log.leaves[index])
      #expect(proven.checkpoint == log.checkpoints[size])
      let other = log.entries[(index + 1) % 20]
      #expect(throws: ProofError.rootMismatch) {
        try UnverifiedProofFile(bytes).verified(entry: other, by: keys)
      }
    }
  }

  @Test func `a file whose checkpoint nobody known has signed proves nothing`() throws {
    let proof = try file(3, in: 9)
    let stranger = try Samples.signer("example.org/log", seed: 9).verifierKey
    for keys in [[], [stranger]] {
      let error = #expect(throws: ProofError.self) {
        try proof.verified(entry: log.entries[3], by: keys)
      }
      guard case .checkpoint(let reason)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(reason.reason == .noKnownKey)
    }
    #expect(throws: ProofError.self) {
      try proof.verified(
        entry: log.entries[3], by: self.keys, origin: .exactly(try KeyName("example.org/else")))
    }
  }

  @Test func `cosignatures come with the checkpoint`() throws {
    let witness = Cosigner(name: try KeyName("witness.example"), key: try Samples.key(5))
    let head = log.checkpoints[9]
    let cosigned = try UnverifiedCheckpoint(
      head.note.bytes + witness.signatureLine(for: head, at: 12))
    let bytes = UnverifiedProofFile(
      proof: log.tree.inclusionProof(of: 2, in: 9), checkpoint: cosigned
    ).bytes
    let proven = try UnverifiedProofFile(bytes).verified(
      entry: log.entries[2], by: keys, cosigners: [witness.cosignerKey])
    #expect(proven.checkpoint.cosignatures.map(\.seconds) == [12])
  }

  static let hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

  @Test(arguments: [
    ("", NoteError.Reason.notAProofFile, 0),
    ("c2sp.org/tlog-proof@v1", .notAProofFile, 0),
    ("c2sp.org/tlog-proof@v2\nindex 0\n\n", .notAProofFile, 0),
    ("\nc2sp.org/tlog-proof@v1\nindex 0\n\n", .notAProofFile, 0),
    ("c2sp.org/tlog-proof@v1\r\nindex 0\n\n", .notAProofFile, 0),
    ("c2sp.org/tlog-proof@v1\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nextra aGVsbG8=\n", .invalidIndex, 38),
    ("c2sp.org/tlog-proof@v1\nextra aGVsbG8\nindex 0\n\n", .invalidBase64, 36),
    ("c2sp.org/tlog-proof@v1\nextra aGVsbG9=\nindex 0\n\n", .invalidBase64, 35),
    ("c2sp.org/tlog-proof@v1\nextra  aGVsbG8=\nindex 0\n\n", .invalidBase64, 29),
    ("c2sp.org/tlog-proof@v1\nextra\nindex 0\n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nextra AA==\nextra AA==\nindex 0\n\n", .invalidIndex, 34),
    ("c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n\n", .invalidHash, 31),
    ("c2sp.org/tlog-proof@v1\nindex \n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nindex 00\n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nindex 01\n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nindex +1\n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nindex -0\n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nindex 1 \n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nindex 1\r\n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nindex ١\n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nIndex 1\n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nindex 18446744073709551616\n\n", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nindex 0", .invalidIndex, 23),
    ("c2sp.org/tlog-proof@v1\nindex 0\n", .proofWithoutCheckpoint, 31),
    ("c2sp.org/tlog-proof@v1\nindex 0\n\(hash)\n", .proofWithoutCheckpoint, 76),
    ("c2sp.org/tlog-proof@v1\nindex 0\n\(hash)", .proofWithoutCheckpoint, 31),
    ("c2sp.org/tlog-proof@v1\nindex 0\n\(hash)\r\n\n", .invalidHash, 31),
    ("c2sp.org/tlog-proof@v1\nindex 0\n\(hash)\n \(hash)\n\n", .invalidHash, 76),
    ("c2sp.org/tlog-proof@v1\nindex 0\nAA==\n\n", .invalidHash, 31),
    ("c2sp.org/tlog-proof@v1\nindex 0\n\n", .noBlankLine, 32),
    ("c2sp.org/tlog-proof@v1\nindex 0\n\n\n\n", .noSignatures, 34),
  ])
  func `a file that is no proof is refused, with the place`(
    text: String, reason: NoteError.Reason, offset: Int
  ) {
    let error = #expect(throws: NoteError.self) { try UnverifiedProofFile(Array(text.utf8)) }
    #expect(error?.reason == reason)
    #expect(error?.offset == offset)
  }

  @Test func `the checkpoint's faults keep their place in the file`() throws {
    let good = try file(5, in: 7).bytes
    let start = good.count - log.checkpoints[7].note.bytes.count
    var bad = good
    bad[start + log.signer.name.bytes.count + 1] = UInt8(ascii: "+")
    let error = #expect(throws: NoteError.self) { try UnverifiedProofFile(bad) }
    #expect(error?.reason == .invalidSize)
    #expect(error?.offset == start + log.signer.name.bytes.count + 1)
  }

  @Test func `floods are refused`() throws {
    let note = log.checkpoints[1].note.bytes
    let many = String(repeating: "\(Self.hash)\n", count: 65)
    let head = "c2sp.org/tlog-proof@v1\nindex 0\n"
    let error = #expect(throws: NoteError.self) {
      try UnverifiedProofFile(Array("\(head)\(many)\n".utf8) + note)
    }
    #expect(error?.reason == .tooManyHashes(limit: 64))
    let fits = Array("\(head)\(many.dropLast(45))\n".utf8) + note
    #expect(try UnverifiedProofFile(fits).proof.hashes.count == 64)
    let long = [UInt8](repeating: 0x41, count: UnverifiedProofFile.byteLimit + 1)
    let tooLong = #expect(throws: NoteError.self) { try UnverifiedProofFile(long) }
    #expect(tooLong?.reason == .tooLong(limit: UnverifiedProofFile.byteLimit))
  }

  @Test func `a file with any bit flipped proves the same or nothing`() throws {
    let extra = Array("leaf".utf8)
    let good = try file(5, in: 7, extra: extra).bytes
    var survived = 0
    for offset in good.indices {
      for bit in 0..<8 {
        var changed = good
        changed[offset] ^= 1 << bit
        guard let file = try? UnverifiedProofFile(changed),
          let proven = try? file.verified(entry: log.entries[5], by: keys)
        else { continue }
        survived += 1
        // What is beside the proof is proved by nothing.
        #expect(proven.index == 5 && proven.checkpoint.root == log.checkpoints[7].root)
        #expect(file.extra != extra && file.proof == log.tree.inclusionProof(of: 5, in: 7))
      }
    }
    #expect(survived > 0)
  }

  @Test func `a file cut off at any byte is refused`() throws {
    let good = try file(5, in: 7).bytes
    for end in good.indices {
      #expect((try? UnverifiedProofFile(Array(good[..<end]))) == nil)
      #expect((try? UnverifiedProofFile(Array(good[(end + 1)...]))) == nil)
    }
  }
}
