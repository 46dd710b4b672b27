// y [T, N] = x [T, C] w^T for few rows. Memory sets the pace, so the weights are read once, four output rows at a time,
// converted in registers and used for every row of x while they are there (blocks of rows stay in the first cache).
// Each result has one accumulator over C and one tree to total it: it does not depend on T, N or its neighbours.

enum { GROUP = 32, NF4_BLOCK = 64 };

typedef enum { ROWS_F32, ROWS_BF16, ROWS_Q8, ROWS_NF4 } rows_format;

// Bytes and scales of n weights.
VFN long rows_bytes(const rows_format format, long n) {
  return format == ROWS_F32 ? 4 * n : format == ROWS_BF16 ? 2 * n : format == ROWS_Q8 ? n : n / 2;
}
VFN long rows_scales(const rows_format format, long n) {
  return format == ROWS_Q8 ? n / GROUP : format == ROWS_NF4 ? n / NF4_BLOCK : 0;
}

// m weights of a row at element i.
VFN vf rows_weights(const rows_format format, const void *row, const float *scales, long i, long m) {
  if (format == ROWS_F32) return vload_n((const float *)row + i, m);
  if (format == ROWS_BF16) return vload_bf16((const uint16_t *)row + i, m);
  if (format == ROWS_Q8) return vmul(vload_i8((const int8_t *)row + i), vset(scales[i / GROUP]));
  return vmul(vload_nf4((const uint8_t *)row + i / 2), vset(scales[i / NF4_BLOCK]));
}

// A tile of 4 Q output rows by TT rows of x; `valid` of the output rows are written. The weights `ahead` bytes further
// on are asked for meanwhile (0: by another tile).
VFN void rows_tile(const rows_format format, const int Q, const int TT, long ahead, float *y, const float *x,
                   const void *w, const float *scales, long valid, long C, long y_stride, bool accumulate) {
  const char *row[8];
  const float *scale[8];
  UNROLL for (int r = 0; r < 4 * Q; r++) {
    long n = r < valid ? r : 0;
    row[r] = (const char *)w + n * rows_bytes(format, C);
    scale[r] = scales + n * rows_scales(format, C);
  }
  vf sums[ROWS_TILE][8];
  UNROLL for (int t = 0; t < TT; t++) {
    UNROLL for (int r = 0; r < 4 * Q; r++) sums[t][r] = vzero();
  }
  VECTORS(C, {
    vf weights[8];
    UNROLL for (int r = 0; r < 4 * Q; r++) {
      if (ahead) __builtin_prefetch(row[r] + rows_bytes(format, i) + ahead, 0, 3);
      weights[r] = rows_weights(format, row[r], scale[r], i, m);
    }
    UNROLL for (int t = 0; t < TT; t++) {
      vf value = vload_n(x + t * C + i, m);
      UNROLL for (int r = 0; r < 4 * Q; r++) sums[t][r] = vfma(value, weights[r], sums[t][r]);
    }
  });
  UNROLL for (int t = 0; t < TT; t++) {
    UNROLL for (int q = 0; q < Q; q++) {
      const vf *four = sums[t] + 4 * q;
      float *out = y + t * y_stride + 4 * q;
      __m128 total = vsum4(four[0], four[1], four[2], four[3]);
      if (valid >= 4 * q + 4) {
        _mm_storeu_ps(out, accumulate ? _mm_add_ps(_mm_loadu_ps(out), total) : total);
      } else {
        float each[4];
        _mm_storeu_ps(each, total);
        for (long r = 0; r < valid - 4 * q; r++) out[r] = accumulate ? out[r] + each[r] : each[r];
      }
    }
  }
}

// All T rows of x against one block of output rows.
VFN void rows_block(const rows_format format, float *y, const float *x, const void *w, const float *scales, long T,
                    long valid, long C, long y_stride, bool accumulate) {
  long ahead = 4 * rows_bytes(format, C); // the next block
  while (T > 0) {
    long tile = T < ROWS_TILE ? T : ROWS_TILE;
    switch (tile) {
    case 1: rows_tile(format, 1, 1, ahead, y, x, w, scales, valid, C, y_stride, accumulate); break;
    case 2: rows_tile(format, 1, 2, ahead, y, x, w, scales, valid, C, y_stride, accumulate); break;
#if ROWS_TILE > 2
    case 3: rows_tile(format, 1, 3, ahead, y, x, w, scales, valid, C, y_stride, accumulate); break;
    case 4: rows_tile(format, 1, 4, ahead, y, x, w, scales, valid, C, y_stride, accumulate); break;
    case 5: rows_tile(format, 1, 5, ahead, y, x, w, scales, valid, C, y_stride, accumulate); break;
    case 6: rows_tile(format, 1, 6, ahead, y, x, w, scales, valid, C, y_stride, accumulate); break;
#endif
    }
    ahead = 0;
    T -= tile;
    x += tile * C;
    y += tile * y_stride;
  }
}

VFN void rows_all(const rows_format format, float *y, const float *x, const void *w, const float *scales, long T,
                  long N, long C, long y_stride, bool accumulate) {
  const long row_bytes = rows_bytes(format, C), row_scales = rows_scales(format, C);
  long n = 0;
  if (T == 1) { // one row of x: twice the output rows, for twice the additions in flight
    for (; n + 8 <= N; n += 8) {
      rows_tile(format, 2, 1, 8 * row_bytes, y + n, x, (const char *)w + n * row_bytes, scales + n * row_scales, 8, C,
                y_stride, accumulate);
    }
  }
  for (; n < N; n += 4) {
    long valid = N - n < 4 ? N - n : 4;
    rows_block(format, y + n, x, (const char *)w + n * row_bytes, scales + n * row_scales, T, valid, C, y_stride,
               accumulate);
  }
}

// w [N, C].
static void k_rows_f32(float *y, const float *x, const float *w, long T, long N, long C, long y_stride,
                       bool accumulate) {
  rows_all(ROWS_F32, y, x, w, NULL, T, N, C, y_stride, accumulate);
}

// w [N, C] as bfloat16.
static void k_rows_bf16(float *y, const float *x, const uint16_t *w, long T, long N, long C, long y_stride,
                        bool accumulate) {
  rows_all(ROWS_BF16, y, x, w, NULL, T, N, C, y_stride, accumulate);
}

// w [N, C] int8 in groups of 32 along C, scales [N, C/32].
static void k_rows_q8(float *y, const float *x, const int8_t *w, const float *scales, long T, long N, long C,
                      long y_stride, bool accumulate) {
  rows_all(ROWS_Q8, y, x, w, scales, T, N, C, y_stride, accumulate);
}

// codes [N, C/2], scales [N, C/64].
static void k_rows_nf4(float *y, const float *x, const uint8_t *codes, const float *scales, long T, long N, long C,
                       long y_stride, bool accumulate) {
  rows_all(ROWS_NF4, y, x, codes, scales, T, N, C, y_stride, accumulate);
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
  VECTORS(n, vstore_n(y + i, rows_weights(ROWS_Q8, q, scales, i, m), m););
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
  VECTORS(n, vstore_n(y + i, rows_weights(ROWS_NF4, codes, scales, i, m), m););
}
