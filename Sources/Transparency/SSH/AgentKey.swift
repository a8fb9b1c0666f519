// SPDX-License-Identifier: Apache-2.0

/// The two messages of the `ssh-agent` protocol that signing needs (draft-ietf-sshm-ssh-agent §3).
///
/// Each is a length of four bytes and so many bytes. What is signed are the bytes as they are: an
/// Ed25519 key of an agent signs a note as the log's own key would.
public enum AgentMessage {
  /// The longest answer that is read.
  public static let byteLimit = 1 << 18

  private static let algorithm = Array("ssh-ed25519".utf8)

  /// The request for a signature of `message` by an Ed25519 key (SSH_AGENTC_SIGN_REQUEST).
  public static func signRequest(_ message: [UInt8], by key: PublicKey) -> [UInt8] {
    SSHWire.string(
      [13] + SSHWire.string(blob(key)) + SSHWire.string(message) + SSHWire.number(0))
  }

  /// The 64 bytes of a signature from the answer without its length; nil where the agent refused.
  public static func signature(in answer: [UInt8]) throws(SSHError) -> [UInt8]? {
    var reader = SSHReader(answer)
    switch try reader.byte() {
    case 5: return nil
    case 14:
      var signature = SSHReader(try reader.string())
      guard try signature.string() == algorithm else { throw SSHError(.malformed) }
      let bytes = try signature.string()
      guard bytes.count == 64 else { throw SSHError(.malformed) }
      return bytes
    default: throw SSHError(.malformed)
    }
  }

  /// The key in a line of a public key file: `ssh-ed25519 AAAA… comment`; nil for any other kind.
  public static func publicKey(line: String) -> PublicKey? {
    let words = line.utf8.split { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    guard words.count >= 2, words[0].elementsEqual(algorithm),
      let bytes = try? Base64.decode(Array(words[1]), as: .standard)
    else { return nil }
    var reader = SSHReader(bytes)
    guard let name = try? reader.string(), name == algorithm, let key = try? reader.string(),
      reader.isAtEnd
    else { return nil }
    return try? PublicKey(rawRepresentation: key)
  }

  private static func blob(_ key: PublicKey) -> [UInt8] {
    SSHWire.string(algorithm) + SSHWire.string(key.rawRepresentation)
  }
}
