// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A program that shows long output page by page, as git does it.
///
/// The program is JOBLEDGER_PAGER, else PAGER, else `less`; empty or `cat` means none. The words
/// are the user's own, and a shell reads them. The reviewer's tool starts no program, so it never
/// pages.
public final class Pager {
  private let out: Output
  private let pid: pid_t
  private let pipe: Int32

  /// The command line of the pager; nil for none.
  static func command(
    isTerminal: Bool, isForbidden: Bool, environment: (String) -> String?,
    hasLess: () -> Bool = { Pager.isOnPath("less") }
  ) -> String? {
    guard isTerminal, !isForbidden, environment("TERM") != "dumb" else { return nil }
    guard let chosen = environment("JOBLEDGER_PAGER") ?? environment("PAGER") else {
      return hasLess() ? "less" : nil
    }
    return chosen.isEmpty || chosen == "cat" ? nil : chosen
  }

  /// Starts the pager that the environment asks for and sends results to it; nil for none.
  public static func start(_ console: Console, isForbidden: Bool) -> Pager? {
    guard console.format == .table,
      let command = command(
        isTerminal: console.outIsTerminal, isForbidden: isForbidden,
        environment: { ProcessEnvironment[$0] })
    else { return nil }
    return try? Pager(command, console.out)
  }

  /// Starts a command line and sends to it what is written from here on.
  init(_ command: String, _ out: Output) throws(OutputError) {
    self.out = out
    var ends: [Int32] = [-1, -1]
    guard clinux_pipe(&ends) == 0 else { throw .failed(errno) }
    // clinux_spawn wants sources above the numbers that they become.
    let sources = [ends[0], STDOUT_FILENO, STDERR_FILENO].map { clinux_duplicate($0, 3) }
    defer {
      for source in sources where source >= 0 { close(source) }
      close(ends[0])
    }
    var started: pid_t = 0
    let status = Pager.withStrings(["sh", "-c", command]) { arguments in
      Pager.withStrings(Pager.environment()) { environment in
        clinux_spawn(&started, "/bin/sh", arguments, environment, nil, sources, 3, 0)
      }
    }
    guard status == 0 else {
      close(ends[1])
      throw .failed(status)
    }
    pid = started
    pipe = ends[1]
    // The pager decides what an interrupt means while it shows; when it ends, writing fails.
    signal(SIGINT, SIG_IGN)
    signal(SIGQUIT, SIG_IGN)
    try out.redirect(to: ends[1])
  }

  /// Ends the output and waits until the reader has left the pager.
  public func finish() {
    try? out.flush()
    try? out.redirect(to: STDOUT_FILENO)
    close(pipe)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    signal(SIGINT, SIG_DFL)
    signal(SIGQUIT, SIG_DFL)
  }

  /// The process's own environment, with git's defaults for less and lv.
  private static func environment() -> [String] {
    var entries: [String] = []
    var next = environ
    while let entry = next.pointee {
      entries.append(String(cString: entry))
      next = next.successor()
    }
    if getenv("LESS") == nil { entries.append("LESS=FRX") }
    if getenv("LV") == nil { entries.append("LV=-c") }
    return entries
  }

  static func isOnPath(_ program: String) -> Bool {
    (ProcessEnvironment["PATH"] ?? "/usr/bin:/bin").utf8.split(separator: 0x3A).contains {
      access("\(Substring($0))/\(program)", X_OK) == 0
    }
  }

  private static func withStrings<R>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
  ) -> R {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}
