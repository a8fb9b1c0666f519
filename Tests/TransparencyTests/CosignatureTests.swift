// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Testing
import Transparency

struct CosignatureTests {
  let signer: NoteSigner
  let witness: Cosigner
  let second: Cosigner
  let head: VerifiedCheckpoint

  init() throws {
    signer = try Samples.signer("example.org/log", seed: 1)
    witness = Cosigner(name: try KeyName("witness.example/w1"), key: try Samples.key(2))
    second = Cosigner(name: try KeyName("witness.example/w2"), key: try Samples.key(3))
    head = try SignedLog.head(
      size: 20, root: MerkleTree.root(of: Samples.leaves(20)), by: signer)
  }

  func read(_ note: [UInt8], _ cosigners: [CosignerKey]? = nil) throws -> VerifiedCheckpoint {
    try UnverifiedCheckpoint(note).verified(
      by: [signer.verifierKey], cosigners: cosigners ?? [witness.cosignerKey, second.cosignerKey])
  }

  @Test func `a cosignature is the time and a signature over the time and the text`() throws {
    let seconds: UInt64 = 1_679_315_147
    let line = witness.signatureLine(for: head, at: seconds)
    let named =
      Array("witness.example/w1\n".utf8) + [0x04] + witness.key.publicKey.rawRepresentation
    let keyID = MerkleTree.sha256(named).bytes[..<4]
    let message =
      Array("cosignature/v1\ntime 1679315147\nexample.org/log\n20\n".utf8)
      + Array("\(head.root.base64)\n".utf8)
    let time: [UInt8] = [0, 0, 0, 0, 0x64, 0x18, 0x50, 0xCB]
    let blob = keyID + time + witness.key.signature(for: message)
    #expect(blob.count == 76)
    #expect(
      line
        == Array("\u{2014} witness.example/w1 \(Base64.string(Array(blob), as: .standard))\n".utf8))
    let cosigned = try read(head.note.bytes + line)
    #expect(cosigned.cosignatures.map(\.key) == [witness.cosignerKey])
    #expect(cosigned.cosignatures.map(\.seconds) == [seconds])
    #expect(cosigned.checkpoint == head.checkpoint)
  }

  @Test func `a cosigner's vkey is name, key ID and 0x04 with the key`() throws {
    let key = witness.cosignerKey
    let parts = key.description.split(separator: "+", maxSplits: 2)
    #expect(parts[0] == "witness.example/w1")
    let body = try Base64.decode(parts[2].utf8, as: .standard)
    #expect(body == [0x04] + witness.key.publicKey.rawRepresentation)
    #expect(try CosignerKey(key.description) == key)
    // The same key as a log key has another ID, and neither text is read as the other.
    let asLog = VerifierKey(name: key.name, publicKey: key.publicKey)
    #expect(asLog.keyID != key.keyID)
    let error = #expect(throws: NoteError.self) { try VerifierKey(key.description) }
    #expect(error?.reason == .unsupportedKeyType(4))
    let reverse = #expect(throws: NoteError.self) { try CosignerKey(asLog.description) }
    #expect(reverse?.reason == .unsupportedKeyType(1))
  }

  @Test func `a cosigner's vkey with any byte changed is refused`() throws {
    let bytes = Array(witness.cosignerKey.description.utf8)
    for offset in bytes.indices {
      #expect(throws: NoteError.self) { try CosignerKey(bytes: Array(bytes[..<offset])) }
      for bit in 0..<8 {
        var changed = bytes
        changed[offset] ^= 1 << bit
        #expect(throws: NoteError.self) { try CosignerKey(bytes: changed) }
      }
    }
  }

  @Test func `cosignatures do not stand for the log`() throws {
    let line = witness.signatureLine(for: head, at: 5)
    let alone = head.note.text + [0x0A] + line
    for origin in [UnverifiedCheckpoint.OriginRule.nameOfSigner, .unchecked, .exactly(signer.name)]
    {
      let error = #expect(throws: NoteError.self) {
        try UnverifiedCheckpoint(alone).verified(
          by: [signer.verifierKey], origin: origin, cosigners: [witness.cosignerKey])
      }
      #expect(error?.reason == .noKnownKey)
    }
    // A log's own signature under the cosigner's name and key is no cosignature.
    let posing = NoteSigner(name: witness.cosignerKey.name, key: witness.key)
    let note = try head.checkpoint.signed(by: [signer, posing])
    #expect(try read(note).cosignatures.isEmpty)
  }

  @Test func `several cosigners count once each, with their latest time`() throws {
    let lines =
      witness.signatureLine(for: head, at: 7) + second.signatureLine(for: head, at: 3)
      + witness.signatureLine(for: head, at: 9) + witness.signatureLine(for: head, at: 8)
    let cosigned = try read(head.note.bytes + lines)
    #expect(cosigned.cosignatures.map(\.key) == [witness.cosignerKey, second.cosignerKey])
    #expect(cosigned.cosignatures.map(\.seconds) == [9, 3])
    #expect(try read(head.note.bytes + lines, []).cosignatures.isEmpty)
    #expect(try read(head.note.bytes + lines, [second.cosignerKey]).cosignatures.count == 1)
  }

  @Test func `a known cosigner that fails makes the checkpoint worthless, an unknown one does not`()
    throws
  {
    let other = try SignedLog.head(size: 21, root: head.root, by: signer)
    let foreign = witness.signatureLine(for: other, at: 7)
    let error = #expect(throws: NoteError.self) { try read(head.note.bytes + foreign) }
    #expect(error?.reason == .invalidSignature)
    #expect(error?.offset == head.note.bytes.count)
    #expect(try read(head.note.bytes + foreign, [second.cosignerKey]).cosignatures.isEmpty)
  }

  @Test func `every bit of a cosignature counts`() throws {
    let line = witness.signatureLine(for: head, at: 1_679_315_147)
    let note = head.note.bytes + line
    let start = head.note.bytes.count
    for offset in start..<note.count {
      for bit in 0..<8 {
        var changed = note
        changed[offset] ^= 1 << bit
        // Another name or key ID is somebody unknown; nothing else may pass.
        if let head = try? read(changed), !head.cosignatures.isEmpty {
          Issue.record("bit \(bit) of byte \(offset - start) goes unnoticed")
        }
      }
    }
  }

  @Test func `times and lengths outside the format are refused`() throws {
    let id = witness.cosignerKey.keyID
    let idBytes = withUnsafeBytes(of: id.bigEndian) { Array($0) }
    func line(_ seconds: UInt64, _ change: ([UInt8]) -> [UInt8] = { $0 }) -> [UInt8] {
      let message = Array("cosignature/v1\ntime \(seconds)\n".utf8) + head.note.text
      let time = withUnsafeBytes(of: seconds.bigEndian) { Array($0) }
      let blob = idBytes + change(time + witness.key.signature(for: message))
      return Array(
        "\u{2014} witness.example/w1 \(Base64.string(blob, as: .standard))\n".utf8)
    }
    #expect(try read(head.note.bytes + line(0)).cosignatures.map(\.seconds) == [0])
    let last = UInt64(Int64.max)
    #expect(try read(head.note.bytes + line(last)).cosignatures.map(\.seconds) == [last])
    #expect(Cosignature.timeLimit == last)
    for seconds in [last + 1, .max] {
      #expect(throws: NoteError.self) { try read(head.note.bytes + line(seconds)) }
    }
    for count in [1, 7, 8, 64, 71] {
      #expect(throws: NoteError.self) {
        try read(head.note.bytes + line(5) { Array($0.prefix(count)) })
      }
    }
    #expect(throws: NoteError.self) { try read(head.note.bytes + line(5) { $0 + [0] }) }
  }

  @Test func `lines are added below a note, and nothing else is`() throws {
    let note = try UnverifiedCheckpoint(head.note.bytes)
    let line = witness.signatureLine(for: head, at: 5)
    let longer = try note.adding(signatureLines: line)
    #expect(longer.note.bytes == head.note.bytes + line)
    #expect(try note.adding(signatureLines: []) == note)
    for lines in [
      Array("\n".utf8), [0x0A] + line, line + [0x0A] + line, line.dropLast(),
      Array("text\n".utf8), [0xFF],
    ] as [[UInt8]] {
      #expect(throws: NoteError.self) { try note.adding(signatureLines: Array(lines)) }
    }
  }

  @Test func `Python cosigns what the module verifies`() throws {
    let script = """
      import base64, hashlib, struct, sys
      from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
      from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
      for line in sys.stdin:
          seed, name, time, text = line.strip().split("/")
          key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
          public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
          name = bytes.fromhex(name)
          key_id = hashlib.sha256(name + b"\\n\\x04" + public).digest()[:4]
          message = b"cosignature/v1\\ntime %d\\n" % int(time) + bytes.fromhex(text)
          blob = key_id + struct.pack(">Q", int(time)) + key.sign(message)
          print("\\u2014 ".encode().hex() + name.hex() + "20" + base64.b64encode(blob).hex() + "0a")
      """
    var random = SplitMix64(seed: 4)
    let cases = (0..<20).map { _ in random.next() >> UInt64(1 + random.below(60)) }
    func hex(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { Hex.string($0) } }
    let questions = cases.map {
      Array(
        "\(hex(witness.key.rawRepresentation))/\(hex(witness.cosignerKey.name.bytes))/\($0)/\(hex(head.note.text))"
          .utf8)
    }
    for (seconds, answer) in zip(cases, try PythonOracle.lines(script, questions)) {
      let line = try #require(Hex.decode(answer))
      #expect(witness.signatureLine(for: head, at: seconds) == line)
      #expect(try read(head.note.bytes + line).cosignatures.map(\.seconds) == [seconds])
    }
  }
}
