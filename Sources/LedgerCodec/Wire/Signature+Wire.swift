// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

// A signature is two members of data: version 1 has at most the first, version 2 always both.

extension EventWriter {
  /// Writes both members, or as many as there are.
  mutating func signature(_ signature: Signature?) throws(CodecError) {
    try optional(Wire.signature, signature?.armored)
    try optional(Wire.signedAt, signature?.signedAt)
  }

  /// Refuses a signature without its time, for types whose version 1 has no signature.
  func requireTime(of signature: Signature?) throws(CodecError) {
    if let signature, signature.signedAt == nil {
      throw CodecError(
        offset: out.buffer.count,
        reason: .inconsistent("a signature of this type of event has the time of its making"))
    }
  }
}

extension EventReader {
  /// Reads the members that a type has since version 1.
  mutating func signature() throws(CodecError) -> Signature? {
    guard version == 1 else { return try signatureIfSecond() }
    return try optional(Wire.signature, as: Text.self).map { Signature(armored: $0) }
  }

  /// Reads the members that a type has since version 2.
  mutating func signatureIfSecond() throws(CodecError) -> Signature? {
    guard let armored = try secondVersion(Wire.signature, as: Text.self) else { return nil }
    return Signature(
      armored: armored, signedAt: try secondVersion(Wire.signedAt, as: Timestamp.self))
  }

  /// Reads a member that every event of version 2 has and no other.
  mutating func secondVersion<Value: WireValue>(
    _ name: StaticString, as type: Value.Type
  ) throws(CodecError) -> Value? {
    version == 1 ? nil : try required(name, as: type)
  }
}
