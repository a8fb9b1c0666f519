// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Glibc
import LedgerCodec

/// Tells why a command ended, on standard error, and how the process is to end.
public struct ErrorReport {
  /// The program's name, before each message.
  public var program: String
  /// Whether to write one JSON object.
  public var asJSON: Bool
  /// Maps errors that this room does not know; nil for those it does not know either.
  public var mapping: (any Error) -> Failure?

  /// Gathers the members.
  public init(
    program: String, asJSON: Bool, mapping: @escaping (any Error) -> Failure? = { _ in nil }
  ) {
    self.program = program
    self.asJSON = asJSON
    self.mapping = mapping
  }

  /// Whether the arguments ask for JSON. Looked up by hand: they may not be parseable.
  public static func wantsJSON(_ arguments: some Sequence<String>) -> Bool {
    for argument in arguments {
      if argument == "--" { return false }
      if argument == "--json" { return true }
    }
    return false
  }

  /// Writes what there is to say of an error that ended a command, and returns the exit code.
  ///
  /// Help and version go to `out` with 0; a reader that left is nothing to tell, and 0 too. Call
  /// it last: both streams are flushed.
  public func end(
    with error: any Error, of root: any ParsableCommand.Type, out: Output, err: Output
  ) -> Int32 {
    if let code = error as? ExitCode { return finish(code.rawValue, out, err) }
    if (error as? OutputError) == .closed { return finish(0, out, err) }
    if let failure = mapping(error) { return tell(failure, out, err) }
    guard String(reflecting: type(of: error)).hasPrefix("ArgumentParser.") else {
      return tell(Failure(describing: error), out, err)
    }
    let full = root.fullMessage(for: error)
    guard root.exitCode(for: error) != .success else {
      let text = HelpText.arranged(full)
      do throws(OutputError) {
        try out.write(text.utf8.last == 0x0A ? text : text + "\n")
      } catch { return tell(Failure(error), out, err) }
      return finish(0, out, err)
    }
    let failure = Failure(.usage, code: "usage", why: root.message(for: error))
    if asJSON { return tell(failure, out, err) }
    var text = HelpText.shortened(full)
    for prefix in ["Error: ", "error: "] where text.hasPrefix(prefix) {
      text.removeFirst(prefix.count)
    }
    let lines = "\(program): \(text)".split(separator: "\n", omittingEmptySubsequences: false)
    try? err.line(lines.map { TerminalText.escape(String($0)) }.joined(separator: "\n"))
    return finish(failure.status.rawValue, out, err)
  }

  private func tell(_ failure: Failure, _ out: Output, _ err: Output) -> Int32 {
    // What was printed so far comes first, as it would have without the failure.
    try? out.flush()
    if asJSON, let bytes = try? CanonicalJSON.encode(failure.json) {
      try? err.write(bytes + [0x0A])
    } else {
      try? err.write(failure.text(program: program))
    }
    try? err.flush()
    return failure.status.rawValue
  }

  /// Flushes; output that cannot be written turns success into failure.
  public func finish(_ code: Int32, _ out: Output, _ err: Output) -> Int32 {
    var code = code
    do throws(OutputError) { try out.flush() } catch {
      if error != .closed, code == 0 { code = tell(Failure(error), out, err) }
    }
    try? err.flush()
    return code
  }
}
