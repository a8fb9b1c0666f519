// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// What both keys sign when one replaces the other: the canonical JSON of `jobledger` (1),
/// `statement` (`key-rotation`), `origin`, `size`, `root`, `old` and `new`, as the event writes them.
public enum RotationStatement {
  /// The bytes that are signed; neither signature of the fact is part of them.
  public static func bytes(of fact: KeyRotated, origin: Text) throws(CodecError) -> [UInt8] {
    var object = JSONObject()
    object[Text(Wire.jobledger.description)] = .integer(UInt64(1))
    object["statement"] = .string("key-rotation")
    object[Text(Wire.origin.description)] = .string(origin)
    object[Text(Wire.size.description)] = .integer(fact.size.value)
    object[Text(Wire.root.description)] = .string(fact.root.description)
    object[Text(Wire.old.description)] = .string(fact.old)
    object[Text(Wire.new.description)] = .string(fact.new)
    return try CanonicalJSON.encode(.object(object))
  }
}
