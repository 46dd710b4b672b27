// y [T, N] = x [T, C] w^T for few rows, f32 and bf16 weights; `rows_integer.h` has the quantised ones. Memory sets the
// pace of one row, so weights are read once, in the order they lie in, and used for every row of x while they are there.
// Each result has one accumulator over C and one tree to total it: it does not depend on T, N or its neighbours.

enum { GROUP = 32, NF4_BLOCK = 64 };

typedef enum { ROWS_F32, ROWS_BF16 } rows_format;

VFN long rows_bytes(const rows_format format, long n) { return format == ROWS_F32 ? 4 * n : 2 * n; }

// m weights of a row at element i.
VFN vf rows_weights(const rows_format format, const void *row, long i, long m) {
  return format == ROWS_F32 ? vload_n((const float *)row + i, m) : vload_bf16((const uint16_t *)row + i, m);
}

// Asks for the `bytes` that lie `ahead` of `at` (0: they are in cache). A tile asks for the next one line after line in
// the order of memory, not row by row as it reads: the processor's own prefetching goes along with that.
VFN void rows_ask(const char *at, const long bytes, long ahead) {
  if (!ahead) return;
  UNROLL for (long b = 0; b < bytes; b += 64) __builtin_prefetch(at + ahead + b, 0, 3);
}

// Rows of x as the tiles read them: for bf16, every 2 VW numbers in the order in which weights unpack.
VFN const float *rows_order(const rows_format format, float *ordered, const float *x, long T, long C) {
  if (format == ROWS_F32) return x;
  for (long t = 0; t < T; t++) {
    const float *from = x + t * C;
    float *to = ordered + t * C;
    long i = 0;
    for (; i + 2 * VW <= C; i += 2 * VW) {
      UNROLL for (int half = 0; half < 2; half++) vstore_n(to + i + half * VW, vhalf_f32(from + i, half), VW);
    }
    memcpy(to + i, from + i, (size_t)(C - i) * sizeof(float));
  }
  return ordered;
}

// A tile of Q output rows by TT rows of x; `valid` of the output rows are written. `ahead`: bytes to the next tile.
VFN void rows_tile(const rows_format format, const int Q, const int TT, long ahead, float *y, const float *x,
                   const void *w, long valid, long C, long y_stride, bool accumulate) {
  const char *row[4];
  UNROLL for (int r = 0; r < Q; r++) row[r] = (const char *)w + rows_bytes(format, (r < valid ? r : 0) * C);
  vf sums[ROWS_TOKENS][4];
  UNROLL for (int t = 0; t < TT; t++) {
    UNROLL for (int r = 0; r < 4; r++) sums[t][r] = vzero();
  }
  long start = 0;
  if (format == ROWS_BF16) { // two vectors of weights a load
    for (; start + 2 * VW <= C; start += 2 * VW) {
      rows_ask((const char *)w + rows_bytes(format, Q * start), rows_bytes(format, Q * 2 * VW), ahead);
      UNROLL for (int half = 0; half < 2; half++) {
        vf weights[4];
        UNROLL for (int r = 0; r < Q; r++) weights[r] = vhalf_bf16((const uint16_t *)row[r] + start, half);
        UNROLL for (int t = 0; t < TT; t++) {
          vf value = vload(x + t * C + start + half * VW);
          UNROLL for (int r = 0; r < Q; r++) sums[t][r] = vfma(value, weights[r], sums[t][r]);
        }
      }
    }
  }
  VECTORS(C - start, {
    vf weights[4];
    rows_ask((const char *)w + rows_bytes(format, Q * (start + i)), rows_bytes(format, Q * VW), ahead);
    UNROLL for (int r = 0; r < Q; r++) weights[r] = rows_weights(format, row[r], start + i, m);
    UNROLL for (int t = 0; t < TT; t++) {
      vf value = vload_n(x + t * C + start + i, m);
      UNROLL for (int r = 0; r < Q; r++) sums[t][r] = vfma(value, weights[r], sums[t][r]);
    }
  });
  UNROLL for (int t = 0; t < TT; t++) {
    float *out = y + t * y_stride;
    __m128 total = vsum4(sums[t][0], sums[t][1], sums[t][2], sums[t][3]);
    if (Q == 4 && valid >= 4) {
      _mm_storeu_ps(out, accumulate ? _mm_add_ps(_mm_loadu_ps(out), total) : total);
    } else {
      float each[4];
      _mm_storeu_ps(each, total);
      for (long r = 0; r < valid && r < Q; r++) out[r] = accumulate ? out[r] + each[r] : each[r];
    }
  }
}

// A group of rows of x against one block of ROWS_OUTPUTS output rows.
VFN void rows_block(const rows_format format, long ahead, float *y, const float *x, const void *w, long T, long valid,
                    long C, long y_stride, bool accumulate) {
  while (T > 0) {
    long tile = T < ROWS_TOKENS ? T : ROWS_TOKENS;
    switch (tile) {
#define ROWS_CASE(tokens)                                                                                             \
  case tokens: rows_tile(format, ROWS_OUTPUTS, tokens, ahead, y, x, w, valid, C, y_stride, accumulate); break
      ROWS_CASE(1);
      ROWS_CASE(2);
      ROWS_CASE(3);
      ROWS_CASE(4);
#if ROWS_TOKENS > 4
      ROWS_CASE(5);
      ROWS_CASE(6);
#endif
#undef ROWS_CASE
    }
    ahead = 0;
    T -= tile;
    x += tile * C;
    y += tile * y_stride;
  }
}

