// SPDX-License-Identifier: Apache-2.0
public import Glibc

/// Lends attributes by which a child begins with no signal blocked and each at its default.
///
/// The threads that tests share block every signal, and a shell in the background ignores some: a
/// child would inherit both, and one that lives on could be ended by SIGKILL alone.
public func withPlainSignals<R>(_ body: (UnsafePointer<posix_spawnattr_t>) -> R) -> R {
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  sigfillset(&signals)
  posix_spawnattr_setsigdefault(&attributes, &signals)
  posix_spawnattr_setflags(
    &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
  return body(&attributes)
}
