// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport

/// Stored bytes: what is read as an event, a disclosure or a value is written again as it was, and
/// every way to read it says the same.
public enum LeafFuzzing {
  /// Leaves of every type.
  public static func leaves() -> FuzzTarget {
    var generator = EventGenerator(seed: 7)
    var seeds: [[UInt8]] = []
    for type in EventType.allCases {
      for _ in 0..<3 {
        if let leaf = try? EventCodec.encode(generator.event(type)), leaf.count < 2048 {
          seeds.append(leaf)
        }
      }
    }
    let logged = (0..<8).compactMap { _ in try? EventCodec.encode(generator.event(.jobLogged)) }
    let known = logged
    return FuzzTarget(name: "leaves", seeds: seeds + logged) { bytes in
      // The reader of many lines compares with what it met before.
      var lines = LogLineDecoder()
      for leaf in known { _ = try? leaf.withUnsafeBytes { try lines.read($0) } }
      let quick = try? bytes.withUnsafeBytes { try lines.read($0) }
      guard let event = try? EventCodec.decode(bytes) else {
        return quick == nil ? nil : "one reader of leaves takes what the other refuses"
      }
      switch quick {
      case .event(let other)? where other == event: break
      case .line(let line)? where line == LoggedLine(event): break
      default: return "two readers of leaves differ"
      }
      guard let again = try? EventCodec.encode(event), again == bytes else {
        return "an event has two spellings"
      }
      return bytes.withUnsafeBytes { leaf in
        EventCodec.type(of: leaf) == EventType(event.fact)
          && EventCodec.time(of: leaf) == event.time
          ? nil : "the end of a leaf is read as something else"
      }
    }
  }

  /// Canonical JSON, JSON as others write it, disclosures and full forms.
  public static func json() -> FuzzTarget {
    var generator = EventGenerator(seed: 8)
    var seeds: [[UInt8]] = ["[]", "{}", "0", "-0.5e-7", "\"\\u001f\u{e9}\"", "[1e21,true,null]"].map
    {
      Array($0.utf8)
    }
    for _ in 0..<24 {
      let value = generator.json.value()
      if let bytes = try? CanonicalJSON.encode(value) { seeds.append(bytes) }
      seeds.append(generator.json.scrambled(value))
      if let bytes = try? generator.disclosure().encode() { seeds.append(bytes) }
      let event = generator.event()
      if let leaf = try? EventCodec.encode(event), leaf.count < 2048 { seeds.append(leaf) }
    }
    return FuzzTarget(name: "json", seeds: seeds) { bytes in
      let canonical = try? CanonicalJSON.decode(bytes)
      if let canonical, (try? CanonicalJSON.encode(canonical)) != bytes {
        return "a canonical value has two spellings"
      }
      if let disclosure = try? Disclosure.decode(bytes), (try? disclosure.encode()) != bytes {
        return "a disclosure has two spellings"
      }
      if let parts = try? FullForm.split(bytes), (try? CanonicalJSON.decode(parts.leaf)) == nil {
        return "a full form gave a leaf that is not canonical"
      }
      guard let value = try? JSONParser.parse(bytes, options: .doublesOnly) else {
        return canonical == nil ? nil : "a canonical value is refused as JSON"
      }
      if let canonical, canonical != value { return "two readers of JSON differ" }
      // Deeper than canonical JSON goes, for one.
      guard let written = try? CanonicalJSON.encode(value) else { return nil }
      return (try? CanonicalJSON.decode(written)) == value
        ? nil : "a value is another after it was written"
    }
  }
}
