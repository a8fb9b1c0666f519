// SPDX-License-Identifier: Apache-2.0
// The C program that jobledger is measured against: one thread, the same bytes under the same keys
// in the same tables, the same digests, nothing else.
//
// lmdb SOURCE TARGET PER_COMMIT [COUNT]
// Reads the log lines of the ledger database in SOURCE into memory, then writes them to a new
// database in TARGET with PER_COMMIT events a transaction (full sync): the digest of each text,
// text, leaf hash, leaf, tree nodes from height 7 up, the log index, the head. Prints seconds.

#define _GNU_SOURCE
#include <lmdb.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static void check(int status, const char *what) {
  if (status) {
    fprintf(stderr, "%s: %s\n", what, mdb_strerror(status));
    exit(1);
  }
}

typedef struct {
  uint64_t position;
  unsigned char *leaf, *text;
  size_t leaf_count, text_count;
} event;

typedef struct {
  unsigned char *key, *value;
  size_t key_count, value_count;
  uint64_t last;
} run;

static event *events;
static size_t event_count;
static run *runs;
static size_t run_count;
static unsigned char head_value[4096];
static size_t head_count;

static uint64_t big_endian(const unsigned char *bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | bytes[i];
  return value;
}

static void store_big_endian(uint64_t value, unsigned char *bytes) {
  for (int i = 7; i >= 0; i--, value >>= 8) bytes[i] = (unsigned char)value;
}

static unsigned char *copy(MDB_val value) {
  unsigned char *bytes = malloc(value.mv_size ? value.mv_size : 1);
  memcpy(bytes, value.mv_data, value.mv_size);
  return bytes;
}

static int by_first_position(const void *left, const void *right) {
  const run *a = left, *b = right;
  uint64_t x = big_endian(a->key + a->key_count - 8), y = big_endian(b->key + b->key_count - 8);
  return x < y ? -1 : x > y;
}

static uint64_t varint(const unsigned char *bytes) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7, bytes++) {
    value |= (uint64_t)(*bytes & 127) << shift;
    if (!(*bytes & 128)) return value;
  }
}

static void load(const char *source, size_t limit) {
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi leaves, texts, logs, head;
  MDB_cursor *cursor;
  MDB_val key, value;
  check(mdb_env_create(&env), "create");
  mdb_env_set_maxdbs(env, 16);
  mdb_env_set_mapsize(env, 64UL << 30);
  check(mdb_env_open(env, source, MDB_RDONLY, 0600), source);
  check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
  check(mdb_dbi_open(txn, "leaves", 0, &leaves), "leaves");
  check(mdb_dbi_open(txn, "texts", 0, &texts), "texts");
  check(mdb_dbi_open(txn, "logs", 0, &logs), "logs");
  check(mdb_dbi_open(txn, "head", 0, &head), "head");
  MDB_stat stat;
  mdb_stat(txn, leaves, &stat);
  events = calloc(stat.ms_entries, sizeof *events);
  mdb_cursor_open(txn, leaves, &cursor);
  while (event_count < limit && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
    static const char mark[] = "\"type\":\"job.logged\"";
    if (!memmem(value.mv_data, value.mv_size, mark, sizeof mark - 1)) continue;
    event *e = &events[event_count++];
    e->position = big_endian(key.mv_data);
    e->leaf = copy(value);
    e->leaf_count = value.mv_size;
    MDB_val text;
    check(mdb_get(txn, texts, &key, &text), "text");
    e->text = copy(text);
    e->text_count = text.mv_size;
  }
  mdb_cursor_close(cursor);
  mdb_stat(txn, logs, &stat);
  runs = calloc(stat.ms_entries, sizeof *runs);
  mdb_cursor_open(txn, logs, &cursor);
  while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
    run *r = &runs[run_count++];
    r->key = copy(key);
    r->key_count = key.mv_size;
    r->value = copy(value);
    r->value_count = value.mv_size;
    r->last = big_endian(r->key + r->key_count - 8) + varint(r->value + 1);
  }
  mdb_cursor_close(cursor);
  qsort(runs, run_count, sizeof *runs, by_first_position);
  key.mv_data = "head";
  key.mv_size = 4;
  check(mdb_get(txn, head, &key, &value), "head");
  head_count = value.mv_size;
  memcpy(head_value, value.mv_data, head_count);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void put(MDB_txn *txn, MDB_dbi table, void *key, size_t key_count, void *bytes,
                size_t count, unsigned flags) {
  MDB_val k = {key_count, key}, v = {count, bytes};
  check(mdb_put(txn, table, &k, &v, flags), "put");
}

