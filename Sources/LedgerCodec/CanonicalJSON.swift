// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// Canonical JSON (RFC 8785) of whole values.
public enum CanonicalJSON {
  /// The canonical bytes; refuses nesting beyond 64 and numbers that are not finite.
  public static func encode(_ value: JSONValue) throws(CodecError) -> [UInt8] {
    var writer = CanonicalWriter()
    try writer.value(value)
    return writer.finish().array()
  }

  /// The value of canonical bytes; refuses all others, naming the first offending byte.
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws(CodecError) -> JSONValue {
    var reader = CanonicalReader(bytes)
    let value = try reader.value()
    try reader.finish()
    return value
  }

  /// The value of canonical bytes; refuses all others, naming the first offending byte.
  public static func decode(_ bytes: [UInt8]) throws(CodecError) -> JSONValue {
    try bytes.withUnsafeBufferPointer { raw throws(CodecError) in
      try decode(UnsafeRawBufferPointer(raw))
    }
  }
}
