// Packing for gemm_int16.h, eight floats at a time at every level. Groups at the end of K are filled up with zeros.

enum { GROUP_EIGHTS = CK_INT16_GROUP / 8 };

// Bits of the largest magnitude: as whole numbers they are ordered like the floats, and what is not finite comes last.
VFN __m256i magnitude_bits(__m256 x) {
  return _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7FFFFFFF));
}

// largest / magnitude, or 0 where that or the magnitude is not finite.
VFN __m256 inverse_scales(__m256i bits, float largest) {
  __m256 magnitude = _mm256_castsi256_ps(bits);
  __m256 usable = _mm256_and_ps(_mm256_cmp_ps(magnitude, _mm256_set1_ps(1e-30f), _CMP_GT_OQ),
                                _mm256_cmp_ps(magnitude, _mm256_set1_ps(FLT_MAX), _CMP_LE_OQ));
  return _mm256_and_ps(usable, _mm256_div_ps(_mm256_set1_ps(largest), magnitude));
}

// magnitude / largest, or NaN where the magnitude is not finite.
VFN __m256 group_scales(__m256i bits, float largest) {
  __m256 magnitude = _mm256_castsi256_ps(bits);
  return _mm256_add_ps(_mm256_div_ps(magnitude, _mm256_set1_ps(largest)), _mm256_sub_ps(magnitude, magnitude));
}

VFN __m256i rounded(__m256 x, __m256 inverse) { return _mm256_cvtps_epi32(_mm256_mul_ps(x, inverse)); }

// One group of a row, n of its elements there, as 32 pairs of codes; returns its scale.
VFN float round_group(__m256i *pairs, const float *src, long n, float largest) {
  float rest[CK_INT16_GROUP];
  if (n < CK_INT16_GROUP) {
    memset(rest, 0, sizeof rest);
    memcpy(rest, src, (size_t)n * sizeof(float));
    src = rest;
  }
  __m256i most = _mm256_setzero_si256();
  UNROLL for (int i = 0; i < GROUP_EIGHTS; i++) {
    most = _mm256_max_epi32(most, magnitude_bits(_mm256_loadu_ps(src + 8 * i)));
  }
  most = _mm256_max_epi32(most, _mm256_permute4x64_epi64(most, _MM_SHUFFLE(1, 0, 3, 2)));
  most = _mm256_max_epi32(most, _mm256_shuffle_epi32(most, _MM_SHUFFLE(1, 0, 3, 2)));
  most = _mm256_max_epi32(most, _mm256_shuffle_epi32(most, _MM_SHUFFLE(2, 3, 0, 1)));
  __m256 inverse = inverse_scales(most, largest);
  UNROLL for (int i = 0; i < GROUP_EIGHTS; i += 2) {
    __m256i low = rounded(_mm256_loadu_ps(src + 8 * i), inverse);
    __m256i high = rounded(_mm256_loadu_ps(src + 8 * i + 8), inverse);
    pairs[i / 2] = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), _MM_SHUFFLE(3, 1, 2, 0));
  }
  return _mm256_cvtss_f32(group_scales(most, largest));
}

// Eight rows of src (ld apart, `rows` of them there) for one group, to pairs `width` apart; scales [8].
VFN void pack_group_rows(float *out, float *scales, long width, const float *src, long rows, long n, long ld,
                         float largest) {
  __m256i pairs[8][GROUP_EIGHTS / 2];
  for (int r = 0; r < 8; r++) {
    scales[r] = 0;
    if (r < rows) scales[r] = round_group(pairs[r], src + r * ld, n, largest);
    else memset(pairs[r], 0, sizeof pairs[r]);
  }
  UNROLL for (int i = 0; i < GROUP_EIGHTS / 2; i++) {
    __m256 column[8];
    UNROLL for (int r = 0; r < 8; r++) column[r] = _mm256_castsi256_ps(pairs[r][i]);
    transpose_eight(out + 8 * i * width, width, column);
  }
}

// src [M, K] (ld apart) to tiles of groups.
static void k_pack_a_int16(float *dst, const float *src, long M, long K, long ld) {
  for (long m = 0; m < M; m += GEMM_MR) {
    long rows = M - m < GEMM_MR ? M - m : GEMM_MR;
    for (long k = 0; k < K; k += CK_INT16_GROUP) {
      float scales[8];
      pack_group_rows(dst, scales, GEMM_MR, src + m * ld + k, rows, K - k < CK_INT16_GROUP ? K - k : CK_INT16_GROUP,
                      ld, CK_INT16_A_LARGEST);
      dst += PAIRS * GEMM_MR;
      memcpy(dst, scales, GEMM_MR * sizeof(float)); // over what the last transposed store left beyond a narrow tile
      dst += GEMM_MR;
    }
  }
}

// Eight columns of src [64, ld], `columns` and n rows of them there, to pairs `width` apart; scales [8].
VFN void pack_group_columns(float *out, float *scales, long width, const float *src, long columns, long n, long ld) {
  const __m256i lanes = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)columns), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  __m256i most = _mm256_setzero_si256();
  for (long k = 0; k < n; k++) {
    most = _mm256_max_epi32(most, magnitude_bits(_mm256_maskload_ps(src + k * ld, lanes)));
  }
  __m256 inverse = inverse_scales(most, CK_INT16_B_LARGEST);
  for (long k = 0; k < CK_INT16_GROUP; k += 2, out += width) {
    __m256i even = _mm256_setzero_si256(), odd = even;
    if (k < n) even = rounded(_mm256_maskload_ps(src + k * ld, lanes), inverse);
    if (k + 1 < n) odd = rounded(_mm256_maskload_ps(src + (k + 1) * ld, lanes), inverse);
    _mm256_storeu_si256((__m256i *)out, _mm256_blend_epi16(even, _mm256_slli_epi32(odd, 16), 0xAA));
  }
  _mm256_storeu_ps(scales, group_scales(most, CK_INT16_B_LARGEST));
}

// src [N, K] (transposed) or [K, N] to panels of groups.
static void k_pack_b_int16(float *dst, const float *src, long N, long K, long ld, bool transposed) {
  for (long n = 0; n < N; n += GEMM_NR) {
    for (long k = 0; k < K; k += CK_INT16_GROUP, dst += (PAIRS + 1) * GEMM_NR) {
      long count = K - k < CK_INT16_GROUP ? K - k : CK_INT16_GROUP;
      for (long j = 0; j < GEMM_NR; j += 8) {
        long left = N - n - j, columns = left < 0 ? 0 : left < 8 ? left : 8;
        float *scales = dst + PAIRS * GEMM_NR + j;
        if (transposed) {
          const float *rows = src + (columns > 0 ? n + j : n) * ld + k;
          pack_group_rows(dst + j, scales, GEMM_NR, rows, columns, count, ld, CK_INT16_B_LARGEST);
        } else {
          const float *first = src + k * ld + (columns > 0 ? n + j : n);
          pack_group_columns(dst + j, scales, GEMM_NR, first, columns, count, ld);
        }
      }
    }
  }
}
