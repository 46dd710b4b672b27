// y [T, N] = x [T, C] w^T for few rows of x over int8 and NF4 weights, in integers of 16 bits.
//
// Blocks of 64 of x are rounded to 16 bits with a scale of their own (1/65534 of the block's largest magnitude at most),
// so that 16 products take one instruction. NF4's levels are rounded to 16 bits too. Sums of a group are whole numbers
// and exact; groups are added in f32 in the order of C. A result does not depend on T, N or its neighbours.

enum { XBLOCK = 64, XROWS = 8, XLIMIT = 32767 };

// Sixteen of x as whole numbers, in order.
VFN __m256i round_sixteen(const float *x, __m256 inverse) {
  __m256i low = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), inverse));
  __m256i high = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8), inverse));
  return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), _MM_SHUFFLE(3, 1, 2, 0));
}

// Even elements in the lower half, odd ones in the upper.
VFN __m256i apart(__m256i x) {
  const __m256i order =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15));
  return _mm256_permute4x64_epi64(_mm256_shuffle_epi8(x, order), _MM_SHUFFLE(3, 1, 2, 0));
}

// A row of x as whole numbers, [C] (C a multiple of 32; a last half block has a scale of its own). `nf4`: every 64 in
// the order in which codes come out of their bytes, elements 0, 2 ... 14, 32, 34 ... 46; 16 ... 30, 48 ... 62; and the
// odd ones likewise; the scale is that of a product with a level.
VFN void round_x(int16_t *out, float *scales, const float *x, long C, const bool nf4) {
  for (long b = 0; b < C; b += XBLOCK, scales++) {
    long n = C - b < XBLOCK ? C - b : XBLOCK;
    vf largest = vzero();
    for (long i = 0; i < n; i += VW) largest = vmax(largest, vabs(vload(x + b + i)));
    float absmax = vlargest(largest);
    *scales = nf4 ? absmax / XLIMIT / XLIMIT : absmax / XLIMIT;
    __m256 inverse = _mm256_set1_ps(absmax > 0 ? XLIMIT / absmax : 0);
    __m256i *to = (__m256i *)(out + b);
    if (nf4) {
      __m256i parts[4];
      UNROLL for (int j = 0; j < 4; j++) parts[j] = apart(round_sixteen(x + b + 16 * j, inverse));
      UNROLL for (int j = 0; j < 2; j++) {
        _mm256_storeu_si256(to + j, _mm256_permute2x128_si256(parts[j], parts[j + 2], 0x20));
        _mm256_storeu_si256(to + j + 2, _mm256_permute2x128_si256(parts[j], parts[j + 2], 0x31));
      }
    } else {
      for (long j = 0; j < n / 16; j++) _mm256_storeu_si256(to + j, round_sixteen(x + b + 16 * j, inverse));
    }
  }
}

VFN __m256 integer_sum(__m256i w0, __m256i w1, const int16_t *x) {
  __m256i a = _mm256_madd_epi16(w0, _mm256_loadu_si256((const __m256i *)x));
  __m256i b = _mm256_madd_epi16(w1, _mm256_loadu_si256((const __m256i *)(x + 16)));
  return _mm256_cvtepi32_ps(_mm256_add_epi32(a, b));
}

VFN __m128 sums_of_four(const __m256 *sums) {
  __m256 low = _mm256_hadd_ps(sums[0], sums[1]), high = _mm256_hadd_ps(sums[2], sums[3]);
  __m256 both = _mm256_hadd_ps(low, high);
  return _mm_add_ps(_mm256_castps256_ps128(both), _mm256_extractf128_ps(both, 1));
}

VFN void put_four(float *y, __m128 total, long valid, bool accumulate) {
  float each[4];
  _mm_storeu_ps(each, total);
  for (long r = 0; r < valid; r++) y[r] = accumulate ? y[r] + each[r] : each[r];
}

// Four rows of w by one of x. `ahead`: bytes to the weights that come next.
VFN __m128 q8_four(const int16_t *x, const float *xscales, const int8_t *w, const float *scales, size_t C, size_t row,
                   long ahead) {
  __m256 sums[4];
  UNROLL for (int r = 0; r < 4; r++) sums[r] = _mm256_setzero_ps();
  const size_t groups = C / GROUP, step = row / GROUP;
  for (size_t g = 0; g < groups; g++, x += GROUP) {
    rows_ask((const char *)w + 4 * GROUP * g, 4 * GROUP, ahead);
    __m256 xscale = _mm256_broadcast_ss(xscales + g / 2);
    UNROLL for (int r = 0; r < 4; r++) {
      const int8_t *p = w + GROUP * (r * step + g);
      __m256i w0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p));
      __m256i w1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(p + 16)));
      __m256 scale = _mm256_mul_ps(xscale, _mm256_broadcast_ss(scales + r * step + g));
      sums[r] = _mm256_fmadd_ps(integer_sum(w0, w1, x), scale, sums[r]);
    }
  }
  return sums_of_four(sums);
}

