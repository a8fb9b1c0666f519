// SPDX-License-Identifier: Apache-2.0

/// What the placeholders of a transcript stand for, once they were met.
struct Bindings {
  private var values: [String: String] = [:]

  subscript(name: String) -> String? {
    get { values[name] }
    set { values[name] = newValue }
  }

  private static let kinds: Set<String> = [
    "job", "time", "seconds", "digest", "hex", "base64", "number", "span", "size", "any",
  ]

  /// The kinds of placeholders, and the characters of what they stand for.
  private static func accepts(_ kind: String, _ text: Substring) -> Bool {
    let isHex = { (byte: UInt8) in
      (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
    let bytes = text.utf8
    switch kind {
    case "job":
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      return parts.count == 2 && (2...8).contains(parts[0].utf8.count)
        && (6...7).contains(parts[1].utf8.count)
        && parts[1].utf8.allSatisfy { "0123456789abcdefghjkmnpqrstvwxyz".utf8.contains($0) }
    case "time": return bytes.count == 27 && bytes.last == UInt8(ascii: "Z")
    case "seconds": return bytes.count == 20 && bytes.last == UInt8(ascii: "Z")
    case "digest": return text.hasPrefix("sha256:") && bytes.count == 71
    case "hex": return bytes.count == 32 && bytes.allSatisfy(isHex)
    case "base64":
      return bytes.count >= 20
        && bytes.allSatisfy { byte in
          isHex(byte | 32) || (0x61...0x7A).contains(byte | 32) || "+/=_-".utf8.contains(byte)
        }
    case "number": return !text.isEmpty && Double(text) != nil
    case "span":
      return [" ms", " s"].contains { text.hasSuffix($0) } || text.hasSuffix("s")
    case "size": return ["B", "KiB", "MiB", "GiB", "TiB"].contains { text.hasSuffix(" \($0)") }
    case "any": return true
    default: return false
    }
  }

  /// A command with its placeholders filled in.
  func filled(_ command: String, at place: String) throws -> String {
    var result = ""
    for piece in Bindings.pieces(command) {
      switch piece {
      case .text(let text): result += text
      case .placeholder(let name, let kind):
        if kind == nil, let value = values[name] {
          result += value
        } else {
          // A shell has its own use of `<`: what is no placeholder of ours stays.
          result += kind.map { "<\(name):\($0)>" } ?? "<\(name)>"
        }
      }
    }
    return result
  }

  /// Compares; nil when all is as expected, else the first expected line that did not come.
  mutating func match(_ expected: [String], _ output: [String]) -> String? {
    var at = 0
    var index = 0
    while index < expected.count {
      if expected[index] == "..." {
        guard index + 1 < expected.count else { return nil }
        // Anything up to the first line that matches what comes next.
        while at < output.count, !fits(expected[index + 1], output[at]) { at += 1 }
      } else {
        guard at < output.count, fits(expected[index], output[at]) else { return expected[index] }
        at += 1
      }
      index += 1
    }
    return at == output.count ? nil : "nothing more"
  }

  /// Whether a line is as expected; then what it bound is kept.
  private mutating func fits(_ expected: String, _ line: String) -> Bool {
    var trial = self
    guard trial.fits(Bindings.pieces(expected)[...], line[...]) else { return false }
    self = trial
    return true
  }

  private mutating func fits(_ pieces: ArraySlice<Piece>, _ line: Substring) -> Bool {
    guard let piece = pieces.first else { return line.isEmpty }
    let rest = pieces.dropFirst()
    switch piece {
    case .text(let text):
      return line.utf8.starts(with: text.utf8)
        && fits(rest, Substring(line.utf8.dropFirst(text.utf8.count)))
    case .placeholder(let name, let kind):
      if kind == nil, let known = values[name] {
        return line.utf8.starts(with: known.utf8)
          && fits(rest, Substring(line.utf8.dropFirst(known.utf8.count)))
      }
      guard Bindings.kinds.contains(kind ?? name) else {
        // Angle brackets of another meaning, as in a usage line.
        let text = kind.map { "<\(name):\($0)>" } ?? "<\(name)>"
        return fits([.text(text)] + rest, line)
      }
      // The longest piece that fits first.
      var length = line.utf8.count
      while length >= 0 {
        let taken = Substring(line.utf8.prefix(length))
        if Bindings.accepts(kind ?? name, taken) {
          var trial = self
          if kind != nil { trial.values[name] = String(taken) }
          if trial.fits(rest, Substring(line.utf8.dropFirst(length))) {
            self = trial
            return true
          }
        }
        length -= 1
      }
      return false
    }
  }

  private enum Piece {
    case text(String)
    case placeholder(String, kind: String?)
  }

  /// Splits a line at `<name>` and `<name:kind>`.
  private static func pieces(_ line: String) -> [Piece] {
    var pieces: [Piece] = []
    var text = ""
    var rest = line[...]
    while let open = rest.firstIndex(of: "<") {
      text += rest[..<open]
      let inner = rest[rest.index(after: open)...]
      guard let close = inner.firstIndex(of: ">") else {
        rest = rest[open...]
        break
      }
      let words = inner[..<close].split(separator: ":", omittingEmptySubsequences: false)
      let isName = words.allSatisfy { word in
        !word.isEmpty
          && word.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
      }
      guard (1...2).contains(words.count), isName else {
        text += "<"
        rest = inner
        continue
      }
      if !text.isEmpty { pieces.append(.text(text)) }
      text = ""
      pieces.append(
        .placeholder(String(words[0]), kind: words.count == 2 ? String(words[1]) : nil))
      rest = inner[inner.index(after: close)...]
    }
    text += rest
    if !text.isEmpty { pieces.append(.text(text)) }
    return pieces
  }
}
