// SIMD kernels over contiguous f32 rows, chosen once at start for the processor.
//
// Letters: T rows (tokens), C width, H heads, D head size, V vocabulary slice, K keys, n elements.
// Every function has a portable version in `portable/` that the tests hold the others to; the vector versions are
// written once in `vector/` and compiled per level. TOUCHSTONE_KERNELS=portable|avx2|avx512 forces a level.
// No function allocates, keeps state or starts threads: callers split the rows.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { CK_PORTABLE = 0, CK_AVX2 = 1, CK_AVX512 = 2, CK_NEON = 3 } ck_level;

// The best level of this processor; the level in use; choosing one (false: this processor lacks it).
// Selecting is meant for the start of a program and for tests; it is not safe while kernels run.
ck_level ck_best_level(void);
ck_level ck_current_level(void);
bool ck_select_level(ck_level level);
const char *ck_level_name(ck_level level);
bool ck_has_vnni(void);

// Tells the processor that the calling thread is waiting in a loop.
static inline void ck_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// RMSNorm: y[t] = x[t] * rstd[t] * w, rstd[t] = 1 / sqrt(mean(x[t]^2) + eps). x, y [T, C], w [C], rstd [T].
void ck_rmsnorm_forward(float *y, float *rstd, const float *x, const float *w, long T, long C, float eps);
// dx [T, C] is added to; dw [C] is added to unless NULL.
void ck_rmsnorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd,
                         long T, long C);

// Rotary embedding in place, "rotate half" pairing (i, i + D/2) as in Hugging Face's Llama.
// x: row t starts at x + t * stride and holds H heads of D; cosine, sine [positions, D/2].
// inverse = true rotates back, which is also the gradient.
void ck_rope(float *x, const int32_t *positions, const float *cosine, const float *sine, long T, long H, long D,
             long stride, bool inverse);

// SwiGLU: y = silu(gate) * up. Backward may write over its inputs (dgate == gate, dup == up).
void ck_swiglu_forward(float *y, const float *gate, const float *up, long n);
void ck_swiglu_backward(float *dgate, float *dup, const float *dy, const float *gate, const float *up, long n);

// Softmax over a tile of attention scores, in place. Row r (stride apart) sees its first `visible + r` keys, at most K;
// the others become 0. Scores are multiplied by `scale` first. lse [T] receives log-sum-exp of the scaled scores.
void ck_attention_softmax(float *scores, float *lse, long T, long K, long stride, long visible, float scale);
// The same probabilities again from a kept lse.
void ck_attention_probabilities(float *scores, const float *lse, long T, long K, long stride, long visible,
                                float scale);
// ds = p * (dp - delta[r]) * scale, written over dp.
void ck_attention_softmax_backward(float *dp, const float *p, const float *delta, long T, long K, long stride,
                                   float scale);
// delta[r] = dot(a[r], b[r]) over D elements, rows a_stride and b_stride apart.
void ck_row_dots(float *delta, const float *a, const float *b, long T, long D, long a_stride, long b_stride);
// One query of each of H heads against the K keys and values that they share (rows k_stride, v_stride apart):
// out [H, D] = softmax(q k * scale) v. weights [H, K] is scratch. A head's result does not depend on the others.
void ck_attention_decode(float *out, float *weights, const float *q, const float *k, const float *v, long H, long K,
                         long D, long k_stride, long v_stride, float scale);

// Running log-sum-exp over slices of the vocabulary: row r of logits [T, V] (stride apart) is folded into
// maximum[r], sum[r] (start at -inf and 0) and, unless NULL, weighted[r] = sum exp(l - max) * l.
void ck_logsumexp_update(float *maximum, float *sum, float *weighted, const float *logits, long T, long V,
                         long stride);
// logits[r] = exp(logits[r] - lse[r]) * scale[r], in place.
void ck_softmax_scaled(float *logits, const float *lse, const float *scale, long T, long V, long stride);

// Products for few rows: y [T, N] (y_stride apart) = x [T, C] w^T, w [N, C] row-major; T up to 32.
// Every row's result is the same whatever T is. `accumulate` adds to y.
void ck_rows_f32(float *y, const float *x, const float *w, long T, long N, long C, long y_stride, bool accumulate);
void ck_rows_bf16(float *y, const float *x, const uint16_t *w, long T, long N, long C, long y_stride, bool accumulate);
// Groups of 32 int8 with one f32 scale each, group along C (C divisible by 32): scales [N, C/32].
void ck_rows_q8(float *y, const float *x, const int8_t *w, const float *scales, long T, long N, long C, long y_stride,
                bool accumulate);
