// The kernels of one level as a table of functions: what dispatch calls, and what tests compare level by level.
#ifndef CK_TABLE_H
#define CK_TABLE_H

#include "CKernels.h"
#include "ck_gemm.h"
#include "ck_gemm_integers.h"

typedef struct ck_kernels {
  __typeof__(ck_rmsnorm_forward) *rmsnorm_forward;
  __typeof__(ck_rmsnorm_backward) *rmsnorm_backward;
  __typeof__(ck_rope) *rope;
  __typeof__(ck_swiglu_forward) *swiglu_forward;
  __typeof__(ck_swiglu_backward) *swiglu_backward;

  __typeof__(ck_attention_softmax) *attention_softmax;
  __typeof__(ck_attention_probabilities) *attention_probabilities;
  __typeof__(ck_attention_softmax_backward) *attention_softmax_backward;
  __typeof__(ck_row_dots) *row_dots;
  __typeof__(ck_attention_decode) *attention_decode;
  __typeof__(ck_logsumexp_update) *logsumexp_update;
  __typeof__(ck_softmax_scaled) *softmax_scaled;

  __typeof__(ck_rows_f32) *rows_f32;
  __typeof__(ck_rows_bf16) *rows_bf16;
  __typeof__(ck_rows_q8) *rows_q8;
  __typeof__(ck_rows_nf4) *rows_nf4;
  __typeof__(ck_quantize_q8) *quantize_q8;
  __typeof__(ck_quantize_nf4) *quantize_nf4;
  __typeof__(ck_expand_q8) *expand_q8;
  __typeof__(ck_expand_nf4) *expand_nf4;
  __typeof__(ck_expand_scales) *expand_scales;
  __typeof__(ck_normals) *normals;

  __typeof__(ck_add) *add;
  __typeof__(ck_axpy) *axpy;
  __typeof__(ck_scale) *scale;
  __typeof__(ck_sum_squares) *sum_squares;
  __typeof__(ck_dot) *dot;
  __typeof__(ck_exp) *exp;
  __typeof__(ck_adamw) *adamw;
  __typeof__(ck_quantize_map8) *quantize_map8;
  __typeof__(ck_expand_map8) *expand_map8;
  __typeof__(ck_adamw_map8) *adamw_map8;

  __typeof__(ck_bf16_to_f32) *bf16_to_f32;
  __typeof__(ck_f32_to_bf16) *f32_to_bf16;
  __typeof__(ck_f16_to_f32) *f16_to_f32;
  __typeof__(ck_f32_to_f16) *f32_to_f16;

  __typeof__(ck_panel_width) *panel_width;
  __typeof__(ck_tile_rows) *tile_rows;
  __typeof__(ck_slice_limit) *slice_limit;
  __typeof__(ck_pack_a) *pack_a;
  __typeof__(ck_pack_b) *pack_b;
  __typeof__(ck_gemm) *gemm;
  __typeof__(ck_integer_slice_limit) *integer_slice_limit;
  __typeof__(ck_pack_a_integers) *pack_a_integers;
  __typeof__(ck_pack_b_integers) *pack_b_integers;
  __typeof__(ck_gemm_integers) *gemm_integers;
} ck_kernels;

// The functions of a level, or NULL where this processor (or this build) lacks it.
const ck_kernels *ck_table(ck_level level);

#endif
