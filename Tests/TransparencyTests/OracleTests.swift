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

  @Test(arguments: UInt64(0)..<6)
  func `proofs in random trees are those of pymerkle, which believes ours`(seed: UInt64) throws {
    // First the entries, one a line, up to an empty line; then one question a line. An answer is the
    // roots in question and the hashes of the proof.
    let script = """
      import sys
      from pymerkle import InmemoryTree, InvalidProof
      from pymerkle.proof import InclusionProof
      tree = InmemoryTree(algorithm="sha256")
      reading = True
      for line in sys.stdin:
          words = line.split()
          if reading and not words:
              reading = False
              print()
          elif reading:
              tree.append_entry(bytes.fromhex(words[0]))
              print()
          elif words[0] == "inclusion":
              index, size = int(words[1]) + 1, int(words[2])
              theirs = tree.prove_inclusion(index, size)
              leaf = tree.get_leaf(index)
              ours = InclusionProof("sha256", True, size, index, theirs.rule,
                                    [leaf] + [bytes.fromhex(word) for word in words[3:]])
              ours.verify(leaf, tree.get_root(size), index=index, size=size)
              bent = InclusionProof("sha256", True, size, index, theirs.rule,
                                    [leaf] + [bytes.fromhex(word) for word in words[4:] + words[3:4]])
              try:
                  bent.verify(leaf, tree.get_root(size))
                  assert len(set(words[3:])) < 2
              except InvalidProof:
                  pass
              print(" ".join(each.hex() for each in [tree.get_root(size)] + theirs.path[1:]))
          else:
              older, newer = int(words[1]), int(words[2])
              theirs = tree.prove_consistency(older, newer)
              roots = [tree.get_root(older), tree.get_root(newer)]
              theirs.verify(*roots)
              print(" ".join(each.hex() for each in roots + theirs.path))
      """
    var random = SplitMix64(seed: seed)
    let entries = (0..<random.below(700) + 2).map { _ in
      Samples.bytes(random.below(60) + 1, seed: random.next())
    }
    let leaves = entries.map { MerkleTree.leafHash(of: $0) }
    let tree = StoredTree(leaves: leaves)
    var questions = entries.map { $0.withUnsafeBytes { Array(Hex.string($0).utf8) } } + [[]]
    var inclusions: [(InclusionProof, UInt64)] = []
    var consistencies: [(ConsistencyProof, UInt64, UInt64)] = []
    for _ in 0..<60 {
      let size = UInt64(random.below(entries.count) + 1)
      let proof = tree.inclusionProof(of: UInt64(random.below(Int(size))), in: size)
      inclusions.append((proof, size))
      let hashes = proof.hashes.map(\.hex).joined(separator: " ")
      questions.append(Array("inclusion \(proof.index) \(size) \(hashes)".utf8))
    }
    for _ in 0..<60 {
      let newer = UInt64(random.below(entries.count) + 1)
      let older = UInt64(random.below(Int(newer)) + 1)
      consistencies.append((tree.consistencyProof(from: older, to: newer), older, newer))
      questions.append(Array("consistency \(older) \(newer)".utf8))
    }
    let answers = try PythonOracle.lines(script, questions)[(entries.count + 1)...].map { line in
      try line.split(separator: 0x20).map {
        try #require(MerkleHash(hex: String(decoding: $0, as: UTF8.self)))
      }
    }
    let signer = try Samples.signer("example.org/log", seed: 1)
    for ((proof, size), answer) in zip(inclusions, answers) {
      #expect(Array(answer[1...]) == proof.hashes)
      // Their root, our proof.
      let head = try SignedLog.head(size: size, root: answer[0], by: signer)
      #expect(throws: Never.self) { try head.verify(proof, of: leaves[Int(proof.index)]) }
    }
    for ((proof, older, newer), answer) in zip(consistencies, answers[inclusions.count...]) {
      let heads = (
        try SignedLog.head(size: older, root: answer[0], by: signer),
        try SignedLog.head(size: newer, root: answer[1], by: signer)
      )
      #expect(throws: Never.self) { try heads.1.verify(proof, from: heads.0) }
      // pymerkle orders its proofs in its own way, and cuts subtrees differently after even sizes.
      if !older.isMultiple(of: 2), older > 1, older < newer {
        #expect(Set(answer[2...]) == Set(proof.hashes))
      }
    }
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
