// SPDX-License-Identifier: Apache-2.0

internal import Crypto

/// An SSHSIG: what `ssh-keygen -Y sign` makes and `ssh-keygen -Y verify` checks (PROTOCOL.sshsig
/// of OpenSSH). Parsed, not yet verified.
public struct SSHSignature: Hashable, Sendable {
  /// The purpose that decisions in a ledger are signed for: the `-n` of `ssh-keygen -Y`.
  public static let namespace = "jobledger"

  /// The key that it says it is of.
  public let key: SSHVerifyingKey
  /// What it was made for.
  public let namespace: [UInt8]
  private let reserved: [UInt8]
  private let hash: HashName
  private let signature: [UInt8]

  enum HashName: String, Sendable {
    case sha256 = "sha256"
    case sha512 = "sha512"
  }

  private static let magic = Array("SSHSIG".utf8)
  private static let begin = Array("-----BEGIN SSH SIGNATURE-----".utf8)
  private static let end = Array("-----END SSH SIGNATURE-----".utf8)
  /// Longer texts are no signature of a supported kind.
  private static let armoredLimit = 8192

  /// Reads the binary form.
  public init(blob: [UInt8]) throws(SSHError) {
    var reader = SSHReader(blob)
    guard try reader.bytes(6) == SSHSignature.magic, try reader.number() == 1 else {
      throw SSHError(.malformed)
    }
    key = try SSHVerifyingKey(blob: try reader.string())
    namespace = try reader.string()
    reserved = try reader.string()
    let name = try reader.name()
    guard let hash = HashName(rawValue: name) else { throw SSHError(.unsupported(name)) }
    self.hash = hash
    signature = try reader.string()
    try reader.finish()
    guard !namespace.isEmpty else { throw SSHError(.malformed) }
  }

  /// Reads the armored form, whatever the length of its lines and whether they end in LF or CRLF.
  public init(armored text: some Collection<UInt8>) throws(SSHError) {
    guard text.count <= SSHSignature.armoredLimit else { throw SSHError(.malformed) }
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      $0.last == 0x0D ? Array($0.dropLast()) : Array($0)
    }
    if lines.last == [] { lines.removeLast() }
    guard lines.count >= 3, lines.first == SSHSignature.begin, lines.last == SSHSignature.end
    else { throw SSHError(.malformed) }
    guard let blob = try? Base64.decode(lines[1..<lines.count - 1].joined(), as: .standard) else {
      throw SSHError(.malformed)
    }
    try self.init(blob: blob)
  }

  /// The binary form.
  public var blob: [UInt8] {
    SSHSignature.magic + SSHWire.number(1) + SSHWire.string(key.blob)
      + SSHWire.string(namespace) + SSHWire.string(reserved)
      + SSHWire.string(hash.rawValue.utf8) + SSHWire.string(signature)
  }

  /// The one armored form that is stored: lines of 70 characters that end in LF, as OpenSSH writes.
  public var armored: String {
    var lines = SSHSignature.begin + [0x0A]
    for (index, byte) in Base64.string(blob, as: .standard).utf8.enumerated() {
      if index > 0, index.isMultiple(of: 70) { lines.append(0x0A) }
      lines.append(byte)
    }
    return String(decoding: lines + [0x0A] + SSHSignature.end + [0x0A], as: UTF8.self)
  }

  /// Checks that its key made it, for decisions in a ledger, of exactly this message.
  ///
  /// Throws `namespace`, `mismatch`, `untouched`, or `malformed`. Whose key that is, is for the
  /// caller to ask.
  public func verify(_ message: [UInt8]) throws(SSHError) {
    guard namespace.elementsEqual(SSHSignature.namespace.utf8) else {
      throw SSHError(.namespace)
    }
    try key.verify(signature, of: signedBytes(message))
  }

  /// What the key signs: the purpose and the digest of the message.
  private func signedBytes(_ message: [UInt8]) -> [UInt8] {
    let digest: [UInt8] =
      switch hash {
      case .sha256: Array(SHA256.hash(data: message))
      case .sha512: Array(SHA512.hash(data: message))
      }
    return SSHSignature.magic + SSHWire.string(namespace) + SSHWire.string(reserved)
      + SSHWire.string(hash.rawValue.utf8) + SSHWire.string(digest)
  }
}
