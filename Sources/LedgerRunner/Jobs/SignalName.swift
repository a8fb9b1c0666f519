// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Signals by name, as events hold them.
enum SignalName {
  private static let names: [(name: String, number: Int32)] = [
    ("SIGHUP", SIGHUP), ("SIGINT", SIGINT), ("SIGQUIT", SIGQUIT), ("SIGILL", SIGILL),
    ("SIGTRAP", SIGTRAP), ("SIGABRT", SIGABRT), ("SIGBUS", SIGBUS), ("SIGFPE", SIGFPE),
    ("SIGKILL", SIGKILL), ("SIGUSR1", SIGUSR1), ("SIGSEGV", SIGSEGV), ("SIGUSR2", SIGUSR2),
    ("SIGPIPE", SIGPIPE), ("SIGALRM", SIGALRM), ("SIGTERM", SIGTERM), ("SIGXCPU", SIGXCPU),
    ("SIGXFSZ", SIGXFSZ), ("SIGVTALRM", SIGVTALRM), ("SIGPROF", SIGPROF), ("SIGIO", SIGIO),
    ("SIGPWR", SIGPWR), ("SIGSYS", SIGSYS),
  ]

  /// The name of a signal; `SIG42` for one without.
  static func name(of number: Int32) -> String {
    names.first { $0.number == number }?.name ?? "SIG\(number)"
  }

  /// The number of a name as ``name(of:)`` gives it.
  static func number(of name: String) -> Int32? {
    names.first { $0.name == name }?.number ?? Int32(name.dropFirst(3))
  }
}
