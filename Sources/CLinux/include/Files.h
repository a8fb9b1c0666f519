// SPDX-License-Identifier: Apache-2.0
// Files — what Swift cannot import of file systems and of the kernel's randomness.
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <stddef.h>
#include <stdint.h>

/// The magic number of the file system that holds an open file, or 0 with errno. fstatfs(2).
uint64_t clinux_file_system_type(int descriptor);
/// Opens a file for reading past the page cache, close-on-exec, following no link. A descriptor, or
/// -1 with errno (EINVAL where the file system cannot). open(2) on O_DIRECT.
int clinux_open_direct(const char *path);
/// Fills `bytes` from the kernel's generator, waiting until it is seeded. 0, or -1 with errno.
/// getrandom(2).
int clinux_random(void *bytes, size_t count);

#endif
