// SPDX-License-Identifier: Apache-2.0
// CHashing — SHA-256 (FIPS 180-4) by the processor's own instructions, of one message or of two at a time.
// Never: memory of its own, state, secrets. Where the instructions are missing it says so and does nothing:
// then swift-crypto hashes. Start at: chashing_is_there. Tests: BatchHashTests in TransparencyTests.

#ifndef CHASHING_H
#define CHASHING_H

#include <stddef.h>
#include <stdint.h>

/// Stands for no byte before a message.
#define CHASHING_NO_PREFIX (-1)

/// Whether this processor has the instructions; nothing else here may be called where it has not.
int chashing_is_there(void);

/// The digest of a message, 32 bytes; a prefix of 0 to 255 is hashed before it.
void chashing_one(int prefix, const void *_Nullable message, size_t count, void *_Nonnull digest);

/// The digests of two messages with the same prefix, each 32 bytes. Two dependent chains of
/// instructions side by side take little longer than one.
void chashing_two(
    int prefix, const void *_Nullable first, size_t first_count, const void *_Nullable second,
    size_t second_count, void *_Nonnull first_digest, void *_Nonnull second_digest);

#endif