void ck_quantize_q8(int8_t *q, float *scales, const float *x, long n);
void ck_expand_q8(float *y, const int8_t *q, const float *scales, long n);
// NF4 (QLoRA, Dettmers et al. 2023): blocks of 64 along C with one f32 scale each, the block's largest magnitude; two
// codes a byte, the first in the high nibble. C and n divisible by 64: codes [N, C/2], scales [N, C/64].
void ck_rows_nf4(float *y, const float *x, const uint8_t *codes, const float *scales, long T, long N, long C,
                 long y_stride, bool accumulate);
void ck_quantize_nf4(uint8_t *codes, float *scales, const float *x, long n);
void ck_expand_nf4(float *y, const uint8_t *codes, const float *scales, long n);
// Scales that are quantised themselves, `n` of them from number `first` on, blocks of 256 counted from number 0:
// y[i] = values[codes[first + i]] * maxima[(first + i) / 256] + mean. values [256].
void ck_expand_scales(float *y, const uint8_t *codes, const float *maxima, const float *values, float mean, long first,
                      long n);

// y[i] = deviation * normal number i of a counter-based generator (SplitMix64's finalizer over key + counter, Box-Muller
// in double, rounded to f32): number i reads counters counter + 2 i + 1 and + 2. All levels give libm's bits.
void ck_normals(float *y, uint64_t key, uint64_t counter, float deviation, long n);

// Vectors.
void ck_add(float *y, const float *x, long n);                 // y += x
void ck_axpy(float *y, float a, const float *x, long n);       // y += a x
void ck_scale(float *y, float a, long n);                      // y *= a
double ck_sum_squares(const float *x, long n);                 // accumulated in double, in a fixed order
double ck_dot(const float *x, const float *y, long n);
// softplus-free exponentials over a vector: y = exp(x)
void ck_exp(float *y, const float *x, long n);

// AdamW (decoupled decay, Loshchilov & Hutter 2019), one step over n elements; g is multiplied by gscale first.
// m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; p -= lr (m / c1 / (sqrt(v / c2) + eps) + decay p), c_i = 1 - b_i^step.
void ck_adamw(float *p, const float *g, float *m, float *v, long n, float lr, float b1, float b2, float eps,
              float decay, float c1, float c2, float gscale);

// An 8-bit data type as a table: the numbers of its 256 codes, ascending, and the codes of 2^16 numbers evenly spaced
// over [-1, 1], with three bytes more behind them, which are read and not used. Numbers are quantised in blocks of
// CK_MAP8_BLOCK, each with its largest magnitude: code = that of the nearest of the 2^16 numbers to x / maximum.
// A block of zeros has the maximum 0 and codes 0.
#define CK_MAP8_BLOCK 256
typedef struct {
  const float *values;
  const uint8_t *codes;
} ck_map8;
// x [n], codes [n], maxima [n / 256, rounded up].
void ck_quantize_map8(uint8_t *codes, float *maxima, const float *x, long n, ck_map8 map);
void ck_expand_map8(float *y, const uint8_t *codes, const float *maxima, long n, ck_map8 map);
// ck_adamw with both moments quantised (8-bit Optimizers via Block-wise Quantization, Dettmers et al. 2022): a block is
// expanded, updated in f32, used for the step, and quantised again. m, v [n], m_max, v_max [n / 256, rounded up].
void ck_adamw_map8(float *p, const float *g, uint8_t *m, float *m_max, uint8_t *v, float *v_max, long n, ck_map8 m_map,
                   ck_map8 v_map, float lr, float b1, float b2, float eps, float decay, float c1, float c2,
                   float gscale);

// Formats.
void ck_bf16_to_f32(float *y, const uint16_t *x, long n);
void ck_f32_to_bf16(uint16_t *y, const float *x, long n);      // round to nearest even, NaN kept
void ck_f16_to_f32(float *y, const uint16_t *x, long n);
void ck_f32_to_f16(uint16_t *y, const float *x, long n);

#include "ck_gemm.h"
#include "ck_gemm_integers.h"
#include "ck_table.h"

#endif
