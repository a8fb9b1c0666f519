// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Testing
import Transparency

/// SSHSIG against what OpenSSH makes and accepts.
struct SSHSignatureTests {
  /// The signatures of `Fixtures/signatures` that verify, and the key of each.
  static let good = [
    "ed25519-sha256", "ed25519-sha512", "ecdsa-sha256", "ecdsa-sha512", "sk-ed25519-touched",
    "sk-ecdsa-touched",
  ]

  static func key(of name: String) throws -> SSHVerifyingKey {
    let file = name.split(separator: "-").dropLast().joined(separator: "-")
    let line = try Fixture.lines("signatures/\(file).pub")[0]
    let word = try #require(line.split(separator: 0x20).last)
    return try SSHVerifyingKey(blob: try Base64.decode(word, as: .standard))
  }

  static func message() throws -> [UInt8] { try Fixture.bytes("signatures/message") }

  @Test(arguments: good)
  func `what ssh-keygen signed verifies, with the key that it names`(name: String) throws {
    let armored = try Fixture.bytes("signatures/\(name).sig")
    let signature = try SSHSignature(armored: armored)
    try signature.verify(try Self.message())
    #expect(signature.key == (try Self.key(of: name)))
    #expect(Array(signature.armored.utf8) == armored)
  }

  @Test(arguments: ["sk-ed25519-untouched", "sk-ecdsa-untouched"])
  func `a security key that nobody touched speaks for nobody`(name: String) throws {
    let signature = try SSHSignature(armored: try Fixture.bytes("signatures/\(name).sig"))
    #expect(throws: SSHError(.untouched)) { try signature.verify(try Self.message()) }
  }

  /// Whether a signature is read and verifies for a key.
  private func accepts(
    _ blob: [UInt8], _ key: SSHVerifyingKey, _ message: [UInt8]
  ) -> Bool {
    guard let signature = try? SSHSignature(blob: blob), signature.key == key else { return false }
    return (try? signature.verify(message)) != nil
  }

  @Test(arguments: good)
  func `any flipped bit of signature, key or message is refused`(name: String) throws {
    let message = try Self.message()
    let key = try Self.key(of: name)
    let blob = try SSHSignature(armored: try Fixture.bytes("signatures/\(name).sig")).blob
    #expect(accepts(blob, key, message))
    for index in blob.indices {
      for bit in 0..<8 {
        var flipped = blob
        flipped[index] ^= 1 << bit
        #expect(!accepts(flipped, key, message), "bit \(bit) of byte \(index)")
      }
    }
    for index in message.indices {
      var flipped = message
      flipped[index] ^= 1 << (index % 8)
      #expect(!accepts(blob, key, flipped), "byte \(index) of the message")
    }
    for index in key.blob.indices {
      var flipped = key.blob
      flipped[index] ^= 1 << (index % 8)
      guard let other = try? SSHVerifyingKey(blob: flipped) else { continue }
      #expect(!accepts(blob, other, message), "byte \(index) of the key")
    }
  }

  @Test(arguments: good)
  func `any flipped byte of the armored form is refused or is not the stored form`(
    name: String
  ) throws {
    let message = try Self.message()
    let armored = try Fixture.bytes("signatures/\(name).sig")
    for index in armored.indices {
      for change: UInt8 in [0x01, 0x20, 0x80, armored[index]] {
        var flipped = armored
        flipped[index] ^= change
        guard let signature = try? SSHSignature(armored: flipped),
          (try? signature.verify(message)) != nil
        else { continue }
        // Only the breaking of lines may differ, and what is stored has one form.
        #expect(Array(signature.armored.utf8) == armored && flipped != armored)
      }
    }
  }

  @Test(arguments: good)
  func `every truncation, and every byte too many, is refused without a trap`(name: String) throws {
    let armored = try Fixture.bytes("signatures/\(name).sig")
    let blob = try SSHSignature(armored: armored).blob
    for count in 0..<blob.count {
      #expect(throws: SSHError.self) { try SSHSignature(blob: Array(blob[..<count])) }
    }
    #expect(throws: SSHError(.malformed)) { try SSHSignature(blob: blob + [0]) }
    // The last line feed is all that may be missing.
    for count in 0..<armored.count - 1 {
      #expect(throws: SSHError.self) { try SSHSignature(armored: armored[..<count]) }
    }
  }

  @Test func `random bytes are no signature and no key`() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<20_000 {
      var blob = Samples.bytes(random.below(120), seed: random.next())
      #expect((try? SSHVerifyingKey(blob: blob)) == nil)
      blob = Array("SSHSIG".utf8) + [0, 0, 0, 1] + blob
      #expect((try? SSHSignature(blob: blob)) == nil)
    }
  }

  @Test func `a signature for another purpose is refused`() throws {
    let name = Self.good[1]
    var blob = try SSHSignature(armored: try Fixture.bytes("signatures/\(name).sig")).blob
    let place = try #require(
      blob.indices.first { blob[$0...].starts(with: SSHSignature.namespace.utf8) })
    blob[place] = 0x6B
    let signature = try SSHSignature(blob: blob)
    #expect(throws: SSHError(.namespace)) { try signature.verify(try Self.message()) }
  }

  @Test func `keys of other kinds are named`() {
    let blob = [0, 0, 0, 7] + Array("ssh-rsa".utf8) + [0, 0, 0, 1, 3, 0, 0, 0, 1, 5]
    #expect(throws: SSHError(.unsupported("ssh-rsa"))) { try SSHVerifyingKey(blob: blob) }
  }

  @Test func `ssh-keygen signs what we verify, and prints the fingerprints that we do`() throws {
    let script = """
      import os, subprocess, sys, tempfile
      with tempfile.TemporaryDirectory() as folder:
          for index, line in enumerate(sys.stdin):
              kind, message = line.strip().split("/")
              key = os.path.join(folder, str(index))
              subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key], check=True)
              done = subprocess.run(
                  ["ssh-keygen", "-Y", "sign", "-n", "jobledger", "-f", key],
                  input=bytes.fromhex(message), capture_output=True, check=True)
              shown = subprocess.run(
                  ["ssh-keygen", "-l", "-f", key], capture_output=True, check=True)
              public = open(key + ".pub").read().split()[1]
              print(done.stdout.hex(), public, shown.stdout.split()[1].decode())
      """
    let cases = (UInt64(0)..<12).map { seed in
      (
        kind: seed.isMultiple(of: 2) ? "ed25519" : "ecdsa",
        message: Samples.bytes(Int(seed) * 37, seed: seed)
      )
    }
    let answers = try PythonOracle.lines(
      script,
      cases.map { each in
        Array("\(each.kind)/\(each.message.withUnsafeBytes { Hex.string($0) })".utf8)
      })
    for (each, answer) in zip(cases, answers) {
      let words = answer.split(separator: 0x20)
      let signature = try SSHSignature(armored: try #require(Hex.decode(Array(words[0]))))
      try signature.verify(each.message)
      #expect(throws: SSHError(.mismatch)) { try signature.verify(each.message + [0]) }
      #expect(signature.key.blob == (try Base64.decode(words[1], as: .standard)))
      #expect(signature.key.fingerprint == String(decoding: words[2], as: UTF8.self))
    }
  }
}
