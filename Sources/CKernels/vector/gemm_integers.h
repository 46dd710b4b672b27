// Products of operands that are rounded to integers by groups of K; see ck_gemm_integers.h. Blocks, tiles and panels are
// those of gemm.h.

enum { PAIRS = CK_INTEGER_GROUP / 2, QUADS = CK_INTEGER_GROUP / 4 };

static long k_integer_slice_limit(ck_integers form) { return (form == CK_INT16 ? 2 : 3) * GEMM_KC; }

// What a tile asks for while it computes: so many cache lines of each group of a panel that comes later.
typedef struct {
  const float *from;
  long lines;
} integer_ahead;

VFN void ask_ahead(integer_ahead *ahead, long group) {
  for (long line = 0; line < ahead->lines; line++) __builtin_prefetch(ahead->from + 16 * line, 0, 2);
  ahead->from += group;
}

// The first `rows` rows of a tile by GEMM_NR columns of C. vnni: whether the processor multiplies and adds in one
// instruction.
VFN void int16_tile(const bool vnni, const int rows, float *c, const float *a, const float *b, long K, long ldc,
                    bool accumulate, integer_ahead ahead) {
  for (; K > 0; K -= CK_INTEGER_GROUP, a += GEMM_MR, b += GEMM_NR, accumulate = true) {
    vi sums[GEMM_MR][GEMM_NV];
    ask_ahead(&ahead, (PAIRS + 1) * GEMM_NR);
    UNROLL for (int r = 0; r < rows; r++) {
      UNROLL for (int j = 0; j < GEMM_NV; j++) {
        __builtin_prefetch(c + r * ldc + j * VW, 1, 3);
        sums[r][j] = vizero();
      }
    }
    for (int pair = 0; pair < PAIRS; pair++, a += GEMM_MR, b += GEMM_NR) {
      vi row[GEMM_NV];
      UNROLL for (int j = 0; j < GEMM_NV; j++) row[j] = viload(b + j * VW);
      UNROLL for (int r = 0; r < rows; r++) {
        vi value = viset(a + r);
        UNROLL for (int j = 0; j < GEMM_NV; j++) sums[r][j] = vidot(vnni, sums[r][j], value, row[j]);
      }
    }
    UNROLL for (int r = 0; r < rows; r++) {
      UNROLL for (int j = 0; j < GEMM_NV; j++) {
        float *out = c + r * ldc + j * VW;
        vf sum = vifloat(sums[r][j]), scale = vmul(vset(a[r]), vload(b + j * VW));
        vstore_n(out, accumulate ? vfma(sum, scale, vload(out)) : vmul(sum, scale), VW);
      }
    }
  }
}

// The sums of one group, of INT8_NV vectors of columns.
VFN void int8_sums(const bool vnni, const int rows, vi sums[GEMM_MR][INT8_NV], const float *a, const float *b) {
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int j = 0; j < INT8_NV; j++) sums[r][j] = viload(b + QUADS * GEMM_NR + j * VW);
  }
  for (int quad = 0; quad < QUADS; quad += 2, a += 2 * GEMM_MR, b += 2 * GEMM_NR) {
    vi one[INT8_NV], two[INT8_NV];
    UNROLL for (int j = 0; j < INT8_NV; j++) {
      one[j] = viload(b + j * VW);
      two[j] = viload(b + GEMM_NR + j * VW);
    }
    UNROLL for (int r = 0; r < rows; r++) {
      vi x = viset(a + r), y = viset(a + GEMM_MR + r);
      UNROLL for (int j = 0; j < INT8_NV; j++) sums[r][j] = vidot_bytes(vnni, sums[r][j], x, one[j], y, two[j]);
    }
  }
}

