// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_FUTEX_H
#define CLINUX_FUTEX_H

#include <stdint.h>

/// Sleeps while `*word` is `expected`; may return early. futex(2), private to the process.
void clinux_wait_while(const uint32_t *word, uint32_t expected);
/// Stores `value` (release) and wakes every sleeper, in one call. futex(2).
void clinux_set_and_wake_all(uint32_t *word, uint32_t value);
/// Reads a word (acquire).
uint32_t clinux_read_word(const uint32_t *word);

#endif
