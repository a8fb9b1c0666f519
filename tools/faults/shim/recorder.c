// SPDX-License-Identifier: Apache-2.0
// recorder — stands between a writer and the kernel (LD_PRELOAD): records what a ledger's disk is
// told, in order, and kills or fails the writer at a chosen call.
//
// FAULTS_ROOT        the ledger's directory; files elsewhere are left alone
// FAULTS_LOG         where to record: operation (1 byte), offset and length (8 each, host order),
//                    then that many bytes
// FAULTS_KILL_AT     end the process by SIGKILL at the N-th call that changes or syncs a file of
//                    the ledger, counted from the first TRY on standard output
// FAULTS_KILL_WHEN   `before` (the default) or `after` that call is executed
// FAULTS_STOP_AT     stop the writer by SIGSTOP at that call instead; it goes on after SIGCONT
// FAULTS_FAIL_AT     do not execute that call and report FAULTS_FAIL_WITH (an errno) instead
// FAULTS_COUNT       a file that is told at the end how many such calls there were
// FAULTS_LIE_AT      execute the N-th write of a meta page, then report EIO
//
// Operations: W data page, M meta page (its descriptor is O_DSYNC), S sync of the data file,
// N write of `checkpoint.new`, n its sync, C rename to `checkpoint` (with its bytes), D sync of the
// ledger's directory, T and A a line on standard output that begins with TRY or ACK.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

// The call and its record must not be parted, or another thread's would come in between.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static char root[4096];
static size_t root_length;
static long kill_at, stop_at, fail_at, fail_with, lie_at, calls, meta_writes;
static int kill_after, is_armed;

#define NEXT(name) ((__typeof__(&name))next_symbol(#name))
static void *next_symbol(const char *name) {
  void *symbol = dlsym(RTLD_NEXT, name);
  if (!symbol) abort();
  return symbol;
}

static long number(const char *name) {
  const char *text = getenv(name);
  return text ? atol(text) : 0;
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("FAULTS_ROOT");
  if (!path || strlen(path) >= sizeof root) return;
  strcpy(root, path);
  root_length = strlen(root);
  kill_at = number("FAULTS_KILL_AT");
  stop_at = number("FAULTS_STOP_AT");
  fail_at = number("FAULTS_FAIL_AT");
  fail_with = number("FAULTS_FAIL_WITH");
  lie_at = number("FAULTS_LIE_AT");
  const char *when = getenv("FAULTS_KILL_WHEN");
  kill_after = when && !strcmp(when, "after");
  const char *log = getenv("FAULTS_LOG");
  if (log) log_file = open(log, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
}

// The part of a descriptor's path below the ledger, or NULL. An unlinked file is none.
static const char *name_of(int fd, char *buffer, size_t size) {
  if (!root_length) return NULL;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, buffer, size - 1);
  if (length < 0) return NULL;
  buffer[length] = 0;
  if (strncmp(buffer, root, root_length) || (buffer[root_length] != '/' && buffer[root_length]))
    return NULL;
  return buffer + root_length;
}

static int ends_with(const char *text, const char *end) {
  size_t have = strlen(text), want = strlen(end);
  return have >= want && !strcmp(text + have - want, end);
}

static void put(const void *bytes, size_t count) {
  const char *at = bytes;
  while (count > 0) {
    ssize_t done = NEXT(write)(log_file, at, count);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) abort();
    at += done;
    count -= (size_t)done;
  }
}

static void record(char operation, uint64_t offset, const void *bytes, uint64_t count) {
  if (log_file < 0) return;
  char header[17];
  header[0] = operation;
  memcpy(header + 1, &offset, 8);
  memcpy(header + 9, &count, 8);
  put(header, sizeof header);
  if (count) put(bytes, count);
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("FAULTS_COUNT");
  int file = path ? open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600) : -1;
  char text[32];
  int length = snprintf(text, sizeof text, "%ld", calls);
  if (file >= 0 && NEXT(write)(file, text, (size_t)length) == length) close(file);
}

// Before a call: whether it is to fail. The writer may not come back from here.
static int begin_call(void) {
  if (!is_armed) return 0;
  calls++;
  if (calls == stop_at) kill(getpid(), SIGSTOP);
  if (calls == kill_at && !kill_after) {
    kill(getpid(), SIGKILL);
    pause();
  }
  if (calls != fail_at) return 0;
  errno = (int)fail_with;
  return 1;
}

static void end_call(void) {
  if (!is_armed || calls != kill_at || !kill_after) return;
  kill(getpid(), SIGKILL);
  pause();
}

// Around every write: `offset` is where the bytes go, or -1 for where the file stands.
static char kind_of_write(int fd, const char *name) {
  if (ends_with(name, "/data.mdb")) return fcntl(fd, F_GETFL) & O_DSYNC ? 'M' : 'W';
  return ends_with(name, "/checkpoint.new") ? 'N' : 0;
}