// The levels of 32 codes, one a byte, as two vectors.
VFN void nf4_levels(__m256i *w, __m256i codes) {
  // round(level * XLIMIT), low and high bytes.
  const __m256i low = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1, -28, -53, 116, -104, 90, 89, 0, 48, -103, -128, 64, 105, 3, -119, -1));
  const __m256i high = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(-128, -90, -68, -51, -37, -24, -12, 0, 10, 20, 31, 43, 56, 72, 92, 127));
  __m256i lows = _mm256_shuffle_epi8(low, codes), highs = _mm256_shuffle_epi8(high, codes);
  w[0] = _mm256_unpacklo_epi8(lows, highs);
  w[1] = _mm256_unpackhi_epi8(lows, highs);
}

VFN __m256 integer_pairs(__m256i w, const int16_t *x) {
  return _mm256_cvtepi32_ps(_mm256_madd_epi16(w, _mm256_loadu_si256((const __m256i *)x)));
}

VFN __m128 nf4_four(const int16_t *x, const float *xscales, const uint8_t *w, const float *scales, size_t C,
                    size_t row, long ahead) {
  __m256 sums[4];
  UNROLL for (int r = 0; r < 4; r++) sums[r] = _mm256_setzero_ps();
  const size_t blocks = C / NF4_BLOCK, step = row / NF4_BLOCK;
  const __m256i mask = _mm256_set1_epi8(15);
  for (size_t b = 0; b < blocks; b++, x += NF4_BLOCK) {
    rows_ask((const char *)w + 2 * NF4_BLOCK * b, 2 * NF4_BLOCK, ahead);
    __m256 xscale = _mm256_broadcast_ss(xscales + b);
    UNROLL for (int r = 0; r < 4; r++) {
      __m256i codes = _mm256_loadu_si256((const __m256i *)(w + NF4_BLOCK / 2 * r * step) + b), even[2], odd[2];
      nf4_levels(even, _mm256_and_si256(_mm256_srli_epi16(codes, 4), mask));
      nf4_levels(odd, _mm256_and_si256(codes, mask));
      // Two products of 30 bits fill a lane: each pair is converted before it is added.
      __m256 one = _mm256_add_ps(integer_pairs(even[0], x), integer_pairs(even[1], x + 16));
      __m256 two = _mm256_add_ps(integer_pairs(odd[0], x + 32), integer_pairs(odd[1], x + 48));
      __m256 total = _mm256_add_ps(one, two);
      __m256 scale = _mm256_mul_ps(xscale, _mm256_broadcast_ss(scales + r * step + b));
      sums[r] = _mm256_fmadd_ps(total, scale, sums[r]);
    }
  }
  return sums_of_four(sums);
}

// Four rows of w from output n on by one row of x.
VFN __m128 integer_four(const bool nf4, const int16_t *x, const float *xscales, const void *w, const float *scales,
                        long n, long C, long row, long ahead) {
  return nf4 ? nf4_four(x, xscales, (const uint8_t *)w + n * C / 2, scales + n * (C / NF4_BLOCK), C, row, ahead / 2)
             : q8_four(x, xscales, (const int8_t *)w + n * C, scales + n * (C / GROUP), C, row, ahead);
}

// Rows of x a few at a time, so that their rounded form stays small; the weights are in the second cache by then.
VFN void rows_integer(const bool nf4, float *y, const float *x, const void *w, const float *scales, long T, long N,
                      long C, long y_stride, bool accumulate) {
  const long blocks = (C + XBLOCK - 1) / XBLOCK;
  int16_t rounded[XROWS * C];
  float xscales[XROWS * blocks];
  for (long first = 0; first < T; first += XROWS) {
    long tokens = T - first < XROWS ? T - first : XROWS;
    for (long t = 0; t < tokens; t++) {
      round_x(rounded + t * C, xscales + t * blocks, x + (first + t) * C, C, nf4);
    }
    for (long n = 0; n < N; n += 4) {
      long valid = N - n < 4 ? N - n : 4;
      for (long t = 0; t < tokens; t++) {
        const int16_t *row = rounded + t * C;
        const float *xs = xscales + t * blocks;
        float *out = y + (first + t) * y_stride + n;
        if (valid == 4) {
          long ahead = first + t == 0 ? 4 * C : 0;
          put_four(out, integer_four(nf4, row, xs, w, scales, n, C, C, ahead), 4, accumulate);
          continue;
        }
        for (long r = 0; r < valid; r++) {
          put_four(out + r, integer_four(nf4, row, xs, w, scales, n + r, C, 0, 0), 1, accumulate);
        }
      }
    }
  }
}

// w [N, C] int8 in groups of 32 along C, scales [N, C/32].
static void k_rows_q8(float *y, const float *x, const int8_t *w, const float *scales, long T, long N, long C,
                      long y_stride, bool accumulate) {
  rows_integer(false, y, x, w, scales, T, N, C, y_stride, accumulate);
}

// codes [N, C/2], scales [N, C/64].
static void k_rows_nf4(float *y, const float *x, const uint8_t *codes, const float *scales, long T, long N, long C,
                       long y_stride, bool accumulate) {
  rows_integer(true, y, x, codes, scales, T, N, C, y_stride, accumulate);
}
