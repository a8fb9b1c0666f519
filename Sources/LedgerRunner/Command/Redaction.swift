// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// Replaces known forms of secrets by `***`, before anything is stored.
///
/// Forms, not values: keys and tokens with telling prefixes, passwords in URLs, what follows
/// `--password` or `"api_key":`. What a runner knows to be secret is masked by value instead.
public enum Redaction {
  /// What stands in a secret's place.
  public static let stars = "***"

  /// An argument vector as it may be stored; the command itself gets the original.
  public static func arguments(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var nextIsSecret = false
    for argument in arguments {
      if nextIsSecret, argument.utf8.first != UInt8(ascii: "-") {
        result.append(stars)
        nextIsSecret = false
        continue
      }
      nextIsSecret = false
      if argument.utf8.first == UInt8(ascii: "-"), !argument.utf8.contains(UInt8(ascii: "=")) {
        nextIsSecret = SecretForms.isSecretKey(Array(argument.utf8.drop { $0 == 0x2D }))
      }
      result.append(text(argument))
    }
    return result
  }

  /// The values that ``arguments(_:)`` and ``object(_:)`` would replace: a command may print them.
  ///
  /// Those under 8 bytes are left out, because they would mask common words of its log too.
  public static func values(in arguments: [String], _ parameters: JSONObject) -> [[UInt8]] {
    var values: [[UInt8]] = []
    for (argument, stored) in zip(arguments, Self.arguments(arguments)) {
      if stored.utf8.elementsEqual(stars.utf8) {
        values.append(Array(argument.utf8))
      } else {
        values += secrets(in: argument)
      }
    }
    collect(parameters, into: &values)
    return values.filter { $0.count >= 8 }
  }

  private static func collect(_ object: JSONObject, into values: inout [[UInt8]]) {
    for member in object.members {
      switch member.value {
      case .string(let text):
        if SecretForms.isSecretKey(Array(member.name.string.utf8)) {
          values.append(Array(text.string.utf8))
        } else {
          values += secrets(in: text.string)
        }
      case .object(let object): collect(object, into: &values)
      default: break
      }
    }
  }

  private static func secrets(in text: String) -> [[UInt8]] {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBytes { SecretForms.ranges($0) }.map { Array(bytes[$0]) }
  }

  /// Parameters as they may be stored: members with a secret's name, and secrets within text.
  public static func json(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): return .string(Self.text(text.string))
    case .array(let items): return .array(items.map(json))
    case .object(let object): return .object(Self.object(object))
    case .null, .bool, .number: return value
    }
  }

  /// As `json`, of an object. Names are kept.
  public static func object(_ object: JSONObject) -> JSONObject {
    JSONObject(
      sorted: object.members.map { member in
        let isSecret = SecretForms.isSecretKey(Array(member.name.string.utf8))
        switch member.value {
        case .string, .number:
          return JSONObject.Member(
            name: member.name, value: isSecret ? .string(stars) : json(member.value))
        default: return JSONObject.Member(name: member.name, value: json(member.value))
        }
      })
  }

  /// Any text as it may be stored.
  public static func text(_ text: String) -> String {
    var text = text
    let ranges = text.withUTF8 { SecretForms.ranges(UnsafeRawBufferPointer($0)) }
    guard !ranges.isEmpty else { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var copied = 0
    for range in ranges {
      result += bytes[copied..<range.lowerBound]
      result += stars.utf8
      copied = range.upperBound
    }
    result += bytes[copied...]
    return String(decoding: result, as: UTF8.self)
  }
}
