// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// The members that end every leaf, found from its last byte: `text`, `time`, `type` and `v`.
///
/// Finding them costs the same for a leaf of any length. It says where they would be, not that the
/// leaf is valid: only ``EventCodec/decode(_:)-(UnsafeRawBufferPointer)`` does.
public struct LeafTail {
  /// The characters of `type`.
  public let type: Range<Int>
  /// The characters of `time`, 27 of them.
  public let time: Range<Int>
  /// The characters of `text`, 43 of them, where there is one.
  public let text: Range<Int>?
  /// The number `v`.
  public let version: UInt64

  /// Finds the members; nil where the bytes do not end as a leaf does.
  @inline(__always)
  public init?(_ leaf: UnsafeRawBufferPointer) {
    let count = leaf.count
    guard count > 64, leaf[count - 1] == 0x7d else { return nil }
    var at = count - 2
    var scale: UInt64 = 1
    var version: UInt64 = 0
    while at > 0, leaf[at] >= 0x30, leaf[at] <= 0x39, scale < 1_000_000_000 {
      version += UInt64(leaf[at] - 0x30) * scale
      scale *= 10
      at -= 1
    }
    self.version = version
    guard scale > 1, at >= 5, Self.matches(leaf, at - 5, "\",\"v\":") else { return nil }
    let typeEnd = at - 5
    at = typeEnd
    while at > 0, leaf[at - 1] != 0x22 { at -= 1 }
    type = at..<typeEnd
    guard at >= 46, Self.matches(leaf, at - 10, "\",\"type\":\""),
      Self.matches(leaf, at - 46, ",\"time\":\"")
    else { return nil }
    time = at - 37..<at - 10
    let before = at - 46
    if before >= 53, leaf[before - 1] == 0x22, Self.matches(leaf, before - 53, ",\"text\":\"") {
      text = before - 44..<before - 1
    } else {
      text = nil
    }
  }

  @inline(__always)
  private static func matches(
    _ leaf: UnsafeRawBufferPointer, _ offset: Int, _ literal: StaticString
  ) -> Bool {
    for at in 0..<literal.utf8CodeUnitCount where leaf[offset + at] != literal.utf8Start[at] {
      return false
    }
    return true
  }
}

extension EventCodec {
  /// The type that a leaf names; nil where it names none that this program knows.
  public static func type(of leaf: UnsafeRawBufferPointer) -> EventType? {
    guard let tail = LeafTail(leaf) else { return nil }
    return EventType(name: UnsafeRawBufferPointer(rebasing: leaf[tail.type]))
  }

  /// The stored name of the type that a leaf names, known or not; nil where there is none.
  public static func typeName(of leaf: UnsafeRawBufferPointer) -> String? {
    guard let tail = LeafTail(leaf) else { return nil }
    return String(decoding: leaf[tail.type], as: UTF8.self)
  }

  /// When a leaf says that it was recorded; nil where it has no such time.
  public static func time(of leaf: UnsafeRawBufferPointer) -> Timestamp? {
    guard let tail = LeafTail(leaf) else { return nil }
    return Timestamp(written: UnsafeRawBufferPointer(rebasing: leaf[tail.time]))
  }

  /// The digest that 43 characters of base64url write; nil for any others.
  public static func digest(base64url text: UnsafeRawBufferPointer) -> Digest? {
    Digest(base64url: text)
  }
}
