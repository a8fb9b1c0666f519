// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import Transparency

/// A public key as OpenSSH writes it on one line: algorithm, base64 of the key, comment.
public struct SSHPublicKey: Hashable, Sendable {
  /// Such as `ssh-ed25519`.
  public let algorithm: String
  /// Algorithm and key, without the comment.
  public let line: String
  /// `SHA256:` and the unpadded base64 of the key's SHA-256, as `ssh-keygen -l` prints it.
  public let fingerprint: String

  /// Whether signatures of this kind of key can be checked.
  public let canSign: Bool

  /// Reads one line; nil for anything else, a private key among it.
  public init?(_ line: some StringProtocol) {
    let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map { String($0) }
    guard words.count >= 2, let key = Base64.standard.decode(words[1]), key.count > 8 else {
      return nil
    }
    var length = 0
    for byte in key[..<4] { length = length << 8 | Int(byte) }
    // The key names its algorithm again, inside (RFC 4253 §6.6).
    guard length <= key.count - 4, key[4..<4 + length].elementsEqual(words[0].utf8) else {
      return nil
    }
    algorithm = words[0]
    self.line = "\(words[0]) \(words[1])"
    fingerprint = SSHVerifyingKey.fingerprint(ofBlob: key)
    canSign = (try? SSHVerifyingKey(blob: key)) != nil
  }
}
