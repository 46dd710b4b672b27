// The vocabulary of the vector bodies, spoken in AVX2 with FMA and F16C: 8 floats a vector.

#define VW 8
typedef __m256 vf;  // 8 floats
typedef __m256d vd; // 4 doubles

VFN __m256i vmask(long m) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)m), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// The first m lanes (1 <= m); the others are zero, or `fill`, or left alone in memory.
VFN vf vload(const float *p) { return _mm256_loadu_ps(p); }
VFN vf vload_n(const float *p, long m) { return m >= VW ? vload(p) : _mm256_maskload_ps(p, vmask(m)); }
VFN vf vload_or(const float *p, long m, vf fill) {
  return m >= VW ? vload(p)
                 : _mm256_blendv_ps(fill, _mm256_maskload_ps(p, vmask(m)), _mm256_castsi256_ps(vmask(m)));
}
VFN void vstore_n(float *p, vf v, long m) {
  if (m >= VW) _mm256_storeu_ps(p, v);
  else _mm256_maskstore_ps(p, vmask(m), v);
}
VFN vf vkeep(vf v, long m) { return m >= VW ? v : _mm256_and_ps(v, _mm256_castsi256_ps(vmask(m))); }

VFN vf vset(float a) { return _mm256_set1_ps(a); }
VFN vf vzero(void) { return _mm256_setzero_ps(); }
VFN vf vadd(vf a, vf b) { return _mm256_add_ps(a, b); }
VFN vf vsub(vf a, vf b) { return _mm256_sub_ps(a, b); }
VFN vf vmul(vf a, vf b) { return _mm256_mul_ps(a, b); }
VFN vf vdiv(vf a, vf b) { return _mm256_div_ps(a, b); }
VFN vf vmax(vf a, vf b) { return _mm256_max_ps(a, b); } // b where one of them is NaN
VFN vf vmin(vf a, vf b) { return _mm256_min_ps(a, b); }
VFN vf vsqrt(vf a) { return _mm256_sqrt_ps(a); }
VFN vf vabs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
VFN vf vfma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }   // a b + c
VFN vf vfnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); } // c - a b
VFN vf vround(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

// a 2^n for integral n within ±250, in two steps so that neither factor overflows or is subnormal.
VFN vf vpower_scale(vf a, vf n) {
  __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), bias = _mm256_set1_epi32(127);
  __m256i first = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
  __m256i second = _mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(whole, half), bias), 23);
  return _mm256_mul_ps(_mm256_mul_ps(a, _mm256_castsi256_ps(first)), _mm256_castsi256_ps(second));
}

// Pairs of 16-bit integers, two to a float's place: loads, one pair everywhere, acc + the sum of each pair's products.
#define HAS_VIDOT 0
typedef __m256i vi;
VFN vi vizero(void) { return _mm256_setzero_si256(); }
VFN vi viload(const float *p) { return _mm256_loadu_si256((const __m256i *)p); }
VFN vi viset(const float *p) { return _mm256_castps_si256(_mm256_broadcast_ss(p)); }
VFN vi vidot(const bool vnni, vi acc, vi a, vi b) {
  (void)vnni;
  return _mm256_add_epi32(acc, _mm256_madd_epi16(a, b));
}
// acc + the products of four bytes each of a and b, and of c and d: a and c unsigned, b and d signed, and small enough
// for the four products of a 16-bit lane.
VFN vi vidot_bytes(const bool vnni, vi acc, vi a, vi b, vi c, vi d) {
  (void)vnni;
  vi pairs = _mm256_add_epi16(_mm256_maddubs_epi16(a, b), _mm256_maddubs_epi16(c, d));
  return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
VFN vf vifloat(vi v) { return _mm256_cvtepi32_ps(v); }

VFN float vsum(vf v) {
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
VFN float vlargest(vf v) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

// The totals of four vectors, each by the same tree whichever place it has.
VFN __m128 vsum4(vf a, vf b, vf c, vf d) {
  vf ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
  vf cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
  vf sum = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, _MM_SHUFFLE(1, 0, 1, 0)),
                         _mm256_shuffle_ps(ab, cd, _MM_SHUFFLE(3, 2, 3, 2)));
  return _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
}

