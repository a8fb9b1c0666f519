// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Testing
import Transparency

/// Comparison with programs that share no code with this module.
struct OracleTests {
  @Test(arguments: UInt64(0)..<8)
  func `roots of random trees are those of pymerkle`(seed: UInt64) throws {
    // One hexadecimal entry a line; the answer to a line is the root of the tree up to it.
    let script = """
      import sys
      from pymerkle import InmemoryTree
      tree = InmemoryTree(algorithm="sha256")
      root = getattr(tree, "get_root", None) or tree.get_state
      for line in sys.stdin:
          print(root(tree.append_entry(bytes.fromhex(line.strip()))).hex())
      """
    var random = SplitMix64(seed: seed)
    let entries = (0..<random.below(400) + 1).map { _ in
      // pymerkle takes the empty entry for a missing one.
      Samples.bytes(random.below(200) + 1, seed: random.next())
    }
    let questions = entries.map { $0.withUnsafeBytes { Array(Hex.string($0).utf8) } }
    let answers = try PythonOracle.lines(script, questions)

    var frontier = Frontier()
    var leaves: [MerkleHash] = []
    for (entry, answer) in zip(entries, answers) {
      leaves.append(MerkleTree.leafHash(of: entry))
      frontier.append(leaves[leaves.count - 1])
      #expect(frontier.root().hex == String(decoding: answer, as: UTF8.self))
    }
    #expect(MerkleTree.root(of: leaves) == frontier.root())
  }

  @Test func `OpenSSL verifies the signature of a checkpoint by the printed key`() throws {
    let script = """
      import json, os, subprocess, sys, tempfile
      case = json.load(sys.stdin)
      with tempfile.TemporaryDirectory() as folder:
          def put(name, data):
              path = os.path.join(folder, name)
              with open(path, "wb") as file:
                  file.write(data)
              return path
          key = put("key", case["pem"].encode())
          signature = put("signature", bytes.fromhex(case["signature"]))
          for text in case["texts"]:
              done = subprocess.run(
                  ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", "-inkey", key,
                   "-sigfile", signature, "-in", put("text", bytes.fromhex(text))],
                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
              print(done.returncode)
      """
    let signer = try Samples.signer("example.org/ledger", seed: 5)
    let checkpoint = Checkpoint(
      origin: signer.name, size: 3, root: MerkleTree.root(of: Samples.leaves(3)))
    let note = try UnverifiedNote(checkpoint.signed(by: signer))
    let signature = try #require(note.signatures.first).signature
    let texts = [note.text, note.text.dropLast() + [0x20]]
    let hex = texts.map { $0.withUnsafeBytes { "\"\(Hex.string($0))\"" } }
    let pem = signer.key.publicKey.pem.split(separator: "\n").joined(separator: "\\n") + "\\n"
    let question = """
      {"pem":"\(pem)","signature":"\(signature.withUnsafeBytes { Hex.string($0) })",
       "texts":[\(hex.joined(separator: ","))]}
      """
    let answer = try PythonOracle.run(script, input: Array(question.utf8))
    #expect(String(decoding: answer, as: UTF8.self) == "0\n1\n")
  }

  @Test func `Python signs what the module verifies, and digests what it authenticates`() throws {
    let script = """
      import hashlib, hmac, sys
      from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
      from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
      for line in sys.stdin:
          seed, text = (bytes.fromhex(word) for word in line.split("/"))
          key = Ed25519PrivateKey.from_private_bytes(seed)
          public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
          code = hmac.new(seed, text, hashlib.sha256).digest()
          print((public + key.sign(text) + code).hex())
      """
    let cases = (UInt64(0)..<40).map { seed in
      (seed: Samples.bytes(32, seed: seed), text: Samples.bytes(Int(seed) * 7, seed: seed + 100))
    }
    let questions = cases.map { each in
      Array("\(each.seed.withUnsafeBytes { Hex.string($0) })/".utf8)
        + Array(each.text.withUnsafeBytes { Hex.string($0) }.utf8)
    }
    let answers = try PythonOracle.lines(script, questions)
    for (each, answer) in zip(cases, answers) {
      let bytes = try #require(Hex.decode(answer))
      let key = try SigningKey(rawRepresentation: each.seed)
      #expect(key.publicKey.rawRepresentation == Array(bytes[..<32]))
      #expect(key.signature(for: each.text) == Array(bytes[32..<96]))
      #expect(key.publicKey.isValidSignature(Array(bytes[32..<96]), for: each.text))
      let digest = Authentication.requestDigest(key: each.seed, bytes: each.text)
      #expect(digest.bytes == Array(bytes[96...]))
    }
  }
}
