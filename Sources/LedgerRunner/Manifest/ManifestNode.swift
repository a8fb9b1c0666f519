// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import Yams

/// A manifest's YAML as plain values with their places, within bounds.
///
/// The scalars are those of YAML 1.2's core schema, so `no` and `on` are words.
indirect enum ManifestNode {
  case null(Place)
  case bool(Bool, Place)
  case number(JSONValue, written: String, Place)
  case string(String, Place)
  case list([ManifestNode], Place)
  case mapping([(key: String, place: Place, value: ManifestNode)], Place)

  /// Where something stands; from 1.
  struct Place: Equatable {
    var line: Int
    var column: Int
  }

  var place: Place {
    switch self {
    case .null(let place), .bool(_, let place), .number(_, _, let place), .string(_, let place),
      .list(_, let place), .mapping(_, let place):
      place
    }
  }

  /// What it is, in words for errors.
  var words: String {
    switch self {
    case .null: "nothing"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "text"
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }

  /// Parses bytes that hold one YAML document.
  static func root(_ bytes: [UInt8], file: String) throws(ManifestError) -> ManifestNode {
    func refuse(
      _ what: String, _ whatNext: String, line: Int? = nil, column: Int? = nil
    ) -> ManifestError {
      ManifestError(
        kind: .syntax, file: file, line: line, column: column, what: what, whatNext: whatNext)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let good = bytes.withUnsafeBytes { raw in
        var index = 0
        while index < raw.count {
          let length = UTF8Check.sequence(raw, index)
          if length <= 0 { break }
          index += length
        }
        return index
      }
      let line = bytes[..<good].count(where: { $0 == 10 }) + 1
      let start = bytes[..<good].lastIndex(of: 10).map { $0 + 1 } ?? 0
      let column = String(decoding: bytes[start..<good], as: UTF8.self).unicodeScalars.count + 1
      throw refuse("it is not UTF-8", "save it as UTF-8", line: line, column: column)
    }
    if let line = ManifestBounds.firstExcess(bytes) {
      throw refuse(
        "it is nested deeper or refers to itself more often than a manifest needs",
        "flatten it: at most \(ManifestBounds.depth) levels and \(ManifestBounds.aliases) aliases",
        line: line)
    }
    let node: Node?
    do {
      node = try Parser(yaml: text).singleRoot()
    } catch {
      let (what, mark) = problem(error)
      if case .duplicatedKeysInMapping(let keys, _)? = error as? YamlError, let mark,
        let again = RepeatedKey.place(
          of: keys.first ?? "", afterLine: mark.line, column: mark.column, in: text)
      {
        throw refuse(what, "keep one of them", line: again.line, column: again.column)
      }
      throw refuse(
        what, "correct the YAML there, or just before", line: mark?.line, column: mark?.column)
    }
    guard let node else {
      throw ManifestError(
        kind: .content, file: file, line: 1, column: 1, what: "it is empty",
        whatNext: "name the project and its commands")
    }
    var builder = Builder(file: file)
    return try builder.build(node, depth: 0)
  }

  private static func problem(_ error: any Error) -> (String, Yams.Mark?) {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return (problem, mark)
    case .duplicatedKeysInMapping(let duplicates, let context):
      return ("the key \(duplicates.first ?? "") appears twice", context.mark)
    case .reader(let problem, _, _, _): return (problem, nil)
    default: return ("it is no YAML", nil)
    }
  }

  /// Converts, counting what is visited, so that aliases cannot multiply without end.
  private struct Builder {
    let file: String
    var visited = 0

    mutating func build(_ node: Node, depth: Int) throws(ManifestError) -> ManifestNode {
      visited += 1
      let place = Place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
      guard visited <= 50_000, depth <= ManifestBounds.depth else {
        throw error("it holds too much", "at most 50,000 values, aliases written out", place)
      }
      switch node {
      case .scalar(let scalar): return try self.scalar(scalar, place)
      case .sequence(let sequence):
        var list: [ManifestNode] = []
        for item in sequence { list.append(try build(item, depth: depth + 1)) }
        return .list(list, place)
      case .mapping(let mapping):
        var members: [(key: String, place: Place, value: ManifestNode)] = []
        var known: Set<[UInt8]> = []
        for (key, value) in mapping {
          let keyPlace = Place(line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
          guard case .scalar(let scalar) = key else {
            throw error("a key must be a word", "write it as text", keyPlace)
          }
          guard known.insert(Array(scalar.string.utf8)).inserted else {
            throw error("the key \(scalar.string) appears twice", "keep one of them", keyPlace)
          }
          members.append((scalar.string, keyPlace, try build(value, depth: depth + 1)))
        }
        return .mapping(members, place)
      case .alias:
        throw error("an alias stands for nothing", "write the value out", place)
      }
    }

    private func scalar(_ scalar: Node.Scalar, _ place: Place) throws(ManifestError) -> ManifestNode
    {
      let text = scalar.string
      switch scalar.tag.description {
      case "": break
      case "!", "tag:yaml.org,2002:str": return .string(text, place)
      default: throw error("tags are not taken here", "leave the tag out", place)
      }
      guard scalar.style == .plain || scalar.style == .any else { return .string(text, place) }
      switch text {
      case "", "~", "null", "Null", "NULL": return .null(place)
      case "true", "True", "TRUE": return .bool(true, place)
      case "false", "False", "FALSE": return .bool(false, place)
      default: break
      }
      guard let number = try number(text, place) else { return .string(text, place) }
      return .number(number, written: text, place)
    }

    /// A number of the core schema; nil for what is text.
    private func number(_ text: String, _ place: Place) throws(ManifestError) -> JSONValue? {
      var rest = Substring(text)
      let negative = rest.utf8.first == UInt8(ascii: "-")
      if negative || rest.utf8.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
      guard let first = rest.utf8.first else { return nil }
      if rest == ".inf" || rest == ".Inf" || rest == ".INF" || text == ".nan" || text == ".NaN"
        || text == ".NAN"
      {
        throw error("\(text) is no JSON number", "give a finite number, or text in quotes", place)
      }
      guard first.isDigit || first == UInt8(ascii: ".") else { return nil }
      for (prefix, radix) in [("0x", 16), ("0o", 8)] where text.utf8.starts(with: prefix.utf8) {
        return UInt64(text.dropFirst(2), radix: radix).map { JSONValue.integer($0) }
      }
      if rest.utf8.allSatisfy({ $0.isDigit }) {
        let digits = String(rest.drop { $0 == "0" })
        if digits.utf8.count <= 18 {
          let value = Int64(digits.isEmpty ? "0" : digits) ?? 0
          return .integer(negative ? -value : value)
        }
        return .string((negative ? "-" : "") + digits)
      }
      var digits = 0
      var dots = 0
      var exponent = false
      var previous: UInt8 = 0
      for byte in rest.utf8 {
        switch byte {
        case _ where byte.isDigit: digits += 1
        case UInt8(ascii: ".") where dots == 0 && !exponent: dots = 1
        case UInt8(ascii: "e"), UInt8(ascii: "E"):
          guard !exponent, digits > 0 else { return nil }
          exponent = true
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
          guard previous | 32 == UInt8(ascii: "e") else { return nil }
        default: return nil
        }
        previous = byte
      }
      guard digits > 0, previous.isDigit || previous == UInt8(ascii: ".") else { return nil }
      var written = (negative ? "-" : "") + rest
      if first == UInt8(ascii: ".") { written = (negative ? "-0" : "0") + rest }
      guard let value = Double(written), value.isFinite else {
        throw error("\(text) is beyond what a number can be", "give it as text in quotes", place)
      }
      return .number(value)
    }

    private func error(_ what: String, _ whatNext: String, _ place: Place) -> ManifestError {
      ManifestError(
        kind: .syntax, file: file, line: place.line, column: place.column, what: what,
        whatNext: whatNext)
    }
  }
}

/// Bounds that hold before the parser runs, which recurses and follows aliases.
enum ManifestBounds {
  static let depth = 32
  static let aliases = 24

  /// The line from which the text exceeds a bound, or nil. Counts what might open a level or be an
  /// alias, inside quotes too, so a manifest near the bounds may be refused needlessly.
  static func firstExcess(_ bytes: [UInt8]) -> Int? {
    var line = 1
    var flow = 0
    var stars = 0
    var atStart = true
    var blanks = 0
    var openers = 0
    var previous: UInt8 = 10
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case 10:
        line += 1
        atStart = true
        blanks = 0
        openers = 0
      case UInt8(ascii: "["), UInt8(ascii: "{"): flow += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): flow = max(0, flow - 1)
      case UInt8(ascii: "*"):
        if previous.isBlank || previous == 10 || previous == 13 || "[{,".utf8.contains(previous),
          index + 1 < bytes.count, !bytes[index + 1].isBlank
        {
          stars += 1
        }
      default: break
      }
      if atStart {
        let next = index + 1 < bytes.count ? bytes[index + 1] : 10
        if byte == 32 {
          blanks += 1
        } else if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "?"), next.isBlank {
          openers += 1
        } else if byte != 10, byte != 9 {
          atStart = false
        }
      }
      if flow > depth || stars > aliases || openers > depth || blanks - openers > 8 * depth {
        return line
      }
      previous = byte
    }
    return nil
  }
}
