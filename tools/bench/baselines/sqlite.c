// SPDX-License-Identifier: Apache-2.0
// The same stream into SQLite: WAL, synchronous=FULL, the same indexes, no digests.
//
// sqlite SOURCE TARGET PER_COMMIT [COUNT]   (SOURCE: as for lmdb.c). Prints seconds.

#include <lmdb.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void require(int ok, const char *what) {
  if (!ok) {
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
  }
}

typedef struct {
  uint64_t position;
  void *leaf, *text;
  size_t leaf_count, text_count;
} event;

static void *copy(MDB_val value) {
  void *bytes = malloc(value.mv_size);
  memcpy(bytes, value.mv_data, value.mv_size);
  return bytes;
}

static int is_log_line(MDB_val leaf) {
  // The type is among the last bytes of a leaf.
  size_t tail = leaf.mv_size < 64 ? leaf.mv_size : 64;
  const char *end = (const char *)leaf.mv_data + leaf.mv_size - tail;
  for (size_t i = 0; i + 12 <= tail; i++)
    if (memcmp(end + i, "\"job.logged\"", 12) == 0) return 1;
  return 0;
}

int main(int argc, char **argv) {
  require(argc >= 4, "sqlite SOURCE TARGET PER_COMMIT [COUNT]");
  size_t per_commit = strtoull(argv[3], NULL, 10);
  size_t limit = argc > 4 ? strtoull(argv[4], NULL, 10) : (size_t)-1;
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi leaves, texts;
  MDB_cursor *cursor;
  MDB_val key, value, text;
  mdb_env_create(&env);
  mdb_env_set_maxdbs(env, 16);
  mdb_env_set_mapsize(env, 64UL << 30);
  require(mdb_env_open(env, argv[1], MDB_RDONLY, 0600) == 0, argv[1]);
  require(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) == 0, "begin");
  require(mdb_dbi_open(txn, "leaves", 0, &leaves) == 0, "leaves");
  require(mdb_dbi_open(txn, "texts", 0, &texts) == 0, "texts");
  MDB_stat stat;
  mdb_stat(txn, leaves, &stat);
  event *events = calloc(stat.ms_entries, sizeof *events);
  size_t count = 0;
  mdb_cursor_open(txn, leaves, &cursor);
  while (count < limit && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
    if (!is_log_line(value)) continue;
    event *e = &events[count++];
    for (int i = 0; i < 8; i++)
      e->position = e->position << 8 | ((const unsigned char *)key.mv_data)[i];
    require(mdb_get(txn, texts, &key, &text) == 0, "text");
    e->leaf = copy(value);
    e->leaf_count = value.mv_size;
    e->text = copy(text);
    e->text_count = text.mv_size;
  }
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  mdb_env_close(env);

  sqlite3 *db;
  sqlite3_stmt *put_leaf, *put_text, *put_run;
  require(sqlite3_open(argv[2], &db) == SQLITE_OK, argv[2]);
  require(sqlite3_exec(db,
                       "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                       "CREATE TABLE leaves(position INTEGER PRIMARY KEY, leaf BLOB) STRICT;"
                       "CREATE TABLE texts(position INTEGER PRIMARY KEY, text BLOB) STRICT;"
                       "CREATE TABLE logs(job TEXT, first INTEGER, last INTEGER,"
                       " PRIMARY KEY(job, first)) STRICT, WITHOUT ROWID;",
                       NULL, NULL, NULL) == SQLITE_OK, "schema");
  sqlite3_prepare_v2(db, "INSERT INTO leaves VALUES(?,?)", -1, &put_leaf, NULL);
  sqlite3_prepare_v2(db, "INSERT INTO texts VALUES(?,?)", -1, &put_text, NULL);
  sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO logs VALUES('exec-000000',?,?)", -1, &put_run,
                     NULL);
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (size_t done = 0; done < count;) {
    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    size_t until = done + per_commit < count ? done + per_commit : count;
    for (; done < until; done++) {
      event *e = &events[done];
      sqlite3_bind_int64(put_leaf, 1, (sqlite3_int64)e->position);
      sqlite3_bind_blob(put_leaf, 2, e->leaf, (int)e->leaf_count, SQLITE_STATIC);
      require(sqlite3_step(put_leaf) == SQLITE_DONE, "leaf");
      sqlite3_reset(put_leaf);
      sqlite3_bind_int64(put_text, 1, (sqlite3_int64)e->position);
      sqlite3_bind_blob(put_text, 2, e->text, (int)e->text_count, SQLITE_STATIC);
      require(sqlite3_step(put_text) == SQLITE_DONE, "text");
      sqlite3_reset(put_text);
      if (done % 256 == 255 || done + 1 == until) {
        sqlite3_bind_int64(put_run, 1, (sqlite3_int64)(done / 256 * 256));
        sqlite3_bind_int64(put_run, 2, (sqlite3_int64)done);
        require(sqlite3_step(put_run) == SQLITE_DONE, "run");
        sqlite3_reset(put_run);
      }
    }
    require(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "commit");
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.6f %zu\n",
         (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9, count);
  return 0;
}
