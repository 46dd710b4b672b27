// Products of operands that are rounded to integers by groups of K, over the tiles and panels of gemm.h; see
// ck_gemm_integers.h.

static long k_integer_slice_limit(ck_integers form) {
  (void)form;
  return 768;
}

// The sum of one group of a row and a column.
static int32_t integer_sum(const float *a, const float *b, ck_integers form) {
  int32_t sum = 0;
  const long words = ck_integer_words(form);
  for (long i = 0; i < words; i++, a += TILE, b += PANEL) {
    if (form == CK_INT16) {
      int16_t x[2], y[2];
      memcpy(x, a, sizeof x);
      memcpy(y, b, sizeof y);
      sum += x[0] * y[0] + x[1] * y[1];
    } else {
      uint8_t x[4];
      int8_t y[4];
      memcpy(x, a, sizeof x);
      memcpy(y, b, sizeof y);
      for (int j = 0; j < 4; j++) sum += x[j] * y[j];
    }
  }
  if (form == CK_INT8) {
    int32_t correction;
    memcpy(&correction, b, sizeof correction);
    sum += correction;
  }
  return sum;
}

static void k_gemm_integers(float *c, const float *a, const float *b, long M, long N, long K, long a_tile,
                            long b_panel, long ldc, bool accumulate, ck_integers form) {
  const long length = ck_integer_length(form, 1);
  for (long m = 0; m < M; m++) {
    for (long n = 0; n < N; n++) {
      const float *rows = a + m / TILE * a_tile + m % TILE, *columns = b + n / PANEL * b_panel + n % PANEL;
      float total = accumulate ? c[m * ldc + n] : 0;
      for (long k = 0; k < K; k += CK_INTEGER_GROUP, rows += length * TILE, columns += length * PANEL) {
        float scale = rows[(length - 1) * TILE] * columns[(length - 1) * PANEL];
        total += (float)integer_sum(rows, columns, form) * scale;
      }
      c[m * ldc + n] = total;
    }
  }
}

// One group of a row or column, `step` floats from element to element and n of them there, to words `width` apart:
// codes with `offset` added to bytes; returns its scale, and in *sum the sum of its codes.
static float round_group(float *words, long width, const float *src, long n, long step, float largest, int offset,
                         ck_integers form, int32_t *sum) {
  float magnitude = 0;
  bool finite = true;
  for (long k = 0; k < n; k++) {
    magnitude = fmaxf(magnitude, fabsf(src[k * step]));
    finite = finite && isfinite(src[k * step]);
  }
  float inverse = finite && magnitude > 1e-30f ? largest / magnitude : 0;
  const long codes = form == CK_INT16 ? 2 : 4;
  *sum = 0;
  for (long k = 0; k < CK_INTEGER_GROUP; k++) {
    int code = inverse > 0 && k < n ? (int)nearbyintf(src[k * step] * inverse) : 0;
    *sum += code;
    char *word = (char *)(words + k / codes * width);
    if (form == CK_INT16) {
      int16_t stored = (int16_t)code;
      memcpy(word + 2 * (k % codes), &stored, sizeof stored);
    } else {
      word[k % codes] = (char)(code + offset);
    }
  }
  return finite ? magnitude / largest : NAN;
}

// dst [groups of rows, groups of K, words of a group, width]; by_row: elements of a row are next to each other.
static void pack_integers(float *dst, const float *src, long rows, long K, long ld, bool by_row, long width, bool is_a,
                          ck_integers form) {
  const float largest = form == CK_INT16 ? (is_a ? CK_INT16_A_LARGEST : CK_INT16_B_LARGEST)
                                         : (is_a ? CK_INT8_A_LARGEST : CK_INT8_B_LARGEST);
  const long words = ck_integer_words(form), length = ck_integer_length(form, 1);
  for (long first = 0; first < rows; first += width) {
    for (long k = 0; k < K; k += CK_INTEGER_GROUP, dst += length * width) {
      long count = K - k < CK_INTEGER_GROUP ? K - k : CK_INTEGER_GROUP;
      for (long r = 0; r < width; r++) {
        bool there = first + r < rows;
        const float *group = src + (by_row ? (there ? first + r : 0) * ld + k : k * ld + (there ? first + r : 0));
        int32_t sum;
        float scale = round_group(dst + r, width, group, there ? count : 0, by_row ? 1 : ld, largest,
                                  is_a ? CK_INT8_OFFSET : 0, form, &sum);
        if (form == CK_INT8) {
          int32_t correction = is_a ? 0 : -CK_INT8_OFFSET * sum;
          memcpy(dst + words * width + r, &correction, sizeof correction);
        }
        dst[(length - 1) * width + r] = scale;
      }
    }
  }
}

static void k_pack_a_integers(float *dst, const float *src, long M, long K, long ld, bool transposed,
                              ck_integers form) {
  pack_integers(dst, src, M, K, ld, !transposed, TILE, true, form);
}

static void k_pack_b_integers(float *dst, const float *src, long N, long K, long ld, bool transposed,
                              ck_integers form) {
  pack_integers(dst, src, N, K, ld, transposed, PANEL, false, form);
}
