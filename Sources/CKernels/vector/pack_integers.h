// Packing for gemm_integers.h, eight floats at a time at every level. Groups at the end of K are filled up with zeros.

enum { GROUP_EIGHTS = CK_INTEGER_GROUP / 8 };

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

// Sixteen of src as 16-bit codes, in halves: elements 0 ... 3 and 8 ... 11, then the others.
VFN __m256i rounded_sixteen(const float *src, __m256 inverse) {
  return _mm256_packs_epi32(rounded(_mm256_loadu_ps(src), inverse), rounded(_mm256_loadu_ps(src + 8), inverse));
}

// One group of a row, n of its elements there, as words of codes; returns its scale.
VFN float round_group(const ck_integers form, __m256i *words, const float *src, long n, float largest) {
  float rest[CK_INTEGER_GROUP];
  if (n < CK_INTEGER_GROUP) {
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
  if (form == CK_INT16) {
    UNROLL for (int i = 0; i < CK_INTEGER_GROUP; i += 16) {
      words[i / 16] = _mm256_permute4x64_epi64(rounded_sixteen(src + i, inverse), _MM_SHUFFLE(3, 1, 2, 0));
    }
  } else {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    UNROLL for (int i = 0; i < CK_INTEGER_GROUP; i += 32) {
      __m256i codes = _mm256_packs_epi16(rounded_sixteen(src + i, inverse), rounded_sixteen(src + i + 16, inverse));
      words[i / 32] = _mm256_permutevar8x32_epi32(codes, order);
    }
  }
  return _mm256_cvtss_f32(group_scales(most, largest));
}

// Eight rows of src (ld apart, `rows` of them there) for one group, to words `width` apart; scales [8].
VFN void pack_group_rows(const ck_integers form, float *out, float *scales, long width, const float *src, long rows,
                         long n, long ld, float largest) {
  enum { MOST = GROUP_EIGHTS / 2 };
  const int eights = form == CK_INT16 ? MOST : MOST / 2;
  __m256i words[8][MOST];
  for (int r = 0; r < 8; r++) {
    scales[r] = 0;
    if (r < rows) scales[r] = round_group(form, words[r], src + r * ld, n, largest);
    else memset(words[r], 0, sizeof words[r]);
  }
  UNROLL for (int i = 0; i < eights; i++) {
    __m256 column[8];
    UNROLL for (int r = 0; r < 8; r++) column[r] = _mm256_castsi256_ps(words[r][i]);
    transpose_eight(out + 8 * i * width, width, column);
  }
}

// Eight columns of src [64, ld], `columns` and n rows of them there, to words `width` apart; scales [8].
VFN void pack_group_columns(const ck_integers form, float *out, float *scales, long width, const float *src,
                            long columns, long n, long ld, float largest) {
  const __m256i lanes = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)columns), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  __m256i most = _mm256_setzero_si256();
  for (long k = 0; k < n; k++) {
    most = _mm256_max_epi32(most, magnitude_bits(_mm256_maskload_ps(src + k * ld, lanes)));
  }
  __m256 inverse = inverse_scales(most, largest);
  const int codes = form == CK_INT16 ? 2 : 4;
  for (long k = 0; k < CK_INTEGER_GROUP; k += codes, out += width) {
    __m256i row[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
    UNROLL for (int i = 0; i < codes; i++) {
      if (k + i < n) row[i] = rounded(_mm256_maskload_ps(src + (k + i) * ld, lanes), inverse);
    }
    __m256i word = form == CK_INT16 ? row[1] : row[3];
    const int bits = 32 / codes;
    const __m256i mask = _mm256_set1_epi32((1 << bits) - 1);
    UNROLL for (int i = codes - 2; i >= 0; i--) {
      word = _mm256_or_si256(_mm256_slli_epi32(word, bits), _mm256_and_si256(row[i], mask));
    }
    _mm256_storeu_si256((__m256i *)out, word);
  }
  _mm256_storeu_ps(scales, group_scales(most, largest));
}

