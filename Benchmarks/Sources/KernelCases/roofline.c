// What one core can do at most: multiply-adds that wait for nothing, and reading.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "KernelCases.h"

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// Twelve sums of vectors, enough for two units of latency 4 to 6; `lanes` floats each.
#define CHAINS 12
#define MULTIPLY_ADDS(name, lanes, features)                                                     \
  features static float name(long rounds) {                                                      \
    typedef float vector __attribute__((vector_size((lanes) * 4)));                              \
    vector sums[CHAINS], factor = {0}, term = {0};                                               \
    factor += 0.999f, term += 0.001f;                                                            \
    for (int j = 0; j < CHAINS; j++) sums[j] = term * (float)(j + 1);                            \
    for (long i = 0; i < rounds; i++) {                                                          \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < CHAINS; j++) sums[j] = sums[j] * factor + term; \
    }                                                                                            \
    for (int j = 1; j < CHAINS; j++) sums[0] += sums[j];                                         \
    return sums[0][0];                                                                           \
  }

MULTIPLY_ADDS(multiply_adds_4, 4, )
#if defined(__x86_64__)
MULTIPLY_ADDS(multiply_adds_8, 8, __attribute__((target("avx2,fma"))))
MULTIPLY_ADDS(multiply_adds_16, 16, __attribute__((target("avx512f,fma"))))
#endif

double roofline_operations(void) {
  float (*run)(long) = multiply_adds_4;
  long lanes = 4;
#if defined(__x86_64__)
  if (ck_best_level() == CK_AVX2) run = multiply_adds_8, lanes = 8;
  if (ck_best_level() == CK_AVX512) run = multiply_adds_16, lanes = 16;
#endif
  const long rounds = 1 << 20;
  double best = 0;
  volatile float sink;
  for (int attempt = 0; attempt < 8; attempt++) {
    double start = now();
    sink = run(rounds);
    double rate = 2.0 * CHAINS * (double)(lanes * rounds) / (now() - start);
    if (rate > best) best = rate;
  }
  (void)sink;
  return best;
}

// All bits together, four vectors of eight words at a time; and y += x, which reads twice and writes once.
#define READ_ALL(name, features)                                                       \
  features static unsigned long long name(const unsigned long long *data, long count) { \
    typedef unsigned long long vector __attribute__((vector_size(64), aligned(8)));    \
    vector a = {0}, b = {0}, c = {0}, d = {0};                                         \
    for (long i = 0; i + 32 <= count; i += 32) {                                       \
      a ^= *(const vector *)(data + i), b ^= *(const vector *)(data + i + 8);          \
      c ^= *(const vector *)(data + i + 16), d ^= *(const vector *)(data + i + 24);    \
    }                                                                                  \
    a ^= b ^ c ^ d;                                                                    \
    return a[0] ^ a[1] ^ a[2] ^ a[3] ^ a[4] ^ a[5] ^ a[6] ^ a[7];                      \
  }

#define UPDATE_ALL(name, features)                                                     \
  features static void name(float *y, const float *x, long count) {                    \
    for (long i = 0; i < count; i++) y[i] += x[i];                                     \
  }

READ_ALL(read_all_2, )
UPDATE_ALL(update_all_2, )
#if defined(__x86_64__)
READ_ALL(read_all_4, __attribute__((target("avx2"))))
READ_ALL(read_all_8, __attribute__((target("avx512f"))))
UPDATE_ALL(update_all_4, __attribute__((target("avx2"))))
UPDATE_ALL(update_all_8, __attribute__((target("avx512f"))))
#endif

double roofline_bandwidth(long bytes, bool writes) {
  unsigned long long (*read_all)(const unsigned long long *, long) = read_all_2;
  void (*update_all)(float *, const float *, long) = update_all_2;
#if defined(__x86_64__)
  if (ck_best_level() == CK_AVX2) read_all = read_all_4, update_all = update_all_4;
  if (ck_best_level() == CK_AVX512) read_all = read_all_8, update_all = update_all_8;
#endif
  void *data = NULL;
  if (posix_memalign(&data, 64, (size_t)bytes)) return 0;
  memset(data, 0, (size_t)bytes);
  long passes = 1 + (64L << 20) / bytes;
  double best = 0;
  volatile unsigned long long sink;
  for (int attempt = 0; attempt < 6; attempt++) {
    double start = now();
    for (long pass = 0; pass < passes; pass++) sink = read_all(data, bytes / 8);
    double rate = (double)(passes * bytes) / (now() - start);
    if (rate > best) best = rate;
    if (!writes) continue;
    // Two arrays that are moved three times: as many bytes in all.
    float *y = data, *x = y + bytes / 12;
    start = now();
    for (long pass = 0; pass < passes; pass++) {
      update_all(y, x, bytes / 12);
      __asm__ volatile("" ::: "memory");
    }
    rate = (double)(passes * (bytes / 12) * 12) / (now() - start);
    if (rate > best) best = rate;
  }
  (void)sink;
  free(data);
  return best;
}
