// SPDX-License-Identifier: Apache-2.0
import LedgerConsole
import LedgerDomain

/// One thing for people: a line a fact, its name before it.
struct Page {
  private enum Line {
    case fact(String, String, Style)
    case heading(String)
    case item(String, Style)
  }
  private let console: Console
  private var lines: [Line] = []

  /// Begins an empty page.
  init(_ console: Console) { self.console = console }

  /// Adds a fact whose words are of whatever origin; nothing where there are none.
  mutating func add(_ name: String, _ words: String?, _ style: Style = .plain) {
    guard let words, !words.isEmpty else { return }
    lines.append(.fact(name, words, style))
  }

  /// Adds a fact that is a word of ours, coloured by what it says.
  mutating func add(_ name: String, word: String) {
    lines.append(.fact(name, word, Style.of(word: word)))
  }

  /// Adds a moment: in UTC, and on a terminal how long ago.
  mutating func add(_ name: String, _ time: Timestamp?) {
    guard let time else { return }
    let ago = console.style.now.map { " (\(TimeText.relative(time, to: $0)))" } ?? ""
    add(name, TimeText.absolute(time) + ago)
  }

  /// Adds an actor: who, and how that is known.
  mutating func add(_ name: String, _ actor: Actor?) {
    if let actor { add(name, actor.words) }
  }

  /// Begins a part of its own.
  mutating func heading(_ words: String) { lines.append(.heading(words)) }

  /// Adds a line below a heading.
  mutating func item(_ words: String, _ style: Style = .plain) {
    lines.append(.item(words, style))
  }

  /// The page as text.
  func text(colors: Bool) -> String {
    var width = 0
    for case .fact(let name, _, _) in lines { width = max(width, name.utf8.count) }
    var text = ""
    for line in lines {
      switch line {
      case .fact(let name, let words, let style):
        let space = String(repeating: " ", count: width - name.utf8.count + 2)
        text += Style.dim.apply(to: name, isOn: colors) + space
        text += style.apply(to: TerminalText.escape(words), isOn: colors) + "\n"
      case .heading(let words):
        text += "\n" + Style.bold.apply(to: TerminalText.escape(words), isOn: colors) + "\n"
      case .item(let words, let style):
        text += "  " + style.apply(to: TerminalText.escape(words), isOn: colors) + "\n"
      }
    }
    return text
  }

  /// Prints the page among the results.
  func print() throws(OutputError) { try console.out.write(text(colors: console.style.colors)) }
}

extension Actor {
  /// Who, for people: `alice`, `bob (claimed, by alice)`, `runner for alice`.
  var words: String {
    switch authentication {
    case .system: return actsFor.map { "\(id) for \($0)" } ?? id.string
    case .claimed:
      let by = os.map { ", by \($0.login?.string ?? "uid:\($0.uid)")" } ?? ""
      return "\(id) (claimed\(by))"
    case .os: return id.string
    case .token, .ssh: return "\(id) (\(authentication.rawValue))"
    }
  }
}

/// Numbers and sizes for people.
enum Words {
  /// `956 B`, `12.3 KiB`, `4.0 GiB`.
  static func bytes(_ bytes: UInt64) -> String {
    if bytes < 1024 { return "\(bytes) B" }
    var tenths = bytes
    var unit = 0
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    // In tenths of the next unit, rounded down.
    tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024
    while tenths >= 10_240, unit + 1 < units.count {
      tenths /= 1024
      unit += 1
    }
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }

  /// `1 file`, `3 files`.
  static func count(_ count: some BinaryInteger, _ thing: String) -> String {
    "\(count) \(thing)\(count == 1 ? "" : "s")"
  }

  /// `accuracy 0.956, auc 0.991`.
  static func metrics(_ metrics: [Metric]) -> String {
    metrics.map { "\($0.name.string) \(short($0.value))" }.joined(separator: ", ")
  }

  /// A number to four places, where that says enough; exact ones are in JSON and on pages.
  static func short(_ value: Double) -> String {
    guard value.magnitude >= 0.001, value.magnitude < 1_000_000 else { return number(value) }
    return number((value * 10_000).rounded() / 10_000)
  }

  /// A number as short as it can be read back; whole ones without a point.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "Infinity" : "-Infinity" }
    return Int64(exactly: value).map { String($0) } ?? "\(value)"
  }
}
