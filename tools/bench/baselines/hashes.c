// SPDX-License-Identifier: Apache-2.0
// What proofs of single events cannot do without, in C: hashing the other leaves of the event's 128
// and reading the stored nodes beside its path; and to check one, a SHA-256 for each node of the path.
//
// hashes SOURCE COUNT [SEED]
// Reads the ledger database in SOURCE at COUNT random positions. Prints `making SECONDS`, and
// `checking SECONDS` for COUNT paths of that tree.

#define _GNU_SOURCE
#include <lmdb.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

// The one-shot SHA256() of OpenSSL 3 looks its method up each time and takes far longer.
static void sha256(const unsigned char *bytes, size_t count, unsigned char *out) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes, count);
  SHA256_Final(out, &context);
}

static void big_endian(unsigned char *bytes, uint64_t number) {
  for (int i = 7; i >= 0; i--, number >>= 8) bytes[i] = number & 255;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "hashes SOURCE COUNT [SEED]\n");
    return 64;
  }
  uint64_t count = strtoull(argv[2], NULL, 10);
  uint64_t state = (argc > 3 ? strtoull(argv[3], NULL, 10) : 1) * 0x9e3779b97f4a7c15ull | 1;
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi leaves, tree;
  MDB_stat stat;
  check(mdb_env_create(&env), "create");
  check(mdb_env_set_maxdbs(env, 16), "maxdbs");
  check(mdb_env_open(env, argv[1], MDB_RDONLY, 0600), "open");
  check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
  check(mdb_dbi_open(txn, "leaves", 0, &leaves), "leaves");
  check(mdb_dbi_open(txn, "tree", 0, &tree), "tree");
  check(mdb_stat(txn, leaves, &stat), "stat");
  uint64_t size = stat.ms_entries;
  MDB_cursor *cursor;
  check(mdb_cursor_open(txn, leaves, &cursor), "cursor");

  static unsigned char entry[1 << 17];
  unsigned char hash[32], sum = 0;
  double start = now();
  for (uint64_t i = 0; i < count; i++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    uint64_t position = state % size;
    unsigned char key[9];
    big_endian(key, position >> 7 << 7);
    MDB_val name = {8, key}, value;
    check(mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE), "seek");
    for (int place = 0; place < 128; place++) {
      if (place != (int)(position & 127)) {
        entry[0] = 0;
        memcpy(entry + 1, value.mv_data, value.mv_size);
        sha256(entry, value.mv_size + 1, hash);
        sum ^= hash[0];
      }
      if (mdb_cursor_get(cursor, &name, &value, MDB_NEXT)) break;
    }
    for (int height = 7; size >> height; height++) {
      uint64_t sibling = position >> height ^ 1;
      if ((sibling + 1) << height > size) continue;
      big_endian(key, (sibling + 1) << height);
      key[8] = height;
      name = (MDB_val){9, key};
      check(mdb_get(txn, tree, &name, &value), "node");
      sum ^= *(unsigned char *)value.mv_data;
    }
  }
  printf("making %f\n", now() - start);

  int height = 0;
  while (size >> height) height++;
  unsigned char node[65] = {1};
  start = now();
  for (uint64_t i = 0; i < count * height; i++) sha256(node, 65, node + 1 + (i & 1) * 32);
  printf("checking %f\n", now() - start);
  fprintf(stderr, "%02x\n", sum ^ node[1]);
  return 0;
}
