// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerAudit
import LedgerConsole

/// Runs this very command line in a process of its own, which may die of a badly damaged file:
/// reading one can end a process by a signal, and that must be told, too.
enum Apart {
  /// Set for the inner process.
  private static let variable = "JOBLEDGER_INSIDE"
  /// The word that makes this program the reader of a verification.
  private static let reader = "__verify-child"
  private static let withoutFiles = "--skip-artifacts"

  /// Whether this process is the inner one.
  static var isInside: Bool { ProcessEnvironment[variable] != nil }

  /// Starts the inner process and waits; its exit code. `what` and `on` tell what a signal ended.
  static func run(what: String, on: String, next: String) throws -> Int32 {
    setenv(variable, "\(getpid())", 1)
    defer { unsetenv(variable) }
    var arguments = ProcessEnvironment.arguments().map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    arguments.append(nil)
    // The inner one ends by the terminal's signal, and this one tells so.
    let interrupt = signal(SIGINT, SIG_IGN)
    defer { signal(SIGINT, interrupt) }
    var pid: pid_t = 0
    var attributes = posix_spawnattr_t()
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGINT)
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let status = posix_spawn(&pid, "/proc/self/exe", nil, &attributes, arguments, environ)
    guard status == 0 else {
      throw Failure(
        .unavailable, code: "not-started", what: what, on: on,
        why: "the process that does it cannot be started: \(String(cString: strerror(status)))")
    }
    var ended: Int32 = 0
    while waitpid(pid, &ended, 0) < 0, errno == EINTR {}
    if ended & 0x7F == 0 { return ended >> 8 & 0xFF }
    let number = ended & 0x7F
    guard [SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP].contains(number) else {
      return 128 + number
    }
    throw Failure(
      .findings, code: "damaged", what: what, on: on,
      why: "reading its data file ended the reader by signal \(number)", next: next)
  }

  /// Makes the inner process end with the outer one, which may be gone by now.
  static func endWithParent() {
    _ = clinux_set_parent_death_signal(SIGKILL)
    if ProcessEnvironment[variable].flatMap({ pid_t($0) }) != getppid() { kill(getpid(), SIGKILL) }
  }

  // MARK: Verification

  /// Verifies a ledger in a child process, and tells what it found; nothing printed.
  static func verify(
    _ path: String, checksArtifacts: Bool, tell: @escaping (String, UInt64, UInt64) -> Void
  ) throws(VerifyFailure) -> AuditReport {
    var arguments = ["jobledger", reader, path]
    if !checksArtifacts { arguments.append(withoutFiles) }
    return try VerifyParent(arguments: arguments, onProgress: tell).run()
  }

  /// Reads a ledger for ``verify(_:checksArtifacts:tell:)`` if that is what this process is for.
  static func readIfAsked(_ words: [String]) {
    guard words.count >= 3, words[1] == reader else { return }
    exit(
      VerifyChild.run(
        words[2], options: Auditor.Options(checksArtifacts: !words.contains(withoutFiles)),
        answeringOn: STDOUT_FILENO))
  }
}
