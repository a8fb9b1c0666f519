// SPDX-License-Identifier: Apache-2.0
// CLinux — the few Linux calls that Swift cannot import (variadic or macro-only). Nothing of ours.
#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>

// Only stdint.h and stddef.h are included in these headers: whichever module first includes a
// system header owns its types in Swift, and that is to be Glibc.
#include "Faults.h"
#include "Files.h"
#include "Futex.h"
#include "Process.h"

/// Asks for `signal` when the thread that started this process ends. 0, or -1 with errno. prctl(2).
int clinux_set_parent_death_signal(int signal);
/// Makes this process the reaper of its orphaned descendants. 0, or -1 with errno. prctl(2).
int clinux_become_subreaper(void);
/// Takes (or with LOCK_UN releases) a whole-file lock. 0, or -1 with errno. flock(2).
int clinux_flock(int descriptor, int operation);
/// Opens a path below a directory with a mode, close-on-exec always set. A descriptor, or -1 with errno.
int clinux_openat(int directory, const char *path, int flags, uint32_t mode);
/// The width of the terminal behind `descriptor`, or 0 when it is none. ioctl(TIOCGWINSZ).
int clinux_terminal_width(int descriptor);

#endif
