#include <lmdb.h>

#ifndef CLMDB_SHIM_H
#define CLMDB_SHIM_H

/// Asks for the lines of memory that hold a value, and for as many below it; never reads.
static inline void clmdb_prefetch(const void *value, size_t count) {
  const char *start = (const char *)value - count - 64, *end = (const char *)value + count;
  for (const char *line = start; line < end; line += 64) __builtin_prefetch(line);
}

#endif
