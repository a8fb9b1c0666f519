// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerConsole
import LedgerDomain

/// Values of views for people; exact ones are in JSON.
enum FieldText {
  /// The value on one line, not escaped: words as they are, an actor as `alice (os)`.
  static func value(_ value: JSONValue?) -> String {
    guard let value else { return "nothing" }
    if let text = value.text { return text.string }
    if let object = value.object {
      if object["erased"] == .bool(true) { return "(erased)" }
      if let id = object["id"]?.text, let how = object["auth"]?.text {
        let whom = object["for"]?.text.map { " for \($0.string)" } ?? ""
        return "\(id.string)\(whom) (\(how.string))"
      }
    }
    return (try? CanonicalJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
  }
}
