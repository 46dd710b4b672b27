// Which level runs: the best one of the processor, or the one TOUCHSTONE_KERNELS names, chosen once at load.
#include <stdlib.h>
#include <string.h>

#include "level.h"

const float ck_nf4_values[16] = {
    -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f,
    -0.18477343022823334f, -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f,
    0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f,
    0.7229568362236023f, 1.0f};
const float ck_nf4_bounds[15] = {
    -0.8480963706970215f, -0.6106328964233398f, -0.4599952697753906f, -0.33967941999435425f,
    -0.23460739850997925f, -0.13791173696517944f, -0.045525018125772476f, 0.03979014977812767f,
    0.120255246758461f, 0.2035212516784668f, 0.2920137643814087f, 0.3893125355243683f, 0.5016634464263916f,
    0.6427869200706482f, 0.8614784479141235f};

static ck_level level = CK_PORTABLE;
static const ck_kernels *kernels = &ck_portable_kernels;

const ck_kernels *ck_table(ck_level wanted) {
  switch (wanted) {
  case CK_PORTABLE:
    return &ck_portable_kernels;
#if defined(__x86_64__)
  case CK_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")
               ? &ck_avx2_kernels
               : NULL;
  case CK_AVX512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
               ? &ck_avx512_kernels
               : NULL;
#endif
  default:
    return NULL;
  }
}

ck_level ck_best_level(void) { return ck_table(CK_AVX512) ? CK_AVX512 : ck_table(CK_AVX2) ? CK_AVX2 : CK_PORTABLE; }

ck_level ck_current_level(void) { return level; }

bool ck_select_level(ck_level wanted) {
  const ck_kernels *table = ck_table(wanted);
  if (!table) return false;
  kernels = table;
  level = wanted;
  return true;
}

const char *ck_level_name(ck_level named) {
  switch (named) {
  case CK_AVX2:
    return "avx2";
  case CK_AVX512:
    return "avx512";
  case CK_NEON:
    return "neon";
  default:
    return "portable";
  }
}

bool ck_has_vnni(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

// Before main and before any thread: nothing here needs a lock.
__attribute__((constructor)) static void choose_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  const char *forced = getenv("TOUCHSTONE_KERNELS");
  for (ck_level candidate = CK_PORTABLE; forced && candidate <= CK_NEON; candidate++) {
    if (strcmp(forced, ck_level_name(candidate)) == 0 && ck_select_level(candidate)) return;
  }
  ck_select_level(ck_best_level());
}

void ck_rmsnorm_forward(float *y, float *rstd, const float *x, const float *w, long T, long C, float eps) {
  kernels->rmsnorm_forward(y, rstd, x, w, T, C, eps);
}

void ck_rmsnorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd,
                         long T, long C) {
  kernels->rmsnorm_backward(dx, dw, dy, x, w, rstd, T, C);
}

void ck_rope(float *x, const int32_t *positions, const float *cosine, const float *sine, long T, long H, long D,
             long stride, bool inverse) {
  kernels->rope(x, positions, cosine, sine, T, H, D, stride, inverse);
}

void ck_swiglu_forward(float *y, const float *gate, const float *up, long n) {
  kernels->swiglu_forward(y, gate, up, n);
}

void ck_swiglu_backward(float *dgate, float *dup, const float *dy, const float *gate, const float *up, long n) {
  kernels->swiglu_backward(dgate, dup, dy, gate, up, n);
}

void ck_attention_softmax(float *scores, float *lse, long T, long K, long stride, long visible, float scale) {
  kernels->attention_softmax(scores, lse, T, K, stride, visible, scale);
}

void ck_attention_probabilities(float *scores, const float *lse, long T, long K, long stride, long visible,
                                float scale) {
  kernels->attention_probabilities(scores, lse, T, K, stride, visible, scale);
}

void ck_attention_softmax_backward(float *dp, const float *p, const float *delta, long T, long K, long stride,
                                   float scale) {
  kernels->attention_softmax_backward(dp, p, delta, T, K, stride, scale);
}

void ck_row_dots(float *delta, const float *a, const float *b, long T, long D, long a_stride, long b_stride) {
  kernels->row_dots(delta, a, b, T, D, a_stride, b_stride);
}

void ck_attention_decode(float *out, float *weights, const float *q, const float *k, const float *v, long H, long K,
                         long D, long k_stride, long v_stride, float scale) {
  kernels->attention_decode(out, weights, q, k, v, H, K, D, k_stride, v_stride, scale);
}

void ck_logsumexp_update(float *maximum, float *sum, float *weighted, const float *logits, long T, long V,
                         long stride) {
  kernels->logsumexp_update(maximum, sum, weighted, logits, T, V, stride);
}

void ck_softmax_scaled(float *logits, const float *lse, const float *scale, long T, long V, long stride) {
  kernels->softmax_scaled(logits, lse, scale, T, V, stride);
}

void ck_rows_f32(float *y, const float *x, const float *w, long T, long N, long C, long y_stride, bool accumulate) {
  kernels->rows_f32(y, x, w, T, N, C, y_stride, accumulate);
}

void ck_rows_bf16(float *y, const float *x, const uint16_t *w, long T, long N, long C, long y_stride,
                  bool accumulate) {
  kernels->rows_bf16(y, x, w, T, N, C, y_stride, accumulate);
}

void ck_rows_q8(float *y, const float *x, const int8_t *w, const float *scales, long T, long N, long C, long y_stride,
                bool accumulate) {
  kernels->rows_q8(y, x, w, scales, T, N, C, y_stride, accumulate);
}

