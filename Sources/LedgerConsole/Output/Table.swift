// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// One value of a list, as tables and CSV show it.
public enum Cell: Equatable, Sendable {
  /// Nothing.
  case none
  /// Words of whatever origin: escaped where they are shown.
  case text(String)
  /// A word of ours, such as a status; coloured by what it says.
  case word(String)
  /// A number as it is to be written.
  case number(String)
  /// A moment: how long ago on a terminal, else in UTC.
  case time(Timestamp)
  /// A span: in words on a terminal and in plain tables, in seconds in CSV.
  case duration(microseconds: UInt64)

  /// A number, or nothing.
  public static func number(_ value: (some BinaryInteger)?) -> Cell {
    value.map { .number(String($0)) } ?? .none
  }
  /// Words, or nothing.
  public static func text(_ value: String?) -> Cell { value.map { .text($0) } ?? .none }
  /// A moment, or nothing.
  public static func time(_ value: Timestamp?) -> Cell { value.map { .time($0) } ?? .none }
}

/// One column of a list.
public struct Column: Equatable, Sendable {
  /// To which side cells are pushed.
  public enum Alignment: Equatable, Sendable {
    /// Words.
    case left
    /// Numbers.
    case right
  }

  /// The heading, in lower case; it is the name of the CSV column too.
  public var title: String
  /// To which side cells are pushed.
  public var alignment: Alignment
  /// Whether cells may be cut where the terminal is too narrow.
  public var isFlexible: Bool

  /// Describes a column.
  public init(_ title: String, _ alignment: Alignment = .left, isFlexible: Bool = false) {
    self.title = title
    self.alignment = alignment
    self.isFlexible = isFlexible
  }
}

/// Where and how a table is shown.
public struct TableStyle: Equatable, Sendable {
  /// The columns of the terminal; nil when it is none, and nothing is cut.
  public var width: Int?
  /// Whether words are coloured.
  public var colors: Bool
  /// Now, on a terminal: moments are shown as spans before it.
  public var now: Timestamp?
  /// Gathers the members.
  public init(width: Int? = nil, colors: Bool = false, now: Timestamp? = nil) {
    self.width = width
    self.colors = colors
    self.now = now
  }
}

/// Lays rows out in columns as they come.
///
/// The first 200 rows decide the widths; later rows that need more push what stands behind them.
/// So the memory used does not grow with the list.
public struct TableWriter {
  private static let sample = 200
  private static let gap = 2

  private let columns: [Column]
  private let style: TableStyle
  private var widths: [Int]?
  private var waiting: [[(text: String, style: Style)]] = []

  /// Begins a table.
  public init(_ columns: [Column], style: TableStyle) {
    self.columns = columns
    self.style = style
  }

  /// Adds a row of as many cells as there are columns, and returns the lines that are ready.
  public mutating func row(_ cells: [Cell]) -> String {
    precondition(cells.count == columns.count, "a row has one cell for each column")
    let row = cells.map { cell in render(cell) }
    if let widths { return line(row, widths) }
    waiting.append(row)
    return waiting.count == TableWriter.sample ? settle() : ""
  }

  /// Returns the lines still waiting. An empty table has no lines, not even a heading.
  public mutating func finish() -> String {
    widths == nil && !waiting.isEmpty ? settle() : ""
  }

  private mutating func settle() -> String {
    var widths = columns.map { DisplayWidth.of($0.title) }
    for row in waiting {
      for (index, cell) in row.enumerated() {
        widths[index] = max(widths[index], DisplayWidth.of(cell.text))
      }
    }
    shrink(&widths)
    self.widths = widths
    var lines = line(columns.map { ($0.title.uppercased(), .bold) }, widths)
    for row in waiting { lines += line(row, widths) }
    waiting = []
    return lines
  }

  /// Takes columns from the widest flexible one until the table fits the terminal.
  private func shrink(_ widths: inout [Int]) {
    guard let limit = style.width else { return }
    var excess = widths.reduce(0, +) + TableWriter.gap * (widths.count - 1) - limit
    while excess > 0 {
      let flexible = widths.indices.filter { columns[$0].isFlexible && widths[$0] > 8 }
      guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { return }
      // Down to the next widest at once, so that a line of 30,000 bytes costs no more.
      let next = flexible.filter { $0 != widest }.map { widths[$0] }.max() ?? 8
      let step = min(excess, max(1, widths[widest] - max(next, 8)))
      widths[widest] -= step
      excess -= step
    }
  }

  private func line(_ row: [(text: String, style: Style)], _ widths: [Int]) -> String {
    var line = ""
    var pending = 0
    for (index, cell) in row.enumerated() {
      let column = columns[index]
      let isCut = style.width != nil && column.isFlexible
      let text = isCut ? DisplayWidth.truncate(cell.text, to: widths[index]) : cell.text
      let space = max(0, widths[index] - DisplayWidth.of(text))
      let before = pending + (column.alignment == .right ? space : 0)
      pending = TableWriter.gap + (column.alignment == .right ? 0 : space)
      if text.isEmpty {
        pending += before
        continue
      }
      line += String(repeating: " ", count: before)
      line += cell.style.apply(to: text, isOn: style.colors)
    }
    return line + "\n"
  }

  private func render(_ cell: Cell) -> (text: String, style: Style) {
    switch cell {
    case .none: ("", .plain)
    case .text(let text): (TerminalText.escape(text), .plain)
    case .word(let word): (TerminalText.escape(word), Style.of(word: word))
    case .number(let number): (number, .plain)
    case .time(let time):
      (style.now.map { TimeText.relative(time, to: $0) } ?? TimeText.absolute(time), .plain)
    case .duration(let microseconds):
      (TimeText.duration(microseconds: microseconds), .plain)
    }
  }
}

extension CSV {
  /// The heading line.
  public static func heading(_ columns: [Column]) -> [UInt8] {
    line(columns.map { .text($0.title.replacingSpaces()) })
  }

  /// A line of cells.
  public static func line(_ cells: [Cell]) -> [UInt8] {
    var line: [UInt8] = []
    for (index, cell) in cells.enumerated() {
      if index > 0 { line.append(0x2C) }
      switch cell {
      case .none: break
      case .text(let text): append(text: text, to: &line)
      case .word(let word): append(text: word, to: &line)
      case .number(let number): append(number: number, to: &line)
      case .time(let time): append(text: TimeText.absolute(time), to: &line)
      case .duration(let microseconds):
        append(number: seconds(microseconds), to: &line)
      }
    }
    return line + [0x0D, 0x0A]
  }

  private static func seconds(_ microseconds: UInt64) -> String {
    let digits = String(microseconds % 1_000_000)
    return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - digits.utf8.count)
      + digits
  }
}

extension String {
  fileprivate func replacingSpaces() -> String {
    String(decoding: utf8.map { $0 == 0x20 ? 0x5F : $0 }, as: UTF8.self)
  }
}
