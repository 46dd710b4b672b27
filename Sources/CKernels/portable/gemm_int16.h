// Products of operands that are rounded to 16-bit integers by groups of K, over the tiles and panels of gemm.h; see
// ck_gemm_int16.h.

enum { PAIRS = CK_INT16_GROUP / 2 };

static long k_int16_slice_limit(void) { return 768; }

static void k_gemm_int16(float *c, const float *a, const float *b, long M, long N, long K, long a_tile, long b_panel,
                         long ldc, bool accumulate) {
  for (long m = 0; m < M; m++) {
    for (long n = 0; n < N; n++) {
      const float *rows = a + m / TILE * a_tile, *columns = b + n / PANEL * b_panel;
      float total = accumulate ? c[m * ldc + n] : 0;
      for (long k = 0; k < K; k += CK_INT16_GROUP) {
        int32_t sum = 0;
        for (int i = 0; i < PAIRS; i++, rows += TILE, columns += PANEL) {
          int16_t x[2], y[2];
          memcpy(x, rows + m % TILE, sizeof x);
          memcpy(y, columns + n % PANEL, sizeof y);
          sum += x[0] * y[0] + x[1] * y[1];
        }
        total += (float)sum * (rows[m % TILE] * columns[n % PANEL]);
        rows += TILE;
        columns += PANEL;
      }
      c[m * ldc + n] = total;
    }
  }
}

// One group of a row or column, `step` floats from element to element and n of them there.
static float round_group(float *pairs, long width, const float *src, long n, long step, float largest) {
  float magnitude = 0;
  bool finite = true;
  for (long k = 0; k < n; k++) {
    magnitude = fmaxf(magnitude, fabsf(src[k * step]));
    finite = finite && isfinite(src[k * step]);
  }
  float inverse = finite && magnitude > 1e-30f ? largest / magnitude : 0;
  for (long k = 0; k < CK_INT16_GROUP; k += 2, pairs += width) {
    int16_t codes[2];
    for (int i = 0; i < 2; i++) {
      codes[i] = inverse > 0 && k + i < n ? (int16_t)nearbyintf(src[(k + i) * step] * inverse) : 0;
    }
    memcpy(pairs, codes, sizeof codes);
  }
  return finite ? magnitude / largest : NAN;
}

// dst [groups of rows, groups of K, 33, width]; by_row: elements of a row are next to each other.
static void pack_int16(float *dst, const float *src, long rows, long K, long ld, bool by_row, long width,
                       float largest) {
  for (long first = 0; first < rows; first += width) {
    for (long k = 0; k < K; k += CK_INT16_GROUP, dst += (PAIRS + 1) * width) {
      long count = K - k < CK_INT16_GROUP ? K - k : CK_INT16_GROUP;
      for (long r = 0; r < width; r++) {
        bool there = first + r < rows;
        const float *group = src + (by_row ? (there ? first + r : 0) * ld + k : k * ld + (there ? first + r : 0));
        dst[PAIRS * width + r] = round_group(dst + r, width, group, there ? count : 0, by_row ? 1 : ld, largest);
      }
    }
  }
}

static void k_pack_a_int16(float *dst, const float *src, long M, long K, long ld) {
  pack_int16(dst, src, M, K, ld, true, TILE, CK_INT16_A_LARGEST);
}

static void k_pack_b_int16(float *dst, const float *src, long N, long K, long ld, bool transposed) {
  pack_int16(dst, src, N, K, ld, transposed, PANEL, CK_INT16_B_LARGEST);
}
