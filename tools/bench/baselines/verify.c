// SPDX-License-Identifier: Apache-2.0
// What a verification of leaves, texts and tree cannot do without, in C on two threads: the SHA-256 of
// every leaf behind 0x00, of every text, and of every node behind 0x01, read through LMDB.
//
// verify SOURCE [THREADS]
// Reads the ledger database in SOURCE in stretches that whoever is free takes next. Prints
// `seconds SECONDS root ROOT`, the root in hexadecimal. Nothing is compared or decoded.

#define _GNU_SOURCE
#include <lmdb.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STRETCH = 4096, BLOCK = 256 };

static MDB_env *env;
static MDB_dbi leaves, texts;
static uint64_t size;
static atomic_uint_fast64_t next_stretch;
static unsigned char (*blocks)[32];
static unsigned char tail[BLOCK][32];

static void check(int status, const char *what) {
  if (status) {
    fprintf(stderr, "%s: %s\n", what, mdb_strerror(status));
    exit(1);
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void big_endian(unsigned char *bytes, uint64_t number) {
  for (int i = 7; i >= 0; i--, number >>= 8) bytes[i] = number & 255;
}

static uint64_t number(const unsigned char *bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | bytes[i];
  return value;
}

// The one-shot SHA256() of OpenSSL 3 looks its method up each time and takes three times as long.
static void sha256(int prefix, const void *bytes, size_t count, unsigned char *out) {
  SHA256_CTX context;
  SHA256_Init(&context);
  if (prefix >= 0) {
    unsigned char byte = (unsigned char)prefix;
    SHA256_Update(&context, &byte, 1);
  }
  SHA256_Update(&context, bytes, count);
  SHA256_Final(out, &context);
}

// The leaf behind its prefix in one piece, which costs less than two updates.
static void leaf_hash(const void *bytes, size_t count, unsigned char *out) {
  unsigned char buffer[2048];
  if (count >= sizeof buffer) return sha256(0, bytes, count, out);
  buffer[0] = 0;
  memcpy(buffer + 1, bytes, count);
  sha256(-1, buffer, count + 1, out);
}

static void node_hash(unsigned char (*pair)[32], unsigned char *out) {
  unsigned char node[65];
  node[0] = 1;
  memcpy(node + 1, pair, 64);
  sha256(-1, node, 65, out);
}

static void *work(void *unused) {
  (void)unused;
  static _Thread_local unsigned char hashes[BLOCK][32];
  MDB_txn *txn;
  MDB_cursor *leaf_cursor, *text_cursor;
  check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
  check(mdb_cursor_open(txn, leaves, &leaf_cursor), "cursor");
  check(mdb_cursor_open(txn, texts, &text_cursor), "cursor");
  volatile unsigned char sink = 0;
  while (1) {
    uint64_t position = atomic_fetch_add(&next_stretch, 1) * STRETCH;
    if (position >= size) break;
    uint64_t end = position + STRETCH < size ? position + STRETCH : size;
    unsigned char name[8], digest[32];
    big_endian(name, position);
    MDB_val key = {8, name}, leaf, text_key = {8, name}, text;
    check(mdb_cursor_get(leaf_cursor, &key, &leaf, MDB_SET_RANGE), "seek");
    int has_text = !mdb_cursor_get(text_cursor, &text_key, &text, MDB_SET_RANGE);
    for (; position < end; position++) {
      leaf_hash(leaf.mv_data, leaf.mv_size, hashes[position % BLOCK]);
      if (has_text && number(text_key.mv_data) == position) {
        sha256(-1, text.mv_data, text.mv_size, digest);
        sink ^= digest[0];
        has_text = !mdb_cursor_get(text_cursor, &text_key, &text, MDB_NEXT);
      }
      if (position % BLOCK == BLOCK - 1) {
        for (int count = BLOCK / 2; count; count /= 2)
          for (int i = 0; i < count; i++) node_hash(hashes + 2 * i, hashes[i]);
        memcpy(blocks[position / BLOCK], hashes[0], 32);
      }
      if (position + 1 < end) check(mdb_cursor_get(leaf_cursor, &key, &leaf, MDB_NEXT), "next");
    }
    if (end == size && size % BLOCK) memcpy(tail, hashes, sizeof tail);
  }
  mdb_cursor_close(leaf_cursor);
  mdb_cursor_close(text_cursor);
  mdb_txn_abort(txn);
  return NULL;
}

// RFC 6962 §2.1: the left half is the largest power of two below the count.
static void root_of(unsigned char (*hashes)[32], uint64_t count, unsigned char *out) {
  if (count == 1) {
    memcpy(out, hashes, 32);
    return;
  }
  uint64_t half = 1;
  while (half * 2 < count) half *= 2;
  unsigned char pair[2][32];
  root_of(hashes, half, pair[0]);
  root_of(hashes + half, count - half, pair[1]);
  node_hash(pair, out);
}

int main(int argc, char **argv) {
  if (argc < 2) return 64;
  int threads = argc > 2 ? atoi(argv[2]) : 2;
  MDB_txn *txn;
  MDB_stat stat;
  check(mdb_env_create(&env), "create");
  check(mdb_env_set_maxdbs(env, 16), "maxdbs");
  check(mdb_env_open(env, argv[1], MDB_RDONLY | MDB_NOTLS, 0600), "open");
  check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
  check(mdb_dbi_open(txn, "leaves", 0, &leaves), "leaves");
  check(mdb_dbi_open(txn, "texts", 0, &texts), "texts");
  check(mdb_stat(txn, leaves, &stat), "stat");
  check(mdb_txn_commit(txn), "commit");
  size = stat.ms_entries;
  double start = now();
  blocks = calloc(size / BLOCK + 1, 32);
  pthread_t others[64];
  for (int i = 1; i < threads && i < 64; i++) pthread_create(&others[i], NULL, work, NULL);
  work(NULL);
  for (int i = 1; i < threads && i < 64; i++) pthread_join(others[i], NULL);
  // Blocks, then the leaves behind the last full one: both halves are trees by themselves.
  unsigned char root[32];
  uint64_t full = size / BLOCK, rest = size % BLOCK;
  if (rest) {
    unsigned char peaks[65][32];
    int peak_count = 0;
    uint64_t at = 0;
    for (int bit = 62; bit >= 0; bit--)
      if (full >> bit & 1) {
        root_of(blocks + at, 1ull << bit, peaks[peak_count++]);
        at += 1ull << bit;
      }
    root_of(tail, rest, root);
    while (peak_count) {
      unsigned char pair[2][32];
      memcpy(pair[0], peaks[--peak_count], 32);
      memcpy(pair[1], root, 32);
      node_hash(pair, root);
    }
  } else {
    root_of(blocks, full, root);
  }
  printf("seconds %f root ", now() - start);
  for (int i = 0; i < 32; i++) printf("%02x", root[i]);
  printf("\n");
  return 0;
}
