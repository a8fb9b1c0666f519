// SPDX-License-Identifier: Apache-2.0
// Faults — how a process ends that touched a mapped page which cannot be read, or broke a promise.
#ifndef CLINUX_FAULTS_H
#define CLINUX_FAULTS_H

#include <stdint.h>

/// From now on this process explains its end by a fault, instead of ending by a signal.
///
/// SIGBUS or SIGSEGV for an address in the mapping of a file whose name ends with `suffix`, or in
/// the hole of 8 GiB behind it, and SIGBUS raised by the process itself: writes `unreadable` to
/// standard error and exits with `unreadable_code`. SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP and
/// SIGABRT for another reason of its own: `bug` and `bug_code`, unless something else, such as a
/// printer of backtraces, handled that signal before; that has its turn then. What another process
/// sends has its usual effect.
///
/// The strings must live for ever. Call it once, on the main thread. Nothing is flushed.
void clinux_explain_faults(const char *suffix, const char *unreadable, int32_t unreadable_code,
                           const char *bug, int32_t bug_code);

#endif
