// The functions of runs.c, for the table of cases.
#ifndef RUNS_H
#define RUNS_H

#include "KernelCases.h"

typedef void kernel_run(const ck_kernels *kernels, const kernel_case *sizes, kernel_memory *memory);

kernel_run run_rmsnorm_forward, run_rmsnorm_backward, run_rope, run_swiglu_forward, run_swiglu_backward,
    run_attention_softmax, run_attention_probabilities, run_attention_softmax_backward, run_row_dots,
    run_attention_decode, run_logsumexp_update, run_softmax_scaled, run_rows_f32, run_rows_bf16, run_rows_q8,
    run_quantize_q8, run_pack_b, run_pack_b_plain, run_gemm, run_rows_nf4, run_quantize_nf4,
    run_expand_q8, run_expand_nf4, run_pack_a, run_pack_a_transposed, run_add, run_axpy, run_scale,
    run_sum_squares, run_dot, run_exp, run_adamw, run_adamw_map8, run_normals, run_expand_scales, run_bf16_to_f32,
    run_f32_to_bf16, run_f16_to_f32, run_f32_to_f16, run_pack_a_int16, run_pack_b_int16, run_pack_b_int16_plain,
    run_gemm_int16, run_pack_a_int8, run_pack_a_int8_transposed, run_pack_b_int8, run_pack_b_int8_plain, run_gemm_int8;

#endif
