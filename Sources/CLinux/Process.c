// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "Process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

int clinux_spawn(int32_t *pid, const char *path, char *const arguments[], char *const environment[],
                 const char *folder, const int *descriptors, int count, int flags) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) return error;
  error = posix_spawnattr_init(&attributes);
  if (error != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  for (int i = 0; i < count && error == 0; i++) {
    error = descriptors[i] < 0
                ? posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0)
                : posix_spawn_file_actions_adddup2(&actions, descriptors[i], i);
  }
  if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, count);
  if (error == 0 && folder) error = posix_spawn_file_actions_addchdir_np(&actions, folder);
  short wanted = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (flags & CLINUX_SPAWN_SESSION) wanted |= POSIX_SPAWN_SETSID;
  if (flags & CLINUX_SPAWN_GROUP) wanted |= POSIX_SPAWN_SETPGROUP;
  sigset_t every, mask;
  sigfillset(&every);
  if (flags & CLINUX_SPAWN_BLOCKED) {
    sigfillset(&mask);
  } else {
    sigemptyset(&mask);
  }
  if (error == 0) error = posix_spawnattr_setflags(&attributes, wanted);
  if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &every);
  if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &mask);
  if (error == 0) error = posix_spawnattr_setpgroup(&attributes, 0);
  if (error == 0) error = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

static void report_and_exit(int status) {
  int error = errno;
  ssize_t ignored = write(status, &error, sizeof error);
  (void)ignored;
  _exit(127);
}

int32_t clinux_fork_exec(const char *path, char *const arguments[], char *const environment[]) {
  int status[2];
  if (pipe2(status, O_CLOEXEC) != 0) return -1;
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    // The parent may die between fork and prctl; then nobody would end this process.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) report_and_exit(status[1]);
    if (getppid() != parent) _exit(127);
    if (setpgid(0, 0) != 0) report_and_exit(status[1]);
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // Kernels without close_range rely on every descriptor being close-on-exec already.
    syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(path, arguments, environment);
    report_and_exit(status[1]);
  }
  int failure = pid < 0 ? errno : 0;
  close(status[1]);
  if (pid > 0) {
    ssize_t count;
    do {
      count = read(status[0], &failure, sizeof failure);
    } while (count < 0 && errno == EINTR);
    if (count != sizeof failure) failure = 0;
    if (failure != 0) {
      while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
      }
    }
  }
  close(status[0]);
  if (failure != 0) {
    errno = failure;
    return -1;
  }
  return pid;
}

int32_t clinux_fork(void) { return fork(); }

int clinux_open_signals(void) {
  sigset_t every, wanted;
  sigfillset(&every);
  if (sigprocmask(SIG_SETMASK, &every, NULL) != 0) return -1;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  sigaddset(&wanted, SIGTERM);
  return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_next_signal(int descriptor) {
  struct signalfd_siginfo information;
  ssize_t count;
  do {
    count = read(descriptor, &information, sizeof information);
  } while (count < 0 && errno == EINTR);
  if (count == (ssize_t)sizeof information) return (int)information.ssi_signo;
  return count < 0 && errno == EAGAIN ? 0 : -1;
}

void clinux_block_signals(void) {
  sigset_t every;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, NULL);
}

void clinux_leave_signals(void) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
  sigset_t others;
  sigfillset(&others);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&others, faults[i]);
  pthread_sigmask(SIG_SETMASK, &others, NULL);
}

void clinux_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int clinux_set_pipe_size(int descriptor, int bytes) {
  return fcntl(descriptor, F_SETPIPE_SZ, bytes);
}

int clinux_duplicate(int descriptor, int least) {
  return fcntl(descriptor, F_DUPFD_CLOEXEC, least);
}

int clinux_set_nonblocking(int descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
