// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// Numbers for people.
public enum Words {
  /// A number as short as it can be read back; whole ones without a point.
  public static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "Infinity" : "-Infinity" }
    return Int64(exactly: value).map { String($0) } ?? "\(value)"
  }

  /// `accuracy 0.956, auc 0.991`: four places where that says enough; exact ones are in JSON.
  public static func metrics(_ metrics: [Metric]) -> String {
    metrics.map { metric in
      let value = metric.value
      let isShort = value.magnitude >= 0.001 && value.magnitude < 1_000_000
      let shown = isShort ? (value * 10_000).rounded() / 10_000 : value
      return "\(metric.name.string) \(number(shown))"
    }.joined(separator: ", ")
  }

  /// `1 event`, `3 events`.
  public static func count(_ count: some BinaryInteger, _ thing: String) -> String {
    "\(count) \(thing)\(count == 1 ? "" : "s")"
  }
}

extension Actor {
  /// Who, and how that was established, for people: `alice (os, uid 1000 at gpu7)`.
  public var words: String {
    var facts = [authentication.rawValue]
    if let os {
      let isNamed = os.login?.string == id.string
      facts.append(
        (isNamed ? "uid " : (os.login.map { "\($0.string), uid " } ?? "uid ")) + "\(os.uid)")
    }
    if let via { facts.append("through the service at \(via.host.string)") }
    var words = id.string
    if let actsFor { words += " for \(actsFor)" }
    let place = host.map { " at \($0.string)" } ?? ""
    return "\(words) (\(facts.joined(separator: ", "))\(place))"
  }
}
