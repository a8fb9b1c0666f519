// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// An event as it is shown and exported: its leaf with the words in place of their digest.
///
/// `text` becomes `{"digest","salt","values":{…}}`, or `{"digest","erased":true}`, or `{"digest"}`
/// where the words are not at hand. It is canonical JSON too, and ``split(_:)`` gives back the very
/// bytes of leaf and disclosure (DESIGN §3).
public enum FullForm {
  /// What is known of an event's words.
  public enum Words {
    /// The disclosure's stored bytes.
    case disclosed(UnsafeRawBufferPointer)
    /// They were erased.
    case erased
    /// They are not at hand, or the leaf has none.
    case absent
  }

  /// Appends the full form of a leaf that decodes; its bytes are copied, not read again.
  public static func encode(
    leaf: UnsafeRawBufferPointer, words: Words, into buffer: inout ByteBuffer
  ) throws(CodecError) {
    guard let tail = LeafTail(leaf) else {
      throw CodecError(offset: 0, reason: .expected("a leaf"))
    }
    guard let text = tail.text else {
      if case .absent = words { return buffer.append(leaf) }
      throw CodecError(offset: tail.time.lowerBound, reason: .missingMember("text"))
    }
    let quoted = text.lowerBound - 1..<text.upperBound + 1
    buffer.append(UnsafeRawBufferPointer(rebasing: leaf[..<quoted.lowerBound]))
    buffer.append("{\"")
    buffer.append(Wire.digest)
    buffer.append("\":")
    buffer.append(UnsafeRawBufferPointer(rebasing: leaf[quoted]))
    switch words {
    case .disclosed(let disclosure):
      // `["` and 22 characters, `",`, the object, `]`.
      guard disclosure.count >= 29, disclosure[0] == 0x5b, disclosure[24] == 0x22,
        disclosure[26] == 0x7b
      else { throw CodecError(offset: 0, reason: .expected("a disclosure")) }
      buffer.append(",\"")
      buffer.append(Wire.salt)
      buffer.append("\":")
      buffer.append(UnsafeRawBufferPointer(rebasing: disclosure[1..<25]))
      buffer.append(",\"")
      buffer.append(Wire.values)
      buffer.append("\":")
      buffer.append(UnsafeRawBufferPointer(rebasing: disclosure[26..<disclosure.count - 1]))
    case .erased:
      buffer.append(",\"")
      buffer.append(Wire.erased)
      buffer.append("\":true")
    case .absent: break
    }
    buffer.append("}")
    buffer.append(UnsafeRawBufferPointer(rebasing: leaf[quoted.upperBound...]))
  }

  /// The full form of a leaf that decodes.
  public static func encode(
    leaf: [UInt8], disclosure: [UInt8]?, erased: Bool = false
  ) throws(CodecError) -> [UInt8] {
    var buffer = ByteBuffer(capacity: leaf.count + (disclosure?.count ?? 0) + 64)
    try leaf.withUnsafeBufferPointer { leaf throws(CodecError) in
      let leaf = UnsafeRawBufferPointer(leaf)
      guard let disclosure else {
        return try encode(leaf: leaf, words: erased ? .erased : .absent, into: &buffer)
      }
      try disclosure.withUnsafeBufferPointer { words throws(CodecError) in
        try encode(leaf: leaf, words: .disclosed(UnsafeRawBufferPointer(words)), into: &buffer)
      }
    }
    return buffer.array()
  }

  /// What a full form was made of.
  public struct Parts: Equatable, Sendable {
    /// The leaf's bytes.
    public var leaf: [UInt8]
    /// The disclosure's bytes, where the words stand in the full form.
    public var disclosure: [UInt8]?
    /// Whether it says that the words were erased.
    public var isErased: Bool
    /// Gathers the parts.
    public init(leaf: [UInt8], disclosure: [UInt8]?, isErased: Bool) {
      self.leaf = leaf
      self.disclosure = disclosure
      self.isErased = isErased
    }
  }

  /// Takes a full form, in any JSON layout, apart; the caller hashes and decodes what it gets.
  public static func split(_ bytes: UnsafeRawBufferPointer) throws(CodecError) -> Parts {
    guard case .object(var event) = try JSONParser.parse(bytes, options: .doublesOnly)
    else {
      throw CodecError(offset: 0, reason: .expected("an object"))
    }
    let name = Text(Wire.text.description)
    var disclosure: [UInt8]?
    var isErased = false
    if let text = event[name] {
      guard let members = text.object, let digest = members[Text(Wire.digest.description)] else {
        throw refusal(Wire.text, "an object with a digest")
      }
      event[name] = digest
      let salt = members[Text(Wire.salt.description)]
      let values = members[Text(Wire.values.description)]
      let erased = members[Text(Wire.erased.description)]
      switch (salt, values, erased) {
      case (let salt?, let values?, nil) where members.members.count == 3:
        disclosure = try CanonicalJSON.encode(.array([salt, values]))
      case (nil, nil, .bool(true)) where members.members.count == 2: isErased = true
      case (nil, nil, nil) where members.members.count == 1: break
      default: throw refusal(Wire.text, "digest, salt and values, or digest and erased")
      }
    }
    return Parts(
      leaf: try CanonicalJSON.encode(.object(event)), disclosure: disclosure, isErased: isErased)
  }

  /// Takes a full form, in any JSON layout, apart; the caller hashes and decodes what it gets.
  public static func split(_ bytes: [UInt8]) throws(CodecError) -> Parts {
    try bytes.withUnsafeBufferPointer { raw throws(CodecError) in
      try split(UnsafeRawBufferPointer(raw))
    }
  }

  private static func refusal(_ member: StaticString, _ expected: String) -> CodecError {
    CodecError(
      offset: 0, reason: .invalidValue(member: member.description, expected: expected))
  }
}
