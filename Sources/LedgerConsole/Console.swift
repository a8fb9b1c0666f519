// SPDX-License-Identifier: Apache-2.0
// LedgerConsole — what jobledger and jobledger-replay share: options, output, errors.
// Touches: the standard streams, the terminal, the environment. Never: a ledger's files.
// Invariant: results go to standard output, remarks to standard error; words of others are
// escaped where they are shown, and stand as they are in JSON.
// Start at: Console, then ErrorReport.end. Tests: LedgerConsoleTests.

import CLinux
import Glibc
import LedgerCodec
public import LedgerDomain

/// Where a command's results and remarks go, and in what form.
public struct Console: Sendable {
  /// Results.
  public let out: Output
  /// Remarks.
  public let err: Output
  /// How lists are printed.
  public let format: ListFormat
  /// How tables are shown.
  public let style: TableStyle
  /// Whether results are shown on a terminal.
  public let outIsTerminal: Bool
  /// Whether remarks are shown on a terminal.
  public let errIsTerminal: Bool
  /// Whether remarks are coloured.
  public let errColors: Bool

  /// Takes streams and what is known of them.
  public init(
    out: Output, err: Output, format: ListFormat = .table, style: TableStyle = TableStyle(),
    outIsTerminal: Bool = false, errIsTerminal: Bool = false, errColors: Bool = false
  ) {
    self.out = out
    self.err = err
    self.format = format
    self.style = style
    self.outIsTerminal = outIsTerminal
    self.errIsTerminal = errIsTerminal
    self.errColors = errColors
  }

  /// Looks at the standard streams as they are.
  public init(out: Output, err: Output, options: GlobalOptions) {
    let outIsTerminal = isatty(STDOUT_FILENO) == 1
    let errIsTerminal = isatty(STDERR_FILENO) == 1
    func colors(_ isTerminal: Bool) -> Bool {
      options.color.isOn(isTerminal: isTerminal) { ProcessEnvironment[$0] }
    }
    let style = TableStyle(
      width: outIsTerminal ? Console.terminalWidth() : nil, colors: colors(outIsTerminal),
      now: outIsTerminal ? ProcessEnvironment.now() : nil)
    self.init(
      out: out, err: err, format: options.format, style: style, outIsTerminal: outIsTerminal,
      errIsTerminal: errIsTerminal, errColors: colors(errIsTerminal))
  }

  private static func terminalWidth() -> Int {
    let width = Int(clinux_terminal_width(STDOUT_FILENO))
    if width > 0 { return width }
    return ProcessEnvironment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 80
  }

  /// Whether results are JSON.
  public var isJSON: Bool { format == .json }

  /// Prints a line of results.
  public func print(_ line: String = "") throws(OutputError) { try out.line(line) }

  /// Prints a value as one line of canonical JSON.
  public func print(_ value: JSONValue) throws {
    try out.write(try CanonicalJSON.encode(value) + [0x0A])
  }

  /// Prints an object for programs, or what people read.
  public func print(json: @autoclosure () -> JSONValue, text: @autoclosure () -> String) throws {
    if isJSON { return try print(json()) }
    try out.write(text())
  }

  /// Tells something beside the results, after those printed before. Failing to tell it fails
  /// nothing.
  public func remark(_ text: String) {
    try? out.flush()
    try? err.line(text)
    try? err.flush()
  }

  /// The word in a style, for results.
  public func styled(_ word: String, _ style: Style) -> String {
    style.apply(to: TerminalText.escape(word), isOn: self.style.colors)
  }
}

/// Prints a list in the form asked for, row by row.
public struct ListPrinter {
  private let console: Console
  private var table: TableWriter
  private var isEmpty = true

  /// Begins a list.
  public init(_ console: Console, _ columns: [Column]) throws(OutputError) {
    self.console = console
    table = TableWriter(columns, style: console.style)
    if console.format == .csv { try console.out.write(CSV.heading(columns)) }
  }

  /// Prints a row; only the form asked for is made.
  public mutating func add(
    _ cells: @autoclosure () -> [Cell], json: @autoclosure () throws -> JSONValue
  ) throws {
    isEmpty = false
    switch console.format {
    case .json: try console.print(try json())
    case .csv: try console.out.write(CSV.line(cells()))
    case .table: try console.out.write(table.row(cells()))
    }
  }

  /// Prints what still waits. Who looks at a terminal is told of an empty list; it prints nothing.
  public mutating func finish() throws(OutputError) {
    guard console.format == .table else { return }
    try console.out.write(table.finish())
    if isEmpty, console.outIsTerminal, console.errIsTerminal { console.remark("none") }
  }
}