// src [M, K], or [K, M] transposed, to tiles of groups. What a store of eight leaves beyond a narrow tile is overwritten
// by what comes next.
VFN void pack_a_integers(const ck_integers form, float *dst, const float *src, long M, long K, long ld,
                         const bool transposed) {
  const float largest = form == CK_INT16 ? CK_INT16_A_LARGEST : CK_INT8_A_LARGEST;
  const long words = ck_integer_words(form);
  for (long m = 0; m < M; m += GEMM_MR) {
    long rows = M - m < GEMM_MR ? M - m : GEMM_MR;
    for (long k = 0; k < K; k += CK_INTEGER_GROUP) {
      long count = K - k < CK_INTEGER_GROUP ? K - k : CK_INTEGER_GROUP;
      float scales[8];
      if (transposed) pack_group_columns(form, dst, scales, GEMM_MR, src + k * ld + m, rows, count, ld, largest);
      else pack_group_rows(form, dst, scales, GEMM_MR, src + m * ld + k, rows, count, ld, largest);
      if (form == CK_INT8) {
        uint8_t *codes = (uint8_t *)dst;
        for (long i = 0; i < words * GEMM_MR * 4; i++) codes[i] += CK_INT8_OFFSET;
        memset(dst + words * GEMM_MR, 0, GEMM_MR * sizeof(float));
        dst += GEMM_MR;
      }
      dst += words * GEMM_MR;
      memcpy(dst, scales, GEMM_MR * sizeof(float));
      dst += GEMM_MR;
    }
  }
}

static void k_pack_a_integers(float *dst, const float *src, long M, long K, long ld, bool transposed,
                              ck_integers form) {
  if (form == CK_INT16 && transposed) pack_a_integers(CK_INT16, dst, src, M, K, ld, true);
  else if (form == CK_INT16) pack_a_integers(CK_INT16, dst, src, M, K, ld, false);
  else if (transposed) pack_a_integers(CK_INT8, dst, src, M, K, ld, true);
  else pack_a_integers(CK_INT8, dst, src, M, K, ld, false);
}

// What the offset of A's codes adds to the sums of eight columns, to be taken off.
VFN __m256i offset_correction(const float *words, long width) {
  const __m256i offset = _mm256_set1_epi8(CK_INT8_OFFSET), ones = _mm256_set1_epi16(1);
  __m256i sum = _mm256_setzero_si256();
  for (int quad = 0; quad < QUADS; quad++) {
    __m256i codes = _mm256_loadu_si256((const __m256i *)(words + quad * width));
    sum = _mm256_sub_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(offset, codes), ones));
  }
  return sum;
}

// src [N, K] (transposed) or [K, N] to panels of groups.
VFN void pack_b_integers(const ck_integers form, float *dst, const float *src, long N, long K, long ld,
                         const bool transposed) {
  const float largest = form == CK_INT16 ? CK_INT16_B_LARGEST : CK_INT8_B_LARGEST;
  const long words = ck_integer_words(form), length = ck_integer_length(form, 1);
  for (long n = 0; n < N; n += GEMM_NR) {
    for (long k = 0; k < K; k += CK_INTEGER_GROUP, dst += length * GEMM_NR) {
      long count = K - k < CK_INTEGER_GROUP ? K - k : CK_INTEGER_GROUP;
      for (long j = 0; j < GEMM_NR; j += 8) {
        long left = N - n - j, columns = left < 0 ? 0 : left < 8 ? left : 8;
        float *out = dst + j, *scales = out + (length - 1) * GEMM_NR;
        if (transposed) {
          const float *rows = src + (columns > 0 ? n + j : n) * ld + k;
          pack_group_rows(form, out, scales, GEMM_NR, rows, columns, count, ld, largest);
        } else {
          const float *first = src + k * ld + (columns > 0 ? n + j : n);
          pack_group_columns(form, out, scales, GEMM_NR, first, columns, count, ld, largest);
        }
        if (form == CK_INT8) {
          _mm256_storeu_si256((__m256i *)(out + words * GEMM_NR), offset_correction(out, GEMM_NR));
        }
      }
    }
  }
}

static void k_pack_b_integers(float *dst, const float *src, long N, long K, long ld, bool transposed,
                              ck_integers form) {
  if (form == CK_INT16 && transposed) pack_b_integers(CK_INT16, dst, src, N, K, ld, true);
  else if (form == CK_INT16) pack_b_integers(CK_INT16, dst, src, N, K, ld, false);
  else if (transposed) pack_b_integers(CK_INT8, dst, src, N, K, ld, true);
  else pack_b_integers(CK_INT8, dst, src, N, K, ld, false);
}
