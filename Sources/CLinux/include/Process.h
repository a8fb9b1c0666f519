// SPDX-License-Identifier: Apache-2.0
// Process — starting programs and waiting for signals, where fork or macros keep Swift out.
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <stdint.h>

/// Starts in a session of its own, so that a terminal's signals do not reach the program.
#define CLINUX_SPAWN_SESSION 1
/// Starts with every signal blocked; the program unblocks or reads them when it is ready.
#define CLINUX_SPAWN_BLOCKED 2
/// Starts in a process group of its own.
#define CLINUX_SPAWN_GROUP 4

/// Starts `path` by posix_spawn with exactly `count` descriptors: number i is a copy of
/// `descriptors[i]`, or /dev/null where that is -1; all others are closed. `folder` (or NULL)
/// becomes its working directory. The sources must be numbered `count` or above.
/// 0 with `*pid`, or an errno value. posix_spawn(3).
int clinux_spawn(int32_t *pid, const char *path, char *const arguments[], char *const environment[],
                 const char *folder, const int *descriptors, int count, int flags);

/// Forks and executes `path` in a process group of its own with descriptors 0, 1 and 2 as they
/// are and all others closed, no signal blocked or ignored, and SIGKILL when the caller dies.
/// For single-threaded callers only. Its pid, or -1 with errno of the fork or of execve(2).
int32_t clinux_fork_exec(const char *path, char *const arguments[], char *const environment[]);

/// fork(2), for single-threaded callers only.
int32_t clinux_fork(void);

/// Blocks every signal and opens a descriptor that reports SIGCHLD and SIGTERM, close-on-exec and
/// non-blocking. The descriptor, or -1 with errno. signalfd(2).
int clinux_open_signals(void);
/// Takes one signal from such a descriptor: its number, 0 when none waits, -1 with errno.
int clinux_next_signal(int descriptor);

/// Blocks every signal in the calling thread, so that handlers run on threads that expect them.
void clinux_block_signals(void);
/// Leaves signals to other threads, but those that a fault of this thread raises: where they are
/// blocked, a fault ends the process without its handler. sigprocmask(2), notes.
void clinux_leave_signals(void);
/// Names the calling thread, at most 15 bytes. prctl(PR_SET_NAME).
void clinux_name_thread(const char *name);
/// An event counter for waking a poll, close-on-exec and non-blocking; -1 with errno. eventfd(2).
int clinux_eventfd(void);
/// Makes a pipe, both ends close-on-exec: ends[0] reads, ends[1] writes. 0, or -1 with errno.
int clinux_pipe(int ends[2]);
/// Asks for a pipe capacity in bytes; the capacity granted, or -1 with errno. F_SETPIPE_SZ.
int clinux_set_pipe_size(int descriptor, int bytes);
/// Copies a descriptor to a number of at least `least`, close-on-exec; -1 with errno.
int clinux_duplicate(int descriptor, int least);
/// Makes reads and writes of a descriptor return EAGAIN instead of waiting; 0, or -1 with errno.
int clinux_set_nonblocking(int descriptor);

#endif
