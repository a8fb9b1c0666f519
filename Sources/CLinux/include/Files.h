// SPDX-License-Identifier: Apache-2.0
// Files — what Swift cannot import of file systems and of the kernel's randomness.
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <stddef.h>
#include <stdint.h>

/// The magic number of the file system that holds an open file, or 0 with errno. fstatfs(2).
uint64_t clinux_file_system_type(int descriptor);
/// What ``clinux_stat_extent`` tells of a file.
struct clinux_extent {
  uint64_t device;
  uint64_t inode;
  uint64_t size;
};
/// Which file stands at a path, no link followed, and how long it is; its times are not asked for.
/// 0, or -1 with errno. statx(2).
int clinux_stat_extent(const char *path, struct clinux_extent *extent);
/// Makes all that was written to the file system of an open file durable. 0, or -1 with errno.
/// syncfs(2).
int clinux_sync_file_system(int descriptor);
/// Opens a file for reading past the page cache, close-on-exec, following no link. A descriptor, or
/// -1 with errno (EINVAL where the file system cannot). open(2) on O_DIRECT.
int clinux_open_direct(const char *path);
/// Fills `bytes` from the kernel's generator, waiting until it is seeded. 0, or -1 with errno.
/// getrandom(2).
int clinux_random(void *bytes, size_t count);

#endif
