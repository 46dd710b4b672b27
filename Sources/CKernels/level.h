// Private: what each level defines. A level file (`portable.c`, `avx2.c`, `avx512.c`) includes its bodies as static
// functions k_NAME and ends with one table of them.
#ifndef LEVEL_H
#define LEVEL_H

#include "ck_table.h"

extern const ck_kernels ck_portable_kernels;
#if defined(__x86_64__)
extern const ck_kernels ck_avx2_kernels;
extern const ck_kernels ck_avx512_kernels;
#endif

// The levels of NF4 and the midpoints between neighbours; a value's code is the number of midpoints below it.
extern const float ck_nf4_values[16];
extern const float ck_nf4_bounds[15];

#define CK_KERNELS_OF_THIS_FILE                                                                                       \
  {                                                                                                                   \
    .rmsnorm_forward = k_rmsnorm_forward, .rmsnorm_backward = k_rmsnorm_backward, .rope = k_rope,                     \
    .swiglu_forward = k_swiglu_forward, .swiglu_backward = k_swiglu_backward,                                         \
    .attention_softmax = k_attention_softmax, .attention_probabilities = k_attention_probabilities,                   \
    .attention_softmax_backward = k_attention_softmax_backward, .row_dots = k_row_dots,                               \
    .attention_decode = k_attention_decode, .logsumexp_update = k_logsumexp_update,                                   \
    .softmax_scaled = k_softmax_scaled, .rows_f32 = k_rows_f32, .rows_bf16 = k_rows_bf16, .rows_q8 = k_rows_q8,       \
    .rows_nf4 = k_rows_nf4, .quantize_q8 = k_quantize_q8, .quantize_nf4 = k_quantize_nf4,                             \
    .expand_q8 = k_expand_q8, .expand_nf4 = k_expand_nf4, .expand_scales = k_expand_scales, .normals = k_normals,     \
    .add = k_add, .axpy = k_axpy, .scale = k_scale, .sum_squares = k_sum_squares, .dot = k_dot, .exp = k_exp,         \
    .adamw = k_adamw, .quantize_map8 = k_quantize_map8, .expand_map8 = k_expand_map8, .adamw_map8 = k_adamw_map8,     \
    .bf16_to_f32 = k_bf16_to_f32, .f32_to_bf16 = k_f32_to_bf16,                                                       \
    .f16_to_f32 = k_f16_to_f32, .f32_to_f16 = k_f32_to_f16, .panel_width = k_panel_width,                            \
    .tile_rows = k_tile_rows, .slice_limit = k_slice_limit, .pack_a = k_pack_a, .pack_b = k_pack_b, .gemm = k_gemm,   \
    .integer_slice_limit = k_integer_slice_limit, .pack_a_integers = k_pack_a_integers,                               \
    .pack_b_integers = k_pack_b_integers, .gemm_integers = k_gemm_integers,                                           \
  }

// Below this a block counts as zeros: the inverse of its maximum would be infinite.
#define CK_MAP8_LEAST 1e-37f

// How many of K keys row r sees when row 0 sees `visible`.
static inline long ck_visible_keys(long visible, long r, long K) {
  long seen = visible + r;
  return seen < 0 ? 0 : seen > K ? K : seen;
}

#endif
