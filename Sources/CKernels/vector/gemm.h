// C [M, N] (+)= A [M, K] B [K, N] over packed A and B (the scheme of GotoBLAS and BLIS); see ck_gemm.h.
//
// The inner kernel keeps MR rows by NR columns of C in registers. A panel of B stays in the first cache while the tiles
// of a block of A pass by; the block of A and all panels stay in the second.

enum { GEMM_NR = GEMM_NV * VW };

static long k_panel_width(void) { return GEMM_NR; }
static long k_tile_rows(void) { return GEMM_MR; }
static long k_slice_limit(void) { return GEMM_KC; }

// MR rows of C from a tile of A [K, GEMM_MR] and a panel of B [K, NR].
VFN void gemm_tile(const int MR, float *c, const float *a, const float *b, long columns, long K, long ldc,
                   bool accumulate) {
  vf sums[GEMM_MR][GEMM_NV];
  UNROLL for (int r = 0; r < MR; r++) {
    UNROLL for (int j = 0; j < GEMM_NV; j++) {
      __builtin_prefetch(c + r * ldc + j * VW, 1, 3);
      sums[r][j] = vzero();
    }
  }
  for (long k = 0; k < K; k++, b += GEMM_NR, a += GEMM_MR) {
    vf row[GEMM_NV];
    UNROLL for (int j = 0; j < GEMM_NV; j++) row[j] = vload(b + j * VW);
    UNROLL for (int r = 0; r < MR; r++) {
      vf value = vset(a[r]);
      UNROLL for (int j = 0; j < GEMM_NV; j++) sums[r][j] = vfma(value, row[j], sums[r][j]);
    }
  }
  UNROLL for (int r = 0; r < MR; r++) {
    UNROLL for (int j = 0; j < GEMM_NV; j++) {
      float *out = c + r * ldc + j * VW;
      long m = columns - j * VW;
      if (m <= 0) continue;
      vstore_n(out, accumulate ? vadd(vload_n(out, m), sums[r][j]) : sums[r][j], m);
    }
  }
}

// M rows of C, at most NR columns, from tiles of A a_tile apart and one panel.
VFN void gemm_panel(float *c, const float *a, const float *b, long M, long columns, long K, long a_tile, long ldc,
                    bool accumulate) {
  for (; M >= GEMM_MR; M -= GEMM_MR, a += a_tile, c += GEMM_MR * ldc) {
    gemm_tile(GEMM_MR, c, a, b, columns, K, ldc, accumulate);
  }
  switch (M) {
#define GEMM_REST(rows)                                                                                               \
  case rows:                                                                                                          \
    gemm_tile(rows, c, a, b, columns, K, ldc, accumulate);                                                            \
    break
    GEMM_REST(1);
    GEMM_REST(2);
    GEMM_REST(3);
    GEMM_REST(4);
    GEMM_REST(5);
#if GEMM_MR > 6
    GEMM_REST(6);
    GEMM_REST(7);
#endif
#undef GEMM_REST
  }
}

// Blocks of rows, panels, tiles.
static void k_gemm(float *c, const float *a, const float *b, long M, long N, long K, long a_tile, long b_panel,
                   long ldc, bool accumulate) {
  for (long m = 0; m < M; m += GEMM_MC, a += GEMM_MC / GEMM_MR * a_tile, c += GEMM_MC * ldc) {
    long rows = M - m < GEMM_MC ? M - m : GEMM_MC;
    const float *panel = b;
    for (long n = 0; n < N; n += GEMM_NR, panel += b_panel) {
      gemm_panel(c + n, a, panel, rows, N - n, K, a_tile, ldc, accumulate);
    }
  }
}

