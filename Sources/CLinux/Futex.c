// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "Futex.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

void clinux_wait_while(const uint32_t *word, uint32_t expected) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void clinux_set_and_wake_all(uint32_t *word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

uint32_t clinux_read_word(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
