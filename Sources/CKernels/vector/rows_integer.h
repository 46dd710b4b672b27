// y [T, N] = x [T, C] w^T for few rows of x over int8 and NF4 weights, in integers of 16 bits.
//
// Blocks of 64 of x are rounded to 16 bits with a scale of their own (1/65534 of the block's largest magnitude at most),
// so that 16 products take one instruction. NF4's levels are rounded to 16 bits too. Sums of a group are whole numbers
// and exact; groups are added in f32 in the order of C. A result does not depend on T, N or its neighbours.

enum { XBLOCK = 64, XROWS = 8 };

// A row of x in 16 bits, [C] (C a multiple of 32; a last half block has a scale of its own). Interleaved: every 32 as
// elements 0, 2 ... 14, 1, 3 ... 15, 16, 18 ... 30, 17, 19 ... 31, the order in which NF4's nibbles come out of their bytes.
VFN void round_x(int16_t *out, float *scales, const float *x, long C, const bool interleaved) {
  for (long b = 0; b < C; b += XBLOCK, scales++) {
    long n = C - b < XBLOCK ? C - b : XBLOCK;
    vf largest = vzero();
    for (long i = 0; i < n; i += VW) largest = vmax(largest, vabs(vload(x + b + i)));
    float absmax = vlargest(largest);
    *scales = absmax / 32767;
    __m256 inverse = _mm256_set1_ps(absmax > 0 ? 32767 / absmax : 0);
    for (long i = 0; i < n; i += 16) {
      __m256i low = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + b + i), inverse));
      __m256i high = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + b + i + 8), inverse));
      __m256i sixteen = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), _MM_SHUFFLE(3, 1, 2, 0));
      if (interleaved) { // even elements, then odd ones
        const __m256i halves = _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15, 0, 1, 4, 5, 8, 9,
                                                12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
        sixteen = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(sixteen, halves), _MM_SHUFFLE(3, 1, 2, 0));
      }
      _mm256_storeu_si256((__m256i *)(out + b + i), sixteen);
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
VFN __m128 q8_four(const int16_t *x, const float *xscales, const int8_t *w, const float *scales, long C, long row,
                   long ahead) {
  __m256 sums[4];
  UNROLL for (int r = 0; r < 4; r++) sums[r] = _mm256_setzero_ps();
  for (long c = 0; c < C; c += GROUP) {
    __m256 xscale = _mm256_broadcast_ss(xscales + c / XBLOCK);
    UNROLL for (int r = 0; r < 4; r++) {
      const int8_t *p = w + r * row + c;
      if (ahead && c % 64 == 0) __builtin_prefetch(p + ahead, 0, 3);
      __m256i w0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p));
      __m256i w1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(p + 16)));
      __m256 scale = _mm256_mul_ps(xscale, _mm256_broadcast_ss(scales + (r * row + c) / GROUP));
      sums[r] = _mm256_fmadd_ps(integer_sum(w0, w1, x + c), scale, sums[r]);
    }
  }
  return sums_of_four(sums);
}

// 32 levels of NF4 in 16 bits from 16 bytes, in the interleaved order.
VFN void nf4_levels(__m256i *w0, __m256i *w1, const uint8_t *codes) {
  // round(level * 32767), low and high bytes.
  const __m256i low = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1, -28, -53, 116, -104, 90, 89, 0, 48, -103, -128, 64, 105, 3, -119, -1));
  const __m256i high = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(-128, -90, -68, -51, -37, -24, -12, 0, 10, 20, 31, 43, 56, 72, 92, 127));
  __m128i bytes = _mm_loadu_si128((const __m128i *)codes);
  __m256i nibbles = _mm256_set_m128i(bytes, _mm_srli_epi16(bytes, 4));
  __m256i code = _mm256_and_si256(nibbles, _mm256_set1_epi8(15));
  __m256i lows = _mm256_shuffle_epi8(low, code), highs = _mm256_shuffle_epi8(high, code);
  *w0 = _mm256_unpacklo_epi8(lows, highs);
  *w1 = _mm256_unpackhi_epi8(lows, highs);
}

VFN __m128 nf4_four(const int16_t *x, const float *xscales, const uint8_t *w, const float *scales, long C, long row,
                    long ahead) {
  __m256 sums[4];
  UNROLL for (int r = 0; r < 4; r++) sums[r] = _mm256_setzero_ps();
  for (long c = 0; c < C; c += NF4_BLOCK) {
    __m256 xscale = _mm256_mul_ps(_mm256_broadcast_ss(xscales + c / XBLOCK), _mm256_set1_ps(1 / 32767.0f));
    UNROLL for (int r = 0; r < 4; r++) {
      const uint8_t *p = w + (r * row + c) / 2;
      if (ahead && c % 128 == 0) __builtin_prefetch(p + ahead, 0, 3);
      __m256 total = _mm256_setzero_ps();
      UNROLL for (int half = 0; half < 2; half++) {
        // Two products of 30 bits fill a lane: each pair is converted before it is added.
        __m256i w0, w1;
        nf4_levels(&w0, &w1, p + 16 * half);
        const int16_t *xs = x + c + 32 * half;
        __m256i a = _mm256_madd_epi16(w0, _mm256_loadu_si256((const __m256i *)xs));
        __m256i b = _mm256_madd_epi16(w1, _mm256_loadu_si256((const __m256i *)(xs + 16)));
        total = _mm256_add_ps(total, _mm256_add_ps(_mm256_cvtepi32_ps(a), _mm256_cvtepi32_ps(b)));
      }
      __m256 scale = _mm256_mul_ps(xscale, _mm256_broadcast_ss(scales + (r * row + c) / NF4_BLOCK));
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