VFN vd vdzero(void) { return _mm256_setzero_pd(); }
VFN vd vdlow(vf v) { return _mm256_cvtps_pd(_mm256_castps256_ps128(v)); }
VFN vd vdhigh(vf v) { return _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)); }
VFN vd vdfma(vd a, vd b, vd c) { return _mm256_fmadd_pd(a, b, c); }
VFN vd vdadd(vd a, vd b) { return _mm256_add_pd(a, b); }
VFN double vdsum(vd v) {
  __m128d two = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

VFN __m128i vload_u16(const uint16_t *p, long m) {
  if (m >= VW) return _mm_loadu_si128((const __m128i *)p);
  uint16_t lanes[VW] = {0};
  for (long i = 0; i < m; i++) lanes[i] = p[i];
  return _mm_loadu_si128((const __m128i *)lanes);
}
VFN void vstore_u16(uint16_t *p, __m128i v, long m) {
  if (m >= VW) {
    _mm_storeu_si128((__m128i *)p, v);
    return;
  }
  uint16_t lanes[VW];
  _mm_storeu_si128((__m128i *)lanes, v);
  for (long i = 0; i < m; i++) p[i] = lanes[i];
}

VFN vf vload_bf16(const uint16_t *p, long m) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(vload_u16(p, m)), 16));
}
// One half of 2 VW numbers: bf16 by how they unpack, and f32 in the same order.
VFN vf vhalf_bf16(const uint16_t *p, const int half) {
  __m256i all = _mm256_loadu_si256((const __m256i *)p), none = _mm256_setzero_si256();
  return _mm256_castsi256_ps(half ? _mm256_unpackhi_epi16(none, all) : _mm256_unpacklo_epi16(none, all));
}
VFN vf vhalf_f32(const float *p, const int half) {
  vf a = vload(p), b = vload(p + VW);
  return half ? _mm256_permute2f128_ps(a, b, 0x31) : _mm256_permute2f128_ps(a, b, 0x20);
}
VFN void vstore_bf16(uint16_t *p, vf v, long m) {
  __m256i bits = _mm256_castps_si256(v), odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF)));
  __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
  rounded = _mm256_blendv_epi8(rounded, _mm256_or_si256(bits, _mm256_set1_epi32(0x400000)), is_nan);
  rounded = _mm256_srli_epi32(rounded, 16);
  vstore_u16(p, _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1)), m);
}
VFN vf vload_f16(const uint16_t *p, long m) { return _mm256_cvtph_ps(vload_u16(p, m)); }
VFN void vstore_f16(uint16_t *p, vf v, long m) {
  vstore_u16(p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), m);
}

VFN vf vload_i8(const int8_t *p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
VFN void vstore_i8(int8_t *p, vf v) {
  __m256i whole = _mm256_cvtps_epi32(v);
  __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  _mm_storel_epi64((__m128i *)p, _mm_packs_epi16(words, words));
}
VFN vf vabove(vf a, vf b) { return _mm256_and_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ), _mm256_set1_ps(1)); } // 1 or 0

// y = table[codes[i]], 8 bits a code; and codes[i] = table[index], index truncated, four bytes read for one.
VFN vf vlookup(const float *table, const uint8_t *codes) {
  uint64_t c; // AMD's Zen gathers more slowly than it loads one by one
  memcpy(&c, codes, sizeof c);
  return _mm256_setr_ps(table[c & 255], table[c >> 8 & 255], table[c >> 16 & 255], table[c >> 24 & 255],
                        table[c >> 32 & 255], table[c >> 40 & 255], table[c >> 48 & 255], table[c >> 56]);
}
VFN void vstore_lookup(uint8_t *codes, const uint8_t *table, vf index) {
  __m256i found = _mm256_i32gather_epi32((const int *)table, _mm256_cvttps_epi32(index), 1);
  found = _mm256_and_si256(found, _mm256_set1_epi32(255));
  __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(found), _mm256_extracti128_si256(found, 1));
  _mm_storel_epi64((__m128i *)codes, _mm_packus_epi16(words, words));
}

// Eight NF4 levels from four bytes, the first in the high nibble: a code's top bit chooses the half of the table.
VFN vf vload_nf4(const uint8_t *p) {
  int bytes;
  memcpy(&bytes, p, sizeof bytes);
  __m256i code = _mm256_srlv_epi32(_mm256_set1_epi32(bytes), _mm256_setr_epi32(4, 0, 12, 8, 20, 16, 28, 24));
  vf low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(ck_nf4_values), code);
  vf high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(ck_nf4_values + 8), code);
  return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(code, 28)));
}
