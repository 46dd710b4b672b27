// C [M, N] (+)= A [M, K] B [K, N] over tiles of four rows and panels of eight columns; see ck_gemm.h.

enum { TILE = 4, PANEL = 8 };

static long k_panel_width(void) { return PANEL; }
static long k_tile_rows(void) { return TILE; }
static long k_slice_limit(void) { return 384; }

static void k_gemm(float *c, const float *a, const float *b, long M, long N, long K, long a_tile, long b_panel,
                   long ldc, bool accumulate) {
  for (long m = 0; m < M; m++) {
    const float *row = a + m / TILE * a_tile + m % TILE;
    for (long n = 0; n < N; n++) {
      const float *column = b + n / PANEL * b_panel + n % PANEL;
      float sum = 0;
      for (long k = 0; k < K; k++) sum += row[k * TILE] * column[k * PANEL];
      c[m * ldc + n] = accumulate ? c[m * ldc + n] + sum : sum;
    }
  }
}

// dst [groups, K, width] from rows of src (by_row: src[row * ld + k]) or from its columns (src[k * ld + row]).
static void pack(float *dst, const float *src, long rows, long K, long ld, bool by_row, long width) {
  for (long first = 0; first < rows; first += width) {
    for (long k = 0; k < K; k++) {
      for (long r = first; r < first + width; r++) *dst++ = r >= rows ? 0 : by_row ? src[r * ld + k] : src[k * ld + r];
    }
  }
}

// src [M, K], or [K, M] transposed, to tiles [M / 4, K, 4].
static void k_pack_a(float *dst, const float *src, long M, long K, long ld, bool transposed) {
  pack(dst, src, M, K, ld, !transposed, TILE);
}

// src [N, K] (transposed) or [K, N] to panels [N / 8, K, 8].
static void k_pack_b(float *dst, const float *src, long N, long K, long ld, bool transposed) {
  pack(dst, src, N, K, ld, transposed, PANEL);
}