static void hash(unsigned char prefix, const unsigned char *a, size_t a_count,
                 const unsigned char *b, size_t b_count, unsigned char *out) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, &prefix, 1);
  SHA256_Update(&context, a, a_count);
  if (b_count) SHA256_Update(&context, b, b_count);
  SHA256_Final(out, &context);
}

static unsigned char peaks[64][32];
static uint64_t tree_size;

static void grow(MDB_txn *txn, MDB_dbi tree, unsigned char *leaf) {
  unsigned char node[32];
  memcpy(node, leaf, 32);
  int height = 0;
  for (; tree_size >> height & 1; height++) {
    unsigned char parent[32];
    hash(1, peaks[height], 32, node, 32, parent);
    memcpy(node, parent, 32);
    if (height + 1 >= 7) {
      unsigned char key[9];
      store_big_endian(tree_size + 1, key);
      key[8] = (unsigned char)(height + 1);
      put(txn, tree, key, 9, node, 32, MDB_APPEND);
    }
  }
  memcpy(peaks[height], node, 32);
  tree_size++;
}

int main(int argc, char **argv) {
  if (argc < 4) return 64;
  size_t per_commit = strtoull(argv[3], NULL, 10);
  load(argv[1], argc > 4 ? strtoull(argv[4], NULL, 10) : (size_t)-1);
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi leaves, texts, tree, logs, head;
  mkdir(argv[2], 0700);
  check(mdb_env_create(&env), "create");
  mdb_env_set_maxdbs(env, 16);
  mdb_env_set_mapsize(env, 64UL << 30);
  check(mdb_env_open(env, argv[2], MDB_NOTLS, 0600), argv[2]);
  check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
  check(mdb_dbi_open(txn, "leaves", MDB_CREATE, &leaves), "leaves");
  check(mdb_dbi_open(txn, "texts", MDB_CREATE, &texts), "texts");
  check(mdb_dbi_open(txn, "tree", MDB_CREATE, &tree), "tree");
  check(mdb_dbi_open(txn, "logs", MDB_CREATE, &logs), "logs");
  check(mdb_dbi_open(txn, "head", MDB_CREATE, &head), "head");
  check(mdb_txn_commit(txn), "commit");

  struct timespec start, end;
  unsigned char sink = 0;
  size_t next_run = 0;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (size_t done = 0; done < event_count;) {
    check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
    size_t until = done + per_commit < event_count ? done + per_commit : event_count;
    for (; done < until; done++) {
      event *e = &events[done];
      unsigned char digest[32], key[8];
      SHA256_CTX context;
      SHA256_Init(&context);
      SHA256_Update(&context, e->text, e->text_count);
      SHA256_Final(digest, &context);
      sink ^= digest[0];
      store_big_endian(e->position, key);
      put(txn, texts, key, 8, e->text, e->text_count, MDB_APPEND);
      hash(0, e->leaf, e->leaf_count, NULL, 0, digest);
      put(txn, leaves, key, 8, e->leaf, e->leaf_count, MDB_APPEND);
      grow(txn, tree, digest);
    }
    // A commit ends by storing the run it is in, as it is then; the last version of its row has
    // the same size.
    uint64_t last = events[done - 1].position;
    while (next_run < run_count) {
      run *r = &runs[next_run];
      if (big_endian(r->key + r->key_count - 8) > last) break;
      put(txn, logs, r->key, r->key_count, r->value, r->value_count, 0);
      if (r->last > last) break;
      next_run++;
    }
    put(txn, head, "head", 4, head_value, head_count, 0);
    check(mdb_txn_commit(txn), "commit");
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  mdb_env_close(env);
  printf("%.6f %zu %u\n",
         (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9,
         event_count, sink);
  return 0;
}
