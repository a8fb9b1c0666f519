// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// One `key=value` of the command line, typed as a manifest's value would be.
enum ParameterSetting {
  /// The parameters of a manifest with settings in place of, or beside, them.
  static func merge(_ settings: [String], into object: JSONObject) throws(JobError) -> JSONObject {
    var object = object
    for setting in settings {
      let (key, value) = try parse(setting)
      object[Text(key)] = value
    }
    return object
  }

  /// Splits at the first `=`. Null, booleans and numbers as in YAML; `[…]` and `{…}` are lists and
  /// mappings where they are well-formed; quotes are taken off; everything else is text as it is.
  static func parse(_ setting: String) throws(JobError) -> (key: String, value: JSONValue) {
    guard let equals = setting.utf8.firstIndex(of: UInt8(ascii: "=")), equals != setting.startIndex
    else { throw .usage("--set '\(setting)': write it as key=value") }
    let key = String(setting[..<equals])
    let written = String(setting[setting.utf8.index(after: equals)...])
    guard let node = try? ManifestNode.root(Array(written.utf8), file: "--set") else {
      return (key, .string(written))
    }
    let isMarked = written.utf8.first.map { "[{\"'".utf8.contains($0) } ?? false
    switch node {
    case .null, .bool, .number: return (key, value(node))
    case .string, .list, .mapping: return (key, isMarked ? value(node) : .string(written))
    }
  }

  private static func value(_ node: ManifestNode) -> JSONValue {
    switch node {
    case .null: .null
    case .bool(let value, _): .bool(value)
    case .number(let value, _, _): value
    case .string(let text, _): .string(text)
    case .list(let items, _): .array(items.map(value))
    case .mapping(let entries, _):
      // Keys are unique: the parser refuses others.
      .object(
        JSONObject(
          entries.map { JSONObject.Member(name: Text($0.key), value: value($0.value)) })
          ?? JSONObject())
    }
  }
}
