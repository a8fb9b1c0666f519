// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "Faults.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

// Everything that the handler calls is async-signal-safe (signal-safety(7)).

static const char *file_suffix;
static const char *sentences[2];
static int codes[2];
static struct sigaction previous[NSIG];
static atomic_flag is_ending = ATOMIC_FLAG_INIT;

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};

/// A damaged length may lead a read out of the map; it has 32 bits.
static const uintptr_t hole = (uintptr_t)8 << 30;

/// One line of /proc/self/maps while it is being read.
struct line {
  uintptr_t number, start, end;
  int field;
  char tail[256];
  size_t length;
};

static int names_the_file(struct line *line) {
  static const char deleted[] = " (deleted)";
  size_t length = line->length, cut = sizeof deleted - 1, wanted = strlen(file_suffix);
  if (length >= cut && memcmp(line->tail + length - cut, deleted, cut) == 0) length -= cut;
  return length >= wanted && memcmp(line->tail + length - wanted, file_suffix, wanted) == 0;
}

static void take(struct line *line, char byte) {
  if (line->field < 2) {
    int digit = byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 87 : -1;
    if (digit >= 0) {
      line->number = line->number << 4 | (uintptr_t)digit;
    } else {
      *(line->field++ == 0 ? &line->start : &line->end) = line->number;
      line->number = 0;
    }
  } else {
    // The end of the line is what counts: the name stands there.
    if (line->length == sizeof line->tail) {
      memmove(line->tail, line->tail + 128, sizeof line->tail - 128);
      line->length -= 128;
    }
    line->tail[line->length++] = byte;
  }
}

/// Whether the address lies in a mapping of the file, or in the hole behind one.
static int is_in_the_file(uintptr_t address) {
  int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (maps < 0) return 0;
  char buffer[4096];
  struct line line = {0};
  int answer = -1, before = 0;
  ssize_t count;
  while (answer < 0 && (count = read(maps, buffer, sizeof buffer)) > 0) {
    for (ssize_t i = 0; i < count && answer < 0; i++) {
      if (buffer[i] != '\n') {
        take(&line, buffer[i]);
        continue;
      }
      if (address < line.start) {
        answer = before;
      } else if (address < line.end) {
        answer = names_the_file(&line);
      } else {
        before = names_the_file(&line) && address - line.end < hole;
      }
      memset(&line, 0, sizeof line);
    }
  }
  close(maps);
  return answer < 0 ? before : answer;
}

static void end_saying(int which) {
  // Another thread may meet the same page; one of them tells.
  if (atomic_flag_test_and_set(&is_ending)) {
    for (;;) pause();
  }
  const char *rest = sentences[which];
  size_t length = strlen(rest);
  while (length > 0) {
    ssize_t count = write(STDERR_FILENO, rest, length);
    if (count <= 0) break;
    rest += count;
    length -= (size_t)count;
  }
  _exit(codes[which]);
}

static void explain(int signal, siginfo_t *information, void *context) {
  (void)context;
  int is_sent = information->si_code <= 0;
  int is_own = !is_sent || (information->si_code == SI_TKILL && information->si_pid == getpid());
  if (signal == SIGBUS && is_sent && is_own) end_saying(0);
  if ((signal == SIGBUS || signal == SIGSEGV) && !is_sent
      && is_in_the_file((uintptr_t)information->si_addr)) {
    end_saying(0);
  }
  if (is_own && previous[signal].sa_handler == SIG_DFL) end_saying(1);
  // A fault happens again when this returns; what was sent is sent again.
  sigaction(signal, &previous[signal], NULL);
  if (is_sent) raise(signal);
}

void clinux_explain_faults(const char *suffix, const char *unreadable, int32_t unreadable_code,
                           const char *bug, int32_t bug_code) {
  file_suffix = suffix;
  sentences[0] = unreadable;
  sentences[1] = bug;
  codes[0] = unreadable_code;
  codes[1] = bug_code;
  // A stack that has run over cannot hold a handler's frame.
  static char stack[64 * 1024];
  stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&other, NULL);
  struct sigaction action = {.sa_sigaction = explain, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    sigaction(faults[i], &action, &previous[faults[i]]);
  }
}
