// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "Files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

uint64_t clinux_file_system_type(int descriptor) {
  struct statfs status;
  if (fstatfs(descriptor, &status) != 0) return 0;
  // f_type is signed on some architectures; the magic numbers are 32 bits wide.
  return (uint32_t)status.f_type;
}

int clinux_stat_extent(const char *path, struct clinux_extent *extent) {
  struct statx status;
  if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_SIZE, &status) != 0) return -1;
  extent->device = makedev(status.stx_dev_major, status.stx_dev_minor);
  extent->inode = status.stx_ino;
  extent->size = status.stx_size;
  return 0;
}

int clinux_sync_file_system(int descriptor) { return syncfs(descriptor); }

int clinux_open_direct(const char *path) {
  return open(path, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NOFOLLOW);
}

int clinux_random(void *bytes, size_t count) {
  unsigned char *at = bytes;
  while (count > 0) {
    ssize_t drawn = getrandom(at, count, 0);
    if (drawn < 0) {
      if (errno == EINTR) continue;
      return -1;
    }
    at += drawn;
    count -= (size_t)drawn;
  }
  return 0;
}
