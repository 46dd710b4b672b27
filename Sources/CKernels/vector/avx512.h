// The vocabulary of the vector bodies, spoken in AVX-512: 16 floats a vector, masks for tails.

#define VW 16
typedef __m512 vf;  // 16 floats
typedef __m512d vd; // 8 doubles

VFN __mmask16 vmask(long m) { return m >= VW ? 0xFFFF : (__mmask16)((1u << m) - 1); }

// The first m lanes (1 <= m); the others are zero, or `fill`, or left alone in memory.
VFN vf vload(const float *p) { return _mm512_loadu_ps(p); }
VFN vf vload_n(const float *p, long m) { return m >= VW ? vload(p) : _mm512_maskz_loadu_ps(vmask(m), p); }
VFN vf vload_or(const float *p, long m, vf fill) {
  return m >= VW ? vload(p) : _mm512_mask_loadu_ps(fill, vmask(m), p);
}
VFN void vstore_n(float *p, vf v, long m) {
  if (m >= VW) _mm512_storeu_ps(p, v);
  else _mm512_mask_storeu_ps(p, vmask(m), v);
}
VFN vf vkeep(vf v, long m) { return m >= VW ? v : _mm512_maskz_mov_ps(vmask(m), v); }

VFN vf vset(float a) { return _mm512_set1_ps(a); }
VFN vf vzero(void) { return _mm512_setzero_ps(); }
VFN vf vadd(vf a, vf b) { return _mm512_add_ps(a, b); }
VFN vf vsub(vf a, vf b) { return _mm512_sub_ps(a, b); }
VFN vf vmul(vf a, vf b) { return _mm512_mul_ps(a, b); }
VFN vf vdiv(vf a, vf b) { return _mm512_div_ps(a, b); }
VFN vf vmax(vf a, vf b) { return _mm512_max_ps(a, b); } // b where one of them is NaN
VFN vf vmin(vf a, vf b) { return _mm512_min_ps(a, b); }
VFN vf vsqrt(vf a) { return _mm512_sqrt_ps(a); }
VFN vf vabs(vf a) { return _mm512_abs_ps(a); }
VFN vf vfma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }   // a b + c
VFN vf vfnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); } // c - a b
VFN vf vround(vf a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

// a 2^n for integral n; overflows to infinity, underflows through the subnormals to zero.
VFN vf vpower_scale(vf a, vf n) { return _mm512_scalef_ps(a, n); }

// Pairs of 16-bit integers, two to a float's place: loads, one pair everywhere, acc + the sum of each pair's products.
// VNNI is written as assembly, so that one function serves processors with it and without.
#define HAS_VIDOT 1
typedef __m512i vi;
VFN vi vizero(void) { return _mm512_setzero_si512(); }
VFN vi viload(const float *p) { return _mm512_loadu_si512(p); }
VFN vi viset(const float *p) { return _mm512_castps_si512(_mm512_set1_ps(*p)); }
VFN vi vidot(const bool vnni, vi acc, vi a, vi b) {
  if (!vnni) return _mm512_add_epi32(acc, _mm512_madd_epi16(a, b));
  __asm__("vpdpwssd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
  return acc;
}
// acc + the products of four bytes each of a and b, and of c and d: a and c unsigned, b and d signed, and small enough
// for the four products of a 16-bit lane.
VFN vi vidot_bytes(const bool vnni, vi acc, vi a, vi b, vi c, vi d) {
  if (vnni) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(c), "v"(d));
    return acc;
  }
  vi pairs = _mm512_add_epi16(_mm512_maddubs_epi16(a, b), _mm512_maddubs_epi16(c, d));
  return _mm512_add_epi32(acc, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}
VFN vf vifloat(vi v) { return _mm512_cvtepi32_ps(v); }

VFN float vsum(vf v) { return _mm512_reduce_add_ps(v); }
VFN float vlargest(vf v) { return _mm512_reduce_max_ps(v); }

// The totals of four vectors, each by the same tree whichever place it has.
VFN __m128 vsum4(vf a, vf b, vf c, vf d) {
  vf ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  vf cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
  vf sum = _mm512_add_ps(_mm512_shuffle_ps(ab, cd, _MM_SHUFFLE(1, 0, 1, 0)),
                         _mm512_shuffle_ps(ab, cd, _MM_SHUFFLE(3, 2, 3, 2)));
  __m256 half = _mm256_add_ps(_mm512_castps512_ps256(sum), _mm512_extractf32x8_ps(sum, 1));
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

VFN vd vdzero(void) { return _mm512_setzero_pd(); }
VFN vd vdlow(vf v) { return _mm512_cvtps_pd(_mm512_castps512_ps256(v)); }
VFN vd vdhigh(vf v) { return _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1)); }
VFN vd vdfma(vd a, vd b, vd c) { return _mm512_fmadd_pd(a, b, c); }
VFN vd vdadd(vd a, vd b) { return _mm512_add_pd(a, b); }
VFN double vdsum(vd v) { return _mm512_reduce_add_pd(v); }

