// SPDX-License-Identifier: Apache-2.0
#include "CHashing.h"

#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

int chashing_is_there(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA;
}

#define SHA __attribute__((target("sha,sse4.1,ssse3")))

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The eight words as the instructions want them, from high to low: A B E F, and C D G H.
typedef struct {
  __m128i abef, cdgh;
} state;

/// A message as blocks of 64 bytes: the first behind its prefix and the last ones with their padding are
/// made here, the others lie in the message.
typedef struct {
  const uint8_t *message;
  size_t blocks, inner;
  int shift;
  uint8_t first[64], last[128];
} stream;

static void begin(stream *s, int prefix, const uint8_t *message, size_t count) {
  int has_prefix = prefix >= 0;
  size_t total = count + (size_t)has_prefix;
  size_t whole = total / 64, rest = total % 64;
  s->message = message;
  s->shift = has_prefix;
  s->inner = whole;
  s->blocks = whole + (rest < 56 ? 1 : 2);
  size_t padded = (s->blocks - whole) * 64;
  // What is copied of the message: its end, but for a prefix that is itself in the last blocks.
  memset(s->last, 0, padded);
  if (whole == 0) {
    if (has_prefix) s->last[0] = (uint8_t)prefix;
    if (count) memcpy(s->last + has_prefix, message, count);
  } else {
    if (has_prefix) {
      s->first[0] = (uint8_t)prefix;
      memcpy(s->first + 1, message, 63);
    }
    if (rest) memcpy(s->last, message + count - rest, rest);
  }
  s->last[rest] = 0x80;
  uint64_t bits = __builtin_bswap64((uint64_t)total * 8);
  memcpy(s->last + padded - 8, &bits, 8);
}

static inline const uint8_t *block(const stream *s, size_t index) {
  if (index >= s->inner) return s->last + (index - s->inner) * 64;
  if (index == 0 && s->shift) return s->first;
  return s->message + index * 64 - (size_t)s->shift;
}

SHA static inline void initialize(state *s) {
  s->abef = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
  s->cdgh = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
}

SHA static inline void finish(const state *s, uint8_t *digest) {
  uint32_t abef[4], cdgh[4];
  _mm_storeu_si128((__m128i *)abef, s->abef);
  _mm_storeu_si128((__m128i *)cdgh, s->cdgh);
  uint32_t words[8] = {abef[3], abef[2], cdgh[3], cdgh[2], abef[1], abef[0], cdgh[1], cdgh[0]};
  for (int i = 0; i < 8; i++) words[i] = __builtin_bswap32(words[i]);
  memcpy(digest, words, 32);
}

SHA static inline __m128i load(const uint8_t *bytes, int group) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 16 * group)), order);
}

/// Four words of the message schedule from the sixteen before them.
SHA static inline __m128i schedule(const __m128i *m, int group) {
  __m128i sum = _mm_sha256msg1_epu32(m[group & 3], m[(group + 1) & 3]);
  sum = _mm_add_epi32(sum, _mm_alignr_epi8(m[(group + 3) & 3], m[(group + 2) & 3], 4));
  return _mm_sha256msg2_epu32(sum, m[(group + 3) & 3]);
}

SHA static inline void four_rounds(state *s, __m128i words, int group) {
  __m128i sum = _mm_add_epi32(words, _mm_load_si128((const __m128i *)constants + group));
  s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, sum);
  s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

SHA static void compress_one(state *s, const uint8_t *bytes) {
  state before = *s, now = *s;
  __m128i m[4];
#pragma clang loop unroll(full)
  for (int group = 0; group < 16; group++) {
    m[group & 3] = group < 4 ? load(bytes, group) : schedule(m, group);
    four_rounds(&now, m[group & 3], group);
  }
  s->abef = _mm_add_epi32(now.abef, before.abef);
  s->cdgh = _mm_add_epi32(now.cdgh, before.cdgh);
}

SHA static void compress_two(state *s, const uint8_t *a, state *t, const uint8_t *b) {
  state s_before = *s, t_before = *t, x = *s, y = *t;
  __m128i m[4], n[4];
#pragma clang loop unroll(full)
  for (int group = 0; group < 16; group++) {
    m[group & 3] = group < 4 ? load(a, group) : schedule(m, group);
    n[group & 3] = group < 4 ? load(b, group) : schedule(n, group);
    four_rounds(&x, m[group & 3], group);
    four_rounds(&y, n[group & 3], group);
  }
  s->abef = _mm_add_epi32(x.abef, s_before.abef);
  s->cdgh = _mm_add_epi32(x.cdgh, s_before.cdgh);
  t->abef = _mm_add_epi32(y.abef, t_before.abef);
  t->cdgh = _mm_add_epi32(y.cdgh, t_before.cdgh);
}

SHA void chashing_one(int prefix, const void *message, size_t count, void *digest) {
  stream a;
  state s;
  begin(&a, prefix, message, count);
  initialize(&s);
  for (size_t index = 0; index < a.blocks; index++) compress_one(&s, block(&a, index));
  finish(&s, digest);
}

SHA void chashing_two(
    int prefix, const void *first, size_t first_count, const void *second, size_t second_count,
    void *first_digest, void *second_digest) {
  stream a, b;
  state s, t;
  begin(&a, prefix, first, first_count);
  begin(&b, prefix, second, second_count);
  initialize(&s);
  initialize(&t);
  size_t common = a.blocks < b.blocks ? a.blocks : b.blocks;
  for (size_t index = 0; index < common; index++)
    compress_two(&s, block(&a, index), &t, block(&b, index));
  for (size_t index = common; index < a.blocks; index++) compress_one(&s, block(&a, index));
  for (size_t index = common; index < b.blocks; index++) compress_one(&t, block(&b, index));
  finish(&s, first_digest);
  finish(&t, second_digest);
}

#else

int chashing_is_there(void) { return 0; }

void chashing_one(int prefix, const void *message, size_t count, void *digest) {
  (void)prefix, (void)message, (void)count, (void)digest;
  __builtin_trap();
}

void chashing_two(
    int prefix, const void *first, size_t first_count, const void *second, size_t second_count,
    void *first_digest, void *second_digest) {
  (void)prefix, (void)first, (void)first_count, (void)second, (void)second_count;
  (void)first_digest, (void)second_digest;
  __builtin_trap();
}

#endif
