// C [M, N] (+)= A [M, K] B [K, N] with B packed in panels (the scheme of GotoBLAS and BLIS).
//
// A panel is NR columns of B, stored [K, NR]. K is cut into slices of at most KC: the slices of NC columns of B stay in
// the second cache while all rows of A pass by, MC of them at a time. A is read where it lies (with so few rows a tile
// a packed copy costs more than it saves), but for A^T, whose columns are copied together first.
// The slices depend on K alone and each element of C is one sum in the order of k.

enum { GEMM_NR = GEMM_NV * VW };

static long k_panel_width(void) { return GEMM_NR; }

// MR rows of C by one panel. Element (r, k) of A is at a[r * a_row + k * a_step].
VFN void gemm_tile(const int MR, float *c, const float *a, const float *b, long columns, long K, long a_row,
                   long a_step, long ldc, bool accumulate) {
  vf sums[GEMM_MR][GEMM_NV];
  UNROLL for (int r = 0; r < MR; r++) {
    UNROLL for (int j = 0; j < GEMM_NV; j++) {
      __builtin_prefetch(c + r * ldc + j * VW, 1, 3);
      sums[r][j] = vzero();
    }
  }
  for (long k = 0; k < K; k++, b += GEMM_NR, a += a_step) {
    vf row[GEMM_NV];
    UNROLL for (int j = 0; j < GEMM_NV; j++) row[j] = vload(b + j * VW);
    UNROLL for (int r = 0; r < MR; r++) {
      vf value = vset(a[r * a_row]);
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

// M rows of C by one slice of a panel. Meanwhile `next`, the slice that follows, is asked for bit by bit.
VFN void gemm_panel(float *c, const float *a, const float *b, const float *next, long M, long columns, long K,
                    long a_row, long a_step, long ldc, bool accumulate) {
  const long tiles = (M + GEMM_MR - 1) / GEMM_MR, share = (K * GEMM_NR / 16 + tiles - 1) / tiles;
  const long a_tile = a_step == GEMM_MR ? K * GEMM_MR : GEMM_MR * a_row; // packed, or where A lies
  for (; M >= GEMM_MR; M -= GEMM_MR, a += a_tile, c += GEMM_MR * ldc) {
    for (long line = 0; next && line < share; line++, next += 16) __builtin_prefetch(next, 0, 2);
    gemm_tile(GEMM_MR, c, a, b, columns, K, a_row, a_step, ldc, accumulate);
  }
  switch (M) {
#define GEMM_REST(rows)                                                                                               \
  case rows:                                                                                                          \
    gemm_tile(rows, c, a, b, columns, K, a_row, a_step, ldc, accumulate);                                             \
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

// A block of A^T: out [tiles, K, MR] from a [K, lda]; what lies beyond M is not written, nor read by the tiles.
VFN void gemm_pack_a(float *out, const float *a, long M, long K, long lda) {
  for (long k = 0; k < K; k++, a += lda, out += GEMM_MR) {
    long m = 0;
    for (; m + GEMM_MR <= M; m += GEMM_MR) {
      UNROLL for (int r = 0; r < GEMM_MR; r++) out[m * K + r] = a[m + r];
    }
    for (int r = 0; m + r < M; r++) out[m * K + r] = a[m + r];
  }
}

// Blocks of panels, slices of K, blocks of rows, panels, tiles.
static void k_gemm(float *c, const float *a, const float *b, long M, long N, long K, long lda, long ldc,
                   bool a_transposed, bool accumulate) {
  if (K == 0) {
    for (long m = 0; m < M && !accumulate; m++) memset(c + m * ldc, 0, (size_t)N * sizeof(float));
    return;
  }
  float packed[GEMM_MC * GEMM_KC];
  const long slices = (K + GEMM_KC - 1) / GEMM_KC, slice = (K + slices - 1) / slices;
  for (long first = 0; first < N; first += GEMM_NC) {
    long end = N - first < GEMM_NC ? N : first + GEMM_NC;
    for (long k = 0; k < K; k += slice) {
      long depth = K - k < slice ? K - k : slice;
      for (long m = 0; m < M; m += GEMM_MC) {
        long rows = M - m < GEMM_MC ? M - m : GEMM_MC;
        if (a_transposed) gemm_pack_a(packed, a + k * lda + m, rows, depth, lda);
        for (long n = first; n < end; n += GEMM_NR) {
          const float *panel = b + n * K + k * GEMM_NR;
          const float *next = m == 0 && n + GEMM_NR < end ? panel + GEMM_NR * K : NULL;
          float *out = c + m * ldc + n;
          bool add = accumulate || k > 0;
          if (a_transposed) gemm_panel(out, packed, panel, next, rows, N - n, depth, 1, GEMM_MR, ldc, add);
          else gemm_panel(out, a + m * lda + k, panel, next, rows, N - n, depth, lda, 1, ldc, add);
        }
      }
    }
  }
}

// Four columns of B (rows of src, ld apart) for K: out [K, NR].
static void pack_four(float *out, const float *src, long K, long ld) {
  long k = 0;
  for (; k + 4 <= K; k += 4) {
    __m128 r0 = _mm_loadu_ps(src + k), r1 = _mm_loadu_ps(src + ld + k);
    __m128 r2 = _mm_loadu_ps(src + 2 * ld + k), r3 = _mm_loadu_ps(src + 3 * ld + k);
    _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
    _mm_storeu_ps(out + k * GEMM_NR, r0);
    _mm_storeu_ps(out + (k + 1) * GEMM_NR, r1);
    _mm_storeu_ps(out + (k + 2) * GEMM_NR, r2);
    _mm_storeu_ps(out + (k + 3) * GEMM_NR, r3);
  }
  for (; k < K; k++) {
    for (int j = 0; j < 4; j++) out[k * GEMM_NR + j] = src[j * ld + k];
  }
}

// src [N, K] (transposed) or [K, N] to panels [N / NR, K, NR].
static void k_pack_b(float *dst, const float *src, long N, long K, long ld, bool transposed) {
  for (long n = 0; n < N; n += GEMM_NR, dst += GEMM_NR * K) {
    long columns = N - n < GEMM_NR ? N - n : GEMM_NR;
    if (columns < GEMM_NR) memset(dst, 0, (size_t)(GEMM_NR * K) * sizeof(float));
    if (!transposed) {
      for (long k = 0; k < K; k++) memcpy(dst + k * GEMM_NR, src + k * ld + n, (size_t)columns * sizeof(float));
      continue;
    }
    long j = 0;
    for (; j + 4 <= columns; j += 4) pack_four(dst + j, src + (n + j) * ld, K, ld);
    for (; j < columns; j++) {
      for (long k = 0; k < K; k++) dst[k * GEMM_NR + j] = src[(n + j) * ld + k];
    }
  }
}
