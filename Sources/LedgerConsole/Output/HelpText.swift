// SPDX-License-Identifier: Apache-2.0

/// The parser's help, arranged for reading: what is a command's own first, what all share last.
public enum HelpText {
  /// Usage lines longer than this name their options together.
  private static let width = 80

  /// The help as people are shown it; anything else, such as a completion script, as it is.
  public static func arranged(_ text: String) -> String {
    guard text.hasPrefix("OVERVIEW: ") || text.hasPrefix("USAGE: ") else { return text }
    let (preamble, sections, footer) = parts(lines(of: text))
    let own = sections.firstIndex { $0.title == "OPTIONS:" }
    let shared = sections.firstIndex { $0.title == "EVERYWHERE:" }
    var arranged = sections
    if let own, let shared, shared < own {
      var options = arranged.remove(at: own)
      let first = options.lines.firstIndex {
        $0.hasPrefix("  --version ") || $0.hasPrefix("  -h, --help ")
      }
      if let first {
        arranged[shared].lines += options.lines[first...]
        options.lines.removeSubrange(first...)
      }
      if !options.lines.isEmpty {
        let place = arranged.firstIndex { $0.title != "ARGUMENTS:" } ?? 0
        arranged.insert(options, at: place)
      }
    }
    let blocks =
      [preamble] + arranged.map { [$0.title] + $0.lines } + (footer.isEmpty ? [] : [footer])
    return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  /// A text in which usage lines that are too long say `[<options>]`.
  public static func shortened(_ text: String) -> String {
    lines(of: text).map { usage($0) }.joined(separator: "\n")
  }

  private struct Section {
    var title: String
    var lines: [String] = []
  }

  /// What stands before the first heading, what below each, and the last words.
  private static func parts(_ lines: [String]) -> ([String], [Section], [String]) {
    var preamble: [String] = []
    var sections: [Section] = []
    var footer: [String] = []
    for line in lines {
      if isHeading(line) {
        sections.append(Section(title: line))
      } else if line.hasPrefix("  See '") {
        footer.append(line)
      } else if sections.isEmpty {
        preamble.append(usage(line))
      } else {
        sections[sections.count - 1].lines.append(line)
      }
    }
    while preamble.last == "" { preamble.removeLast() }
    for index in sections.indices {
      while sections[index].lines.last == "" { sections[index].lines.removeLast() }
    }
    return (preamble, sections, footer)
  }

  /// `AS OF:`, and nothing else on the line.
  private static func isHeading(_ line: String) -> Bool {
    line.utf8.last == UInt8(ascii: ":")
      && line.utf8.dropLast().allSatisfy { $0 == 0x20 || (0x41...0x5A).contains($0) }
      && line.utf8.count > 1 && line.utf8.first != 0x20
  }

  /// A line, shortened if it is a usage that is too long: the words of the command, its options
  /// as one, its arguments, and the options that it needs.
  private static func usage(_ line: String) -> String {
    guard line.hasPrefix("USAGE: ") || line.hasPrefix("Usage: ") else { return line }
    var words: [String] = []
    var rest: [String] = []
    var hasOptions = false
    for piece in pieces(of: line) {
      if piece.hasPrefix("[-") || piece == "[<options>]" || piece == "<options>" {
        hasOptions = true
      } else if rest.isEmpty, piece.utf8.first != UInt8(ascii: "<"),
        piece.utf8.first != UInt8(ascii: "["), piece.utf8.first != UInt8(ascii: "-")
      {
        words.append(piece)
      } else {
        rest.append(piece)
      }
    }
    let isShort = line.utf8.count <= width && !line.hasSuffix(" <options>")
    if !hasOptions || isShort { return line }
    return (words + ["[<options>]"] + rest).joined(separator: " ")
  }

  /// The words of a line; what stands in brackets is one.
  private static func pieces(of line: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    var depth = 0
    for character in line {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == " ", depth == 0 {
        pieces.append(piece)
        piece = ""
      } else {
        piece.append(character)
      }
    }
    return pieces + [piece]
  }

  private static func lines(of text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  }
}
