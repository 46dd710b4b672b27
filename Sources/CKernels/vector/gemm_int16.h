// Products of operands that are rounded to 16-bit integers by groups of K; see ck_gemm_int16.h. Blocks, tiles and
// panels are those of gemm.h.

enum { PAIRS = CK_INT16_GROUP / 2 };

static long k_int16_slice_limit(void) { return 2 * GEMM_KC; }

// GEMM_MR rows by GEMM_NR columns of C. vnni: whether the processor multiplies and adds in one instruction.
VFN void int16_tile(const bool vnni, float *c, const float *a, const float *b, long K, long ldc, bool accumulate) {
  for (; K > 0; K -= CK_INT16_GROUP, a += GEMM_MR, b += GEMM_NR, accumulate = true) {
    vi sums[GEMM_MR][GEMM_NV];
    UNROLL for (int r = 0; r < GEMM_MR; r++) {
      UNROLL for (int j = 0; j < GEMM_NV; j++) {
        __builtin_prefetch(c + r * ldc + j * VW, 1, 3);
        sums[r][j] = vizero();
      }
    }
    for (int pair = 0; pair < PAIRS; pair++, a += GEMM_MR, b += GEMM_NR) {
      vi row[GEMM_NV];
      UNROLL for (int j = 0; j < GEMM_NV; j++) row[j] = viload(b + j * VW);
      UNROLL for (int r = 0; r < GEMM_MR; r++) {
        vi value = viset(a + r);
        UNROLL for (int j = 0; j < GEMM_NV; j++) sums[r][j] = vidot(vnni, sums[r][j], value, row[j]);
      }
    }
    vf scales[GEMM_NV];
    UNROLL for (int j = 0; j < GEMM_NV; j++) scales[j] = vload(b + j * VW);
    UNROLL for (int r = 0; r < GEMM_MR; r++) {
      UNROLL for (int j = 0; j < GEMM_NV; j++) {
        float *out = c + r * ldc + j * VW;
        vf sum = vifloat(sums[r][j]), scale = vmul(vset(a[r]), scales[j]);
        vstore_n(out, accumulate ? vfma(sum, scale, vload(out)) : vmul(sum, scale), VW);
      }
    }
  }
}

// A tile at the edge of C, of which `rows` and `columns` are there.
VFN void int16_edge(const bool vnni, float *c, const float *a, const float *b, long rows, long columns, long K,
                    long ldc, bool accumulate) {
  float whole[GEMM_MR * GEMM_NR] = {0};
  const size_t bytes = (size_t)columns * sizeof(float);
  for (long r = 0; accumulate && r < rows; r++) memcpy(whole + r * GEMM_NR, c + r * ldc, bytes);
  int16_tile(vnni, whole, a, b, K, GEMM_NR, accumulate);
  for (long r = 0; r < rows; r++) memcpy(c + r * ldc, whole + r * GEMM_NR, bytes);
}

VFN void int16_blocks(const bool vnni, float *c, const float *a, const float *b, long M, long N, long K, long a_tile,
                      long b_panel, long ldc, bool accumulate) {
  for (long first = 0; first < M; first += GEMM_MC) {
    const long last = first + GEMM_MC < M ? first + GEMM_MC : M;
    for (long n = 0; n < N; n += GEMM_NR) {
      const float *panel = b + n / GEMM_NR * b_panel;
      for (long m = first; m < last; m += GEMM_MR) {
        const float *tile = a + m / GEMM_MR * a_tile;
        float *out = c + m * ldc + n;
        if (last - m >= GEMM_MR && N - n >= GEMM_NR) {
          int16_tile(vnni, out, tile, panel, K, ldc, accumulate);
        } else {
          long rows = last - m < GEMM_MR ? last - m : GEMM_MR, columns = N - n < GEMM_NR ? N - n : GEMM_NR;
          int16_edge(vnni, out, tile, panel, rows, columns, K, ldc, accumulate);
        }
      }
    }
  }
}

static void k_gemm_int16(float *c, const float *a, const float *b, long M, long N, long K, long a_tile, long b_panel,
                         long ldc, bool accumulate) {
  if (HAS_VIDOT && ck_has_vnni()) int16_blocks(true, c, a, b, M, N, K, a_tile, b_panel, ldc, accumulate);
  else int16_blocks(false, c, a, b, M, N, K, a_tile, b_panel, ldc, accumulate);
}