void ck_quantize_q8(int8_t *q, float *scales, const float *x, long n) { kernels->quantize_q8(q, scales, x, n); }

void ck_expand_q8(float *y, const int8_t *q, const float *scales, long n) { kernels->expand_q8(y, q, scales, n); }

void ck_rows_nf4(float *y, const float *x, const uint8_t *codes, const float *scales, long T, long N, long C,
                 long y_stride, bool accumulate) {
  kernels->rows_nf4(y, x, codes, scales, T, N, C, y_stride, accumulate);
}

void ck_quantize_nf4(uint8_t *codes, float *scales, const float *x, long n) {
  kernels->quantize_nf4(codes, scales, x, n);
}

void ck_expand_nf4(float *y, const uint8_t *codes, const float *scales, long n) {
  kernels->expand_nf4(y, codes, scales, n);
}

void ck_expand_scales(float *y, const uint8_t *codes, const float *maxima, const float *values, float mean, long first,
                      long n) {
  kernels->expand_scales(y, codes, maxima, values, mean, first, n);
}

void ck_normals(float *y, uint64_t key, uint64_t counter, float deviation, long n) {
  kernels->normals(y, key, counter, deviation, n);
}

void ck_add(float *y, const float *x, long n) { kernels->add(y, x, n); }

void ck_axpy(float *y, float a, const float *x, long n) { kernels->axpy(y, a, x, n); }

void ck_scale(float *y, float a, long n) { kernels->scale(y, a, n); }

double ck_sum_squares(const float *x, long n) { return kernels->sum_squares(x, n); }

double ck_dot(const float *x, const float *y, long n) { return kernels->dot(x, y, n); }

void ck_exp(float *y, const float *x, long n) { kernels->exp(y, x, n); }

void ck_adamw(float *p, const float *g, float *m, float *v, long n, float lr, float b1, float b2, float eps,
              float decay, float c1, float c2, float gscale) {
  kernels->adamw(p, g, m, v, n, lr, b1, b2, eps, decay, c1, c2, gscale);
}

void ck_quantize_map8(uint8_t *codes, float *maxima, const float *x, long n, ck_map8 map) {
  kernels->quantize_map8(codes, maxima, x, n, map);
}

void ck_expand_map8(float *y, const uint8_t *codes, const float *maxima, long n, ck_map8 map) {
  kernels->expand_map8(y, codes, maxima, n, map);
}

void ck_adamw_map8(float *p, const float *g, uint8_t *m, float *m_max, uint8_t *v, float *v_max, long n, ck_map8 m_map,
                   ck_map8 v_map, float lr, float b1, float b2, float eps, float decay, float c1, float c2,
                   float gscale) {
  kernels->adamw_map8(p, g, m, m_max, v, v_max, n, m_map, v_map, lr, b1, b2, eps, decay, c1, c2, gscale);
}

void ck_bf16_to_f32(float *y, const uint16_t *x, long n) { kernels->bf16_to_f32(y, x, n); }

void ck_f32_to_bf16(uint16_t *y, const float *x, long n) { kernels->f32_to_bf16(y, x, n); }

void ck_f16_to_f32(float *y, const uint16_t *x, long n) { kernels->f16_to_f32(y, x, n); }

void ck_f32_to_f16(uint16_t *y, const float *x, long n) { kernels->f32_to_f16(y, x, n); }

long ck_panel_width(void) { return kernels->panel_width(); }

long ck_tile_rows(void) { return kernels->tile_rows(); }

long ck_slice_limit(void) { return kernels->slice_limit(); }

static long rounded_up(long n, long unit) { return (n + unit - 1) / unit * unit; }

long ck_pack_a_size(long M, long K) { return rounded_up(M, ck_tile_rows()) * K; }

long ck_pack_b_size(long N, long K) { return rounded_up(N, ck_panel_width()) * K; }

void ck_pack_a(float *dst, const float *src, long M, long K, long ld, bool transposed) {
  kernels->pack_a(dst, src, M, K, ld, transposed);
}

void ck_pack_b(float *dst, const float *src, long N, long K, long ld, bool transposed) {
  kernels->pack_b(dst, src, N, K, ld, transposed);
}

void ck_gemm(float *c, const float *a_packed, const float *b_packed, long M, long N, long K, long a_tile, long b_panel,
             long ldc, bool accumulate) {
  kernels->gemm(c, a_packed, b_packed, M, N, K, a_tile, b_panel, ldc, accumulate);
}

// Without VNNI, AVX-512 multiplies as many floats an instruction as it adds up pairs of 16-bit integers in two.
bool ck_integers_pay(ck_integers form) {
  return level == CK_AVX2 || (level == CK_AVX512 && (form == CK_INT8 || ck_has_vnni()));
}

long ck_integer_slice_limit(ck_integers form) { return kernels->integer_slice_limit(form); }

void ck_pack_a_integers(float *dst, const float *src, long M, long K, long ld, bool transposed, ck_integers form) {
  kernels->pack_a_integers(dst, src, M, K, ld, transposed, form);
}

void ck_pack_b_integers(float *dst, const float *src, long N, long K, long ld, bool transposed, ck_integers form) {
  kernels->pack_b_integers(dst, src, N, K, ld, transposed, form);
}

void ck_gemm_integers(float *c, const float *a_packed, const float *b_packed, long M, long N, long K, long a_tile,
                      long b_panel, long ldc, bool accumulate, ck_integers form) {
  kernels->gemm_integers(c, a_packed, b_packed, M, N, K, a_tile, b_panel, ldc, accumulate, form);
}