static ssize_t around_write(int fd, const struct iovec *parts, int count, off64_t offset,
                            ssize_t (*body)(int, const struct iovec *, int, off64_t)) {
  char buffer[4096];
  const char *name = name_of(fd, buffer, sizeof buffer);
  if (!name) return body(fd, parts, count, offset);
  pthread_mutex_lock(&lock);
  char kind = kind_of_write(fd, name);
  off64_t at = offset >= 0 ? offset : lseek64(fd, 0, SEEK_CUR);
  ssize_t done = begin_call() ? -1 : body(fd, parts, count, offset);
  int error = errno;
  size_t left = done > 0 ? (size_t)done : 0;
  for (int part = 0; kind && part < count && left > 0; part++) {
    size_t length = parts[part].iov_len < left ? parts[part].iov_len : left;
    record(kind, (uint64_t)at, parts[part].iov_base, length);
    at += (off64_t)length;
    left -= length;
  }
  end_call();
  if (kind == 'M' && lie_at && is_armed && ++meta_writes == lie_at) {
    done = -1;
    error = EIO;
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return done;
}

static ssize_t call_pwrite(int fd, const struct iovec *parts, int count, off64_t offset) {
  (void)count;
  return NEXT(pwrite64)(fd, parts->iov_base, parts->iov_len, offset);
}
static ssize_t call_pwritev(int fd, const struct iovec *parts, int count, off64_t offset) {
  return NEXT(pwritev64)(fd, parts, count, offset);
}
static ssize_t call_writev(int fd, const struct iovec *parts, int count, off64_t offset) {
  (void)offset;
  return NEXT(writev)(fd, parts, count);
}
static ssize_t call_write(int fd, const struct iovec *parts, int count, off64_t offset) {
  (void)count;
  (void)offset;
  return NEXT(write)(fd, parts->iov_base, parts->iov_len);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  struct iovec part = {(void *)bytes, count};
  return around_write(fd, &part, 1, offset, call_pwrite);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  return pwrite64(fd, bytes, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return around_write(fd, parts, count, offset, call_pwritev);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return pwritev64(fd, parts, count, offset);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  return around_write(fd, parts, count, -1, call_writev);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  if (fd == 1 && count >= 4) {
    const char *line = bytes;
    pthread_mutex_lock(&lock);
    int is_try = !strncmp(line, "TRY ", 4);
    // Tried before anything of it is written; acknowledged only once the line is out.
    if (is_try) {
      is_armed = 1;
      record('T', 0, line, count);
    }
    ssize_t done = NEXT(write)(fd, bytes, count);
    int error = errno;
    if (done > 0 && !strncmp(line, "ACK ", 4)) record('A', 0, line, (uint64_t)done);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
  }
  struct iovec part = {(void *)bytes, count};
  return around_write(fd, &part, 1, -1, call_write);
}

static int around_sync(int fd, int (*body)(int)) {
  char buffer[4096];
  const char *name = name_of(fd, buffer, sizeof buffer);
  if (!name) return body(fd);
  pthread_mutex_lock(&lock);
  int status = begin_call() ? -1 : body(fd);
  int error = errno;
  if (status == 0) {
    if (ends_with(name, "/data.mdb")) record('S', 0, NULL, 0);
    else if (ends_with(name, "/checkpoint.new")) record('n', 0, NULL, 0);
    else if (!*name) record('D', 0, NULL, 0);
  }
  end_call();
  pthread_mutex_unlock(&lock);
  errno = error;
  return status;
}

int fdatasync(int fd) { return around_sync(fd, NEXT(fdatasync)); }
int fsync(int fd) { return around_sync(fd, NEXT(fsync)); }

static void record_checkpoint(const char *path) {
  if (log_file < 0 || !ends_with(path, "/checkpoint")) return;
  char bytes[65536];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t count = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
  if (fd >= 0) close(fd);
  if (count >= 0) record('C', 0, bytes, (uint64_t)count);
}

int rename(const char *from, const char *to) {
  if (!root_length || strncmp(to, root, root_length)) return NEXT(rename)(from, to);
  pthread_mutex_lock(&lock);
  int status = begin_call() ? -1 : NEXT(rename)(from, to);
  int error = errno;
  if (status == 0) record_checkpoint(to);
  end_call();
  pthread_mutex_unlock(&lock);
  errno = error;
  return status;
}

// Gives a file its final name without replacing another.
int link(const char *from, const char *to) {
  if (!root_length || strncmp(to, root, root_length)) return NEXT(link)(from, to);
  pthread_mutex_lock(&lock);
  int status = begin_call() ? -1 : NEXT(link)(from, to);
  int error = errno;
  end_call();
  pthread_mutex_unlock(&lock);
  errno = error;
  return status;
}