// As int16_tile. Columns are taken INT8_NV vectors at a time, so that their part of C stays in registers.
VFN void int8_tile(const bool vnni, const int rows, float *c, const float *a, const float *b, long K, long ldc,
                   bool accumulate, integer_ahead ahead) {
  const long words = QUADS + 1;
  UNROLL for (int first = 0; first < GEMM_NV; first += INT8_NV) {
    vf out[GEMM_MR][INT8_NV];
    UNROLL for (int r = 0; r < rows; r++) {
      UNROLL for (int j = 0; j < INT8_NV; j++) {
        __builtin_prefetch(c + r * ldc + (first + j) * VW, 1, 3);
        out[r][j] = vzero();
      }
    }
    const float *values = a, *columns = b + first * VW;
    for (long k = 0; k < K; k += CK_INTEGER_GROUP, values += (words + 1) * GEMM_MR, columns += (words + 1) * GEMM_NR) {
      vi sums[GEMM_MR][INT8_NV];
      if (first == 0) ask_ahead(&ahead, (words + 1) * GEMM_NR);
      int8_sums(vnni, rows, sums, values, columns);
      // By now C has come.
      if (k == 0 && accumulate) {
        UNROLL for (int r = 0; r < rows; r++) {
          UNROLL for (int j = 0; j < INT8_NV; j++) out[r][j] = vload(c + r * ldc + (first + j) * VW);
        }
      }
      UNROLL for (int r = 0; r < rows; r++) {
        vf scale = vset(values[words * GEMM_MR + r]);
        UNROLL for (int j = 0; j < INT8_NV; j++) {
          vf both = vmul(scale, vload(columns + words * GEMM_NR + j * VW));
          out[r][j] = vfma(vifloat(sums[r][j]), both, out[r][j]);
        }
      }
    }
    UNROLL for (int r = 0; r < rows; r++) {
      UNROLL for (int j = 0; j < INT8_NV; j++) vstore_n(c + r * ldc + (first + j) * VW, out[r][j], VW);
    }
  }
}

VFN void integer_tile(const ck_integers form, const bool vnni, const int rows, float *c, const float *a,
                      const float *b, long K, long ldc, bool accumulate, integer_ahead ahead) {
  if (form == CK_INT16) int16_tile(vnni, rows, c, a, b, K, ldc, accumulate, ahead);
  else int8_tile(vnni, rows, c, a, b, K, ldc, accumulate, ahead);
}

// A tile at the edge of C, of which `rows` and `columns` are there. A step of generation has few rows: a third or two
// thirds of a tile are computed where that is enough.
VFN void integer_edge(const ck_integers form, const bool vnni, float *c, const float *a, const float *b, long rows,
                      long columns, long K, long ldc, bool accumulate, integer_ahead ahead) {
  enum { THIRD = GEMM_MR / 3 };
  float whole[GEMM_MR * GEMM_NR] = {0};
  const size_t bytes = (size_t)columns * sizeof(float);
  for (long r = 0; accumulate && r < rows; r++) memcpy(whole + r * GEMM_NR, c + r * ldc, bytes);
#define EDGE(rows) integer_tile(form, vnni, rows, whole, a, b, K, GEMM_NR, accumulate, ahead)
  if (rows <= THIRD) EDGE(THIRD);
  else if (rows <= 2 * THIRD) EDGE(2 * THIRD);
  else EDGE(GEMM_MR);
#undef EDGE
  for (long r = 0; r < rows; r++) memcpy(c + r * ldc, whole + r * GEMM_NR, bytes);
}

VFN void integer_blocks(const ck_integers form, const bool vnni, float *c, const float *a, const float *b, long M,
                        long N, long K, long a_tile, long b_panel, long ldc, bool accumulate) {
  const long group = ck_integer_length(form, 1) * GEMM_NR * (long)sizeof(float) / 64;
  for (long first = 0; first < M; first += GEMM_MC) {
    const long last = first + GEMM_MC < M ? first + GEMM_MC : M;
    // The tiles of a panel ask for the next one, each for a part of its own: with few rows weights come from memory.
    const long tiles = (last - first + GEMM_MR - 1) / GEMM_MR, share = (group + tiles - 1) / tiles;
    for (long n = 0; n < N; n += GEMM_NR) {
      const float *panel = b + n / GEMM_NR * b_panel;
      const bool asks = first == 0 && N - n > GEMM_NR;
      integer_ahead ahead = {panel + b_panel, asks ? share : 0};
      for (long m = first; m < last; m += GEMM_MR, ahead.from += 16 * ahead.lines) {
        const float *tile = a + m / GEMM_MR * a_tile;
        float *out = c + m * ldc + n;
        if (last - m >= GEMM_MR && N - n >= GEMM_NR) {
          integer_tile(form, vnni, GEMM_MR, out, tile, panel, K, ldc, accumulate, ahead);
        } else {
          long rows = last - m < GEMM_MR ? last - m : GEMM_MR, columns = N - n < GEMM_NR ? N - n : GEMM_NR;
          integer_edge(form, vnni, out, tile, panel, rows, columns, K, ldc, accumulate, ahead);
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