// Rows r[0..7], eight elements each, become out[e * stride + row]: the eight columns one after the other.
VFN void transpose_eight(float *out, long stride, const __m256 *r) {
  __m256 t[8], u[8];
  UNROLL for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  UNROLL for (int i = 0; i < 8; i += 4) {
    u[i] = _mm256_shuffle_ps(t[i], t[i + 2], _MM_SHUFFLE(1, 0, 1, 0));
    u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], _MM_SHUFFLE(3, 2, 3, 2));
    u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], _MM_SHUFFLE(1, 0, 1, 0));
    u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], _MM_SHUFFLE(3, 2, 3, 2));
  }
  // In this order, so that where the stride is below eight a store's surplus is overwritten by the next.
  UNROLL for (int i = 0; i < 4; i++) _mm256_storeu_ps(out + i * stride, _mm256_permute2f128_ps(u[i], u[i + 4], 0x20));
  UNROLL for (int i = 0; i < 4; i++) {
    _mm256_storeu_ps(out + (i + 4) * stride, _mm256_permute2f128_ps(u[i], u[i + 4], 0x31));
  }
}

// `rows` rows of src (at most 8, ld apart) become out [K, stride]; columns from `rows` to `width` are zero.
// A store of eight may reach into the next row of out, so the last ones are written singly.
VFN void pack_transposed(float *out, long stride, long width, const float *src, long rows, long K, long ld) {
  long k = 0;
  for (; k + 8 < K; k += 8) {
    __m256 r[8];
    UNROLL for (int i = 0; i < 8; i++) r[i] = i < rows ? _mm256_loadu_ps(src + i * ld + k) : _mm256_setzero_ps();
    transpose_eight(out + k * stride, stride, r);
  }
  for (; k < K; k++) {
    for (long i = 0; i < width; i++) out[k * stride + i] = i < rows ? src[i * ld + k] : 0;
  }
}

// src [M, K] (ld apart), or [K, M] transposed, to tiles [M / MR, K, MR].
static void k_pack_a(float *dst, const float *src, long M, long K, long ld, bool transposed) {
  for (long m = 0; m < M; m += GEMM_MR, dst += GEMM_MR * K) {
    long rows = M - m < GEMM_MR ? M - m : GEMM_MR;
    if (!transposed) {
      if (rows == GEMM_MR) pack_transposed(dst, GEMM_MR, GEMM_MR, src + m * ld, GEMM_MR, K, ld);
      else pack_transposed(dst, GEMM_MR, GEMM_MR, src + m * ld, rows, K, ld);
      continue;
    }
    const float *row = src + m;
    if (rows == GEMM_MR) {
      for (long k = 0; k < K; k++, row += ld) memcpy(dst + k * GEMM_MR, row, GEMM_MR * sizeof(float));
    } else {
      for (long k = 0; k < K; k++, row += ld) {
        for (long i = 0; i < GEMM_MR; i++) dst[k * GEMM_MR + i] = i < rows ? row[i] : 0;
      }
    }
  }
}

// src [N, K] (transposed) or [K, N] to panels [N / NR, K, NR].
static void k_pack_b(float *dst, const float *src, long N, long K, long ld, bool transposed) {
  if (!transposed) {
    // Row by row through all panels, as src lies in memory.
    const long whole = N / GEMM_NR * GEMM_NR, rest = N - whole;
    for (long k = 0; k < K; k++) {
      const float *row = src + k * ld;
      float *out = dst + k * GEMM_NR;
      for (long n = 0; n < whole; n += GEMM_NR, out += GEMM_NR * K) memcpy(out, row + n, GEMM_NR * sizeof(float));
      for (long i = 0; rest > 0 && i < GEMM_NR; i++) out[i] = i < rest ? row[whole + i] : 0;
    }
    return;
  }
  for (long n = 0; n < N; n += GEMM_NR, dst += GEMM_NR * K) {
    long columns = N - n < GEMM_NR ? N - n : GEMM_NR;
    for (long j = 0; j < GEMM_NR; j += 8) {
      const float *rows = src + (n + j) * ld;
      if (columns - j >= 8) pack_transposed(dst + j, GEMM_NR, 8, rows, 8, K, ld);
      else pack_transposed(dst + j, GEMM_NR, 8, rows, columns > j ? columns - j : 0, K, ld);
    }
  }
}
