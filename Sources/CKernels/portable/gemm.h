// C [M, N] (+)= A [M, K] B [K, N] with B packed in panels of eight columns; see ck_gemm.h.

enum { PANEL = 8 };

static long k_panel_width(void) { return PANEL; }

static void k_gemm(float *c, const float *a, const float *b, long M, long N, long K, long lda, long ldc,
                   bool a_transposed, bool accumulate) {
  const long a_row = a_transposed ? 1 : lda, a_step = a_transposed ? lda : 1;
  for (long n = 0; n < N; n += PANEL, b += PANEL * K) {
    long columns = N - n < PANEL ? N - n : PANEL;
    for (long m = 0; m < M; m++) {
      float sums[PANEL] = {0};
      for (long k = 0; k < K; k++) {
        float value = a[m * a_row + k * a_step];
        for (int j = 0; j < PANEL; j++) sums[j] += value * b[k * PANEL + j];
      }
      for (long j = 0; j < columns; j++) c[m * ldc + n + j] = accumulate ? c[m * ldc + n + j] + sums[j] : sums[j];
    }
  }
}

// src [N, K] (transposed) or [K, N] to panels [N / 8, K, 8].
static void k_pack_b(float *dst, const float *src, long N, long K, long ld, bool transposed) {
  for (long n = 0; n < N; n += PANEL) {
    for (long k = 0; k < K; k++) {
      for (long j = n; j < n + PANEL; j++) *dst++ = j >= N ? 0 : transposed ? src[j * ld + k] : src[k * ld + j];
    }
  }
}