VFN __m256i vload_u16(const uint16_t *p, long m) {
  return m >= VW ? _mm256_loadu_si256((const __m256i *)p) : _mm256_maskz_loadu_epi16(vmask(m), p);
}
VFN void vstore_u16(uint16_t *p, __m256i v, long m) {
  if (m >= VW) _mm256_storeu_si256((__m256i *)p, v);
  else _mm256_mask_storeu_epi16(p, vmask(m), v);
}

VFN vf vload_bf16(const uint16_t *p, long m) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(vload_u16(p, m)), 16));
}
// One half of 2 VW numbers: bf16 by how they unpack, and f32 in the same order.
VFN vf vhalf_bf16(const uint16_t *p, const int half) {
  __m512i all = _mm512_loadu_si512(p), none = _mm512_setzero_si512();
  return _mm512_castsi512_ps(half ? _mm512_unpackhi_epi16(none, all) : _mm512_unpacklo_epi16(none, all));
}
VFN vf vhalf_f32(const float *p, const int half) {
  vf a = vload(p), b = vload(p + VW);
  return half ? _mm512_shuffle_f32x4(a, b, _MM_SHUFFLE(3, 1, 3, 1))
              : _mm512_shuffle_f32x4(a, b, _MM_SHUFFLE(2, 0, 2, 0));
}
VFN void vstore_bf16(uint16_t *p, vf v, long m) {
  __m512i bits = _mm512_castps_si512(v), odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
  __mmask16 is_nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  rounded = _mm512_mask_or_epi32(rounded, is_nan, bits, _mm512_set1_epi32(0x400000));
  vstore_u16(p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)), m);
}
VFN vf vload_f16(const uint16_t *p, long m) { return _mm512_cvtph_ps(vload_u16(p, m)); }
VFN void vstore_f16(uint16_t *p, vf v, long m) {
  vstore_u16(p, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), m);
}

VFN vf vload_i8(const int8_t *p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
VFN void vstore_i8(int8_t *p, vf v) { _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(v))); }
VFN vf vabove(vf a, vf b) { return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), vset(1)); } // 1 or 0

// y = table[codes[i]], 8 bits a code; and codes[i] = table[index], index truncated, four bytes read for one.
VFN vf vlookup(const float *table, const uint8_t *codes) {
  return _mm512_i32gather_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)codes)), table, 4);
}
VFN void vstore_lookup(uint8_t *codes, const uint8_t *table, vf index) {
  __m512i found = _mm512_i32gather_epi32(_mm512_cvttps_epi32(index), (const int *)table, 1);
  _mm_storeu_si128((__m128i *)codes, _mm512_cvtepi32_epi8(found));
}

// Sixteen NF4 levels from eight bytes, the first in the high nibble.
VFN vf vload_nf4(const uint8_t *p) {
  __m512i bytes = _mm512_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)); // eight numbers in the low half
  const __m512i pairs = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
  const __m512i shifts = _mm512_setr_epi32(4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0);
  __m512i code = _mm512_srlv_epi32(_mm512_permutexvar_epi32(pairs, bytes), shifts);
  return _mm512_permutexvar_ps(code, _mm512_loadu_ps(ck_nf4_values));
}
