// Products of operands that are rounded to integers by groups of K; see ck_gemm_integers.h. Blocks, tiles and panels are
// those of gemm.h.

enum { PAIRS = CK_INTEGER_GROUP / 2, QUADS = CK_INTEGER_GROUP / 4 };

static long k_integer_slice_limit(ck_integers form) { return (form == CK_INT16 ? 2 : 3) * GEMM_KC; }

// The sums of one group of a tile. vnni: whether the processor multiplies and adds in one instruction.
VFN void int16_sums(const bool vnni, vi sums[GEMM_MR][GEMM_NV], const float *a, const float *b) {
  UNROLL for (int r = 0; r < GEMM_MR; r++) {
    UNROLL for (int j = 0; j < GEMM_NV; j++) sums[r][j] = vizero();
  }
  for (int pair = 0; pair < PAIRS; pair++, a += GEMM_MR, b += GEMM_NR) {
    vi row[GEMM_NV];
    UNROLL for (int j = 0; j < GEMM_NV; j++) row[j] = viload(b + j * VW);
    UNROLL for (int r = 0; r < GEMM_MR; r++) {
      vi value = viset(a + r);
      UNROLL for (int j = 0; j < GEMM_NV; j++) sums[r][j] = vidot(vnni, sums[r][j], value, row[j]);
    }
  }
}

VFN void int8_sums(const bool vnni, vi sums[GEMM_MR][GEMM_NV], const float *a, const float *b) {
  UNROLL for (int first = 0; first < GEMM_NV; first += INT8_NV) {
    UNROLL for (int r = 0; r < GEMM_MR; r++) {
      UNROLL for (int j = first; j < first + INT8_NV; j++) sums[r][j] = viload(b + QUADS * GEMM_NR + j * VW);
    }
    const float *values = a, *columns = b + first * VW;
    for (int quad = 0; quad < QUADS; quad += 2, values += 2 * GEMM_MR, columns += 2 * GEMM_NR) {
      vi one[INT8_NV], two[INT8_NV];
      UNROLL for (int j = 0; j < INT8_NV; j++) {
        one[j] = viload(columns + j * VW);
        two[j] = viload(columns + GEMM_NR + j * VW);
      }
      UNROLL for (int r = 0; r < GEMM_MR; r++) {
        vi x = viset(values + r), y = viset(values + GEMM_MR + r);
        UNROLL for (int j = 0; j < INT8_NV; j++) {
          sums[r][first + j] = vidot_bytes(vnni, sums[r][first + j], x, one[j], y, two[j]);
        }
      }
    }
  }
}

// GEMM_MR rows by GEMM_NR columns of C.
VFN void integer_tile(const ck_integers form, const bool vnni, float *c, const float *a, const float *b, long K,
                      long ldc, bool accumulate) {
  const long words = ck_integer_length(form, 1) - 1;
  for (; K > 0; K -= CK_INTEGER_GROUP, a += GEMM_MR, b += GEMM_NR, accumulate = true) {
    vi sums[GEMM_MR][GEMM_NV];
    UNROLL for (int r = 0; r < GEMM_MR; r++) {
      UNROLL for (int j = 0; j < GEMM_NV; j++) __builtin_prefetch(c + r * ldc + j * VW, 1, 3);
    }
    if (form == CK_INT16) int16_sums(vnni, sums, a, b);
    else int8_sums(vnni, sums, a, b);
    a += words * GEMM_MR;
    b += words * GEMM_NR;
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
VFN void integer_edge(const ck_integers form, const bool vnni, float *c, const float *a, const float *b, long rows,
                      long columns, long K, long ldc, bool accumulate) {
  float whole[GEMM_MR * GEMM_NR] = {0};
  const size_t bytes = (size_t)columns * sizeof(float);
  for (long r = 0; accumulate && r < rows; r++) memcpy(whole + r * GEMM_NR, c + r * ldc, bytes);
  integer_tile(form, vnni, whole, a, b, K, GEMM_NR, accumulate);
  for (long r = 0; r < rows; r++) memcpy(c + r * ldc, whole + r * GEMM_NR, bytes);
}

VFN void integer_blocks(const ck_integers form, const bool vnni, float *c, const float *a, const float *b, long M,
                        long N, long K, long a_tile, long b_panel, long ldc, bool accumulate) {
  for (long first = 0; first < M; first += GEMM_MC) {
    const long last = first + GEMM_MC < M ? first + GEMM_MC : M;
    for (long n = 0; n < N; n += GEMM_NR) {
      const float *panel = b + n / GEMM_NR * b_panel;
      for (long m = first; m < last; m += GEMM_MR) {
        const float *tile = a + m / GEMM_MR * a_tile;
        float *out = c + m * ldc + n;
        if (last - m >= GEMM_MR && N - n >= GEMM_NR) {
          integer_tile(form, vnni, out, tile, panel, K, ldc, accumulate);
        } else {
          long rows = last - m < GEMM_MR ? last - m : GEMM_MR, columns = N - n < GEMM_NR ? N - n : GEMM_NR;
          integer_edge(form, vnni, out, tile, panel, rows, columns, K, ldc, accumulate);
        }
      }
    }
  }
}

static void k_gemm_integers(float *c, const float *a, const float *b, long M, long N, long K, long a_tile,
                            long b_panel, long ldc, bool accumulate, ck_integers form) {
  const bool vnni = HAS_VIDOT && ck_has_vnni();
#define INTEGER_BLOCKS(form, vnni) integer_blocks(form, vnni, c, a, b, M, N, K, a_tile, b_panel, ldc, accumulate)
  if (form == CK_INT16 && vnni) INTEGER_BLOCKS(CK_INT16, true);
  else if (form == CK_INT16) INTEGER_BLOCKS(CK_INT16, false);
  else if (vnni) INTEGER_BLOCKS(CK_INT8, true);
  else INTEGER_BLOCKS(CK_INT8, false);
#undef INTEGER_BLOCKS
}