enum { ROWS_ALONE = 4 };           // output rows by one row of x: enough additions in flight, few places in memory
enum { ROWS_GROUP_FLOATS = 5120 }; // of x, so that a group of its rows stays in the first cache

// Groups of rows of x, one after the other: callers give few enough weights for the second cache to keep them.
VFN void rows_all(const rows_format format, float *y, const float *x, const void *w, long T, long N, long C,
                  long y_stride, bool accumulate) {
  const long tiles = ROWS_GROUP_FLOATS / C / ROWS_TOKENS, most = (tiles > 1 ? tiles : 1) * ROWS_TOKENS;
  const long group = T < most ? T : most;
  float ordered[format == ROWS_F32 ? 1 : group * C];
  for (long t = 0; t < T; t += group) {
    const long tokens = T - t < group ? T - t : group;
    const float *rows = rows_order(format, ordered, x + t * C, tokens, C);
    long n = 0;
    if (T == 1) {
      for (; n + ROWS_ALONE <= N; n += ROWS_ALONE) {
        rows_tile(format, ROWS_ALONE, 1, rows_bytes(format, ROWS_ALONE * C), y + n, rows,
                  (const char *)w + rows_bytes(format, n * C), ROWS_ALONE, C, y_stride, accumulate);
      }
    }
    for (; n < N; n += ROWS_OUTPUTS) {
      rows_block(format, t == 0 ? rows_bytes(format, ROWS_OUTPUTS * C) : 0, y + t * y_stride + n, rows,
                 (const char *)w + rows_bytes(format, n * C), tokens, N - n < ROWS_OUTPUTS ? N - n : ROWS_OUTPUTS, C,
                 y_stride, accumulate);
    }
  }
}

// w [N, C].
static void k_rows_f32(float *y, const float *x, const float *w, long T, long N, long C, long y_stride,
                       bool accumulate) {
  rows_all(ROWS_F32, y, x, w, T, N, C, y_stride, accumulate);
}

// w [N, C] as bfloat16.
static void k_rows_bf16(float *y, const float *x, const uint16_t *w, long T, long N, long C, long y_stride,
                        bool accumulate) {
  rows_all(ROWS_BF16, y, x, w, T, N, C, y_stride, accumulate);
}

// q, x [n], scales [n/32]: scale = absmax / 127, q = round to nearest even of x / scale.
static void k_quantize_q8(int8_t *q, float *scales, const float *x, long n) {
  for (long g = 0; g < n / GROUP; g++, x += GROUP, q += GROUP) {
    vf largest = vzero();
    UNROLL for (int i = 0; i < GROUP; i += VW) largest = vmax(largest, vabs(vload(x + i)));
    float absmax = vlargest(largest), inverse = absmax > 0 ? 127 / absmax : 0;
    scales[g] = absmax / 127;
    UNROLL for (int i = 0; i < GROUP; i += VW) vstore_i8(q + i, vmul(vload(x + i), vset(inverse)));
  }
}

static void k_expand_q8(float *y, const int8_t *q, const float *scales, long n) {
  for (long i = 0; i < n; i += VW) vstore_n(y + i, vmul(vload_i8(q + i), vset(scales[i / GROUP])), VW);
}

// codes [n/2], scales [n/64], x [n]: scale = absmax; a code is the number of midpoints below x * (1 / scale).
static void k_quantize_nf4(uint8_t *codes, float *scales, const float *x, long n) {
  for (long b = 0; b < n / NF4_BLOCK; b++, x += NF4_BLOCK, codes += NF4_BLOCK / 2) {
    vf largest = vzero();
    UNROLL for (int i = 0; i < NF4_BLOCK; i += VW) largest = vmax(largest, vabs(vload(x + i)));
    float absmax = vlargest(largest), inverse = 1.0f / fmaxf(absmax, 1e-38f);
    scales[b] = absmax;
    int8_t code[NF4_BLOCK];
    for (int i = 0; i < NF4_BLOCK; i += VW) {
      vf value = vmul(vload(x + i), vset(inverse)), above = vzero();
      UNROLL for (int j = 0; j < 15; j++) above = vadd(above, vabove(value, vset(ck_nf4_bounds[j])));
      vstore_i8(code + i, above);
    }
    for (int i = 0; i < NF4_BLOCK / 2; i++) codes[i] = (uint8_t)(code[2 * i] << 4 | code[2 * i + 1]);
  }
}

static void k_expand_nf4(float *y, const uint8_t *codes, const float *scales, long n) {
  for (long i = 0; i < n; i += VW) vstore_n(y + i, vmul(vload_nf4(codes + i / 2), vset(scales[i / NF4_BLOCK])), VW);
}

static void k_expand_scales(float *y, const uint8_t *codes, const float *maxima, const float *values, float mean,
                            long first, long n) {
  codes += first;
  for (long i = 0; i < n;) {
    const long end = i + 256 - (first + i) % 256, stop = end < n ? end : n;
    const vf maximum = vset(maxima[(first + i) / 256]);
    for (; i + VW <= stop; i += VW) vstore_n(y + i, vadd(vmul(vlookup(values, codes + i), maximum), vset(mean)), VW);
    if (i < stop) {
      uint8_t rest[VW] = {0};
      memcpy(rest, codes + i, (size_t)(stop - i));
      vstore_n(y + i, vadd(vmul(vlookup(values, rest), maximum), vset(mean)), stop - i);
      i = stop;
    }
  }
}
