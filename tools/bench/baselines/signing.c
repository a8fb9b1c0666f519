// SPDX-License-Identifier: Apache-2.0
// What publishing a signed head cannot do without, in C: an Ed25519 signature (RFC 8032) of a note of
// the same length, base64, a new file, fsync, rename, and fsync of the directory.
//
// signing FOLDER COUNT
// Prints `each SECONDS` for the median of COUNT, and `signature SECONDS` for the signing alone.

#define _GNU_SOURCE
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void check(int good, const char *what) {
  if (!good) {
    perror(what);
    exit(1);
  }
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  int count = atoi(argv[2]);
  check(count > 0, "COUNT");
  mkdir(argv[1], 0700);
  int folder = open(argv[1], O_RDONLY | O_DIRECTORY);
  check(folder >= 0, argv[1]);
  unsigned char secret[32];
  for (int i = 0; i < 32; i++) secret[i] = (unsigned char)(i * 7 + 1);
  EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, 32);
  check(key != NULL, "key");
  double *times = malloc(sizeof *times * (size_t)count);
  double *signatures = malloc(sizeof *signatures * (size_t)count);
  for (int i = 0; i < count; i++) {
    double start = now();
    char note[512];
    int length = snprintf(note, sizeof note,
                          "example.org/bench\n%d\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", i);
    unsigned char signature[64], text[100];
    size_t size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    check(EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1, "init");
    check(EVP_DigestSign(context, signature, &size, (unsigned char *)note, (size_t)length) == 1,
          "sign");
    EVP_MD_CTX_free(context);
    signatures[i] = now() - start;
    EVP_EncodeBlock(text, signature, 64);
    length += snprintf(note + length, sizeof note - (size_t)length,
                       "\n\xe2\x80\x94 example.org/bench %s\n", text);
    int file = openat(folder, "checkpoint.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    check(file >= 0, "open");
    check(write(file, note, (size_t)length) == length, "write");
    check(fsync(file) == 0, "fsync");
    close(file);
    check(renameat(folder, "checkpoint.new", folder, "checkpoint") == 0, "rename");
    check(fsync(folder) == 0, "fsync");
    times[i] = now() - start;
  }
  qsort(times, (size_t)count, sizeof *times, compare);
  qsort(signatures, (size_t)count, sizeof *signatures, compare);
  printf("each %f signature %f\n", times[count / 2], signatures[count / 2]);
  return 0;
}
