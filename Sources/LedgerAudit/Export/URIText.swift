// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Transparency

/// URIs and UUIDs that exports make of a ledger's own names (RFC 3986, RFC 9562).
enum URIText {
  /// What is a URI of ours that no registry holds.
  static let vocabulary = "urn:jobledger:"

  /// `//origin`: a network-path reference, whose first segment is taken for a host and port.
  static func reference(toOrigin origin: String) -> String {
    let bytes = Array(origin.utf8)
    let slash = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
    let host = bytes[..<slash]
    // A colon in a host begins a port, and nothing else.
    let colon = host.lastIndex(of: UInt8(ascii: ":"))
    let hasPort =
      colon.map { host[host.index(after: $0)...].allSatisfy { (0x30...0x39).contains($0) } }
      ?? false
    let name = hasPort ? host[..<(colon ?? host.endIndex)] : host
    let port = hasPort ? host[(colon ?? host.endIndex)...] : host[host.endIndex...]
    return "//" + escape(name) + String(decoding: port, as: UTF8.self)
      + escape(bytes[slash...], keeping: "/:@")
  }

  /// Everything but unreserved characters, and those that are kept, as `%41`.
  static func escape(_ bytes: some Sequence<UInt8>, keeping kept: StaticString = "") -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    let kept = kept.withUTF8Buffer { Array($0) }
    var text: [UInt8] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        text.append(byte)
      case _ where kept.contains(byte): text.append(byte)
      default: text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// A UUID of version 8: the beginning of the SHA-256 of the parts, a line feed behind each.
  static func uuid(of parts: String...) -> String {
    var named: [UInt8] = []
    for part in parts { named += Array(part.utf8) + [0x0A] }
    var bytes = Array(Digest(MerkleTree.sha256(named)).bytes.prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x80
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
      text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: text, as: UTF8.self)
  }
}
