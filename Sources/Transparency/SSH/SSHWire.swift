// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no SSH key or signature that this program can check.
public struct SSHError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reasons; new ones may be added.
  public enum Reason: Equatable, Sendable {
    /// It is not in the form that `ssh-keygen` writes.
    case malformed
    /// A key or signature of a kind that is not supported, such as `ssh-rsa`.
    case unsupported(String)
    /// The signature was made for another purpose.
    case namespace
    /// The signature does not fit the key and the message.
    case mismatch
    /// The security key signed without having been touched.
    case untouched
  }
  /// Why.
  public let reason: Reason
  /// Wraps a reason.
  public init(_ reason: Reason) { self.reason = reason }

  /// One sentence without a full stop.
  public var description: String {
    switch reason {
    case .malformed: "it is not in the form that ssh-keygen writes"
    case .unsupported(let name):
      "'\(name)' is not supported: use ssh-ed25519, ecdsa-sha2-nistp256, or one of them on a "
        + "security key"
    case .namespace: "it was made for another purpose than a decision in a ledger"
    case .mismatch: "it does not fit the key and what was signed"
    case .untouched: "the security key was not touched"
    }
  }
}

/// Reads the binary form of SSH (RFC 4251 §5): big-endian numbers, strings after their length.
struct SSHReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: some Sequence<UInt8>) { rest = ArraySlice(Array(bytes)) }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() throws(SSHError) -> UInt8 { try bytes(1)[0] }

  mutating func bytes(_ count: Int) throws(SSHError) -> [UInt8] {
    guard count <= rest.count else { throw SSHError(.malformed) }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func number() throws(SSHError) -> UInt32 {
    try bytes(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  mutating func string() throws(SSHError) -> [UInt8] { try bytes(Int(try number())) }

  /// A string of printable ASCII: a name.
  mutating func name() throws(SSHError) -> String {
    let bytes = try string()
    guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw SSHError(.malformed) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A number above zero of at most 32 bytes, as an `mpint` in its one form, in 32 bytes.
  mutating func scalar() throws(SSHError) -> [UInt8] {
    var bytes = try string()[...]
    guard let first = bytes.first, first < 0x80 else { throw SSHError(.malformed) }
    if first == 0 {
      // A leading zero only keeps the next bit from being a sign.
      guard bytes.count > 1, bytes[1] >= 0x80 else { throw SSHError(.malformed) }
      bytes = bytes.dropFirst()
    }
    guard bytes.count <= 32 else { throw SSHError(.malformed) }
    return [UInt8](repeating: 0, count: 32 - bytes.count) + bytes
  }

  func finish() throws(SSHError) {
    if !isAtEnd { throw SSHError(.malformed) }
  }
}

/// Writes the same form.
enum SSHWire {
  static func number(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  static func string(_ bytes: some Collection<UInt8>) -> [UInt8] {
    number(UInt32(bytes.count)) + bytes
  }
}
