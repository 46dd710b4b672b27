// The table: which kernel on which sizes. Width 576, feed-forward 1536, vocabulary 49152, heads of 64, 3 key heads.
#include "runs.h"

// Multiply-adds count as two operations. `moves`: floats read and written for each element.
#define ELEMENTS(name, a, b, moves, counted) \
  {#name, a, b, 0, 0, 4.0 * (moves) * (a) * (b), counted, run_##name}
// As many multiply-adds as a x b x c; `bytes` is what one weight takes.
#define ROWS(name, a, b, c, bytes, counted) \
  {#name, a, b, c, 2.0 * (a) * (b) * (c), (double)(bytes) * (b) * (c) + 4.0 * (a) * ((b) + (c)), counted, run_##name}
#define PRODUCT(name, a, b, c, counted) \
  {#name, a, b, c, 2.0 * (a) * (b) * (c), 4.0 * ((double)(a) * (b) + (double)(b) * (c) + (double)(a) * (c)), counted, \
   run_##name}
#define PACKING(name, b, c, counted) {#name, 0, b, c, 0, 8.0 * (b) * (c), counted, run_##name}
// a keys and values of a head.
#define DECODE(a, counted) \
  {"attention_decode", a, 192, 0, 4.0 * (a) * 64, 8.0 * (a) * 64, counted, run_attention_decode}

static const kernel_case cases[] = {
    PRODUCT(gemm, 64, 576, 576, true),
    PRODUCT(gemm, 256, 1536, 576, true),
    PRODUCT(gemm, 1024, 576, 1536, false),
    PRODUCT(gemm, 64, 256, 64, true),
    PACKING(pack_a, 576, 576, true),
    PACKING(pack_a_transposed, 576, 576, true),
    PACKING(pack_b, 576, 576, true),
    PACKING(pack_b_plain, 576, 576, true),
    PRODUCT(gemm_int16, 64, 576, 576, true),
    PRODUCT(gemm_int16, 256, 1536, 576, true),
    PRODUCT(gemm_int16, 1024, 576, 1536, false),
    PACKING(pack_a_int16, 576, 576, true),
    PACKING(pack_b_int16, 576, 576, true),
    PACKING(pack_b_int16_plain, 576, 576, true),
    PRODUCT(gemm_int8, 64, 576, 576, true),
    PRODUCT(gemm_int8, 256, 1536, 576, true),
    PRODUCT(gemm_int8, 1024, 576, 1536, false),
    PACKING(pack_a_int8, 576, 576, true),
    PACKING(pack_a_int8_transposed, 576, 576, true),
    PACKING(pack_b_int8, 576, 576, true),
    PACKING(pack_b_int8_plain, 576, 576, true),

    ROWS(rows_f32, 1, 1536, 576, 4, true),
    ROWS(rows_f32, 1, 49152, 576, 4, false),
    ROWS(rows_f32, 8, 1536, 576, 4, true),
    ROWS(rows_f32, 16, 1536, 576, 4, true),
    ROWS(rows_f32, 32, 49152, 576, 4, false),
    ROWS(rows_bf16, 1, 1536, 576, 2, true),
    ROWS(rows_bf16, 1, 49152, 576, 2, false),
    ROWS(rows_bf16, 16, 1536, 576, 2, true),
    ROWS(rows_q8, 1, 1536, 576, 1.125, true),
    ROWS(rows_q8, 1, 49152, 576, 1.125, false),
    ROWS(rows_q8, 16, 1536, 576, 1.125, true),
    ROWS(rows_q8, 32, 1536, 576, 1.125, false),
    ROWS(rows_nf4, 1, 1536, 576, 0.5625, true),
    ROWS(rows_nf4, 1, 49152, 576, 0.5625, false),
    ROWS(rows_nf4, 16, 1536, 576, 0.5625, true),
    ELEMENTS(quantize_q8, 64, 576, 1.25, true),
    ELEMENTS(quantize_nf4, 64, 576, 1.125, true),
    ELEMENTS(expand_q8, 64, 576, 1.25, true),
    ELEMENTS(expand_nf4, 64, 576, 1.125, true),

    ELEMENTS(attention_softmax, 64, 64, 2, true),
    ELEMENTS(attention_softmax, 64, 256, 2, true),
    ELEMENTS(attention_softmax, 64, 1024, 2, false),
    ELEMENTS(attention_probabilities, 64, 256, 2, true),
    ELEMENTS(attention_softmax_backward, 64, 256, 3, true),
    ELEMENTS(row_dots, 576, 64, 2, true),
    DECODE(64, true),
    DECODE(256, true),
    DECODE(1024, false),
    ELEMENTS(logsumexp_update, 8, 49152, 1, false),
    ELEMENTS(logsumexp_update, 4, 4096, 1, true),
    ELEMENTS(softmax_scaled, 8, 49152, 2, false),
    ELEMENTS(softmax_scaled, 4, 4096, 2, true),

    ELEMENTS(rmsnorm_forward, 64, 576, 2, true),
    ELEMENTS(rmsnorm_backward, 64, 576, 4, true),
    ELEMENTS(rope, 64, 576, 2, true),
    ELEMENTS(swiglu_forward, 64, 1536, 3, true),
    ELEMENTS(swiglu_backward, 64, 1536, 5, true),

    ELEMENTS(add, 64, 576, 3, true),
    ELEMENTS(axpy, 64, 576, 3, true),
    ELEMENTS(scale, 64, 576, 2, true),
    ELEMENTS(sum_squares, 64, 576, 1, true),
    ELEMENTS(dot, 64, 576, 2, true),
    ELEMENTS(exp, 64, 576, 2, true),
    ELEMENTS(adamw, 16, 1536, 7, true),
    ELEMENTS(adamw, 1536, 576, 7, false),
    ELEMENTS(adamw_map8, 64, 1536, 4, true),
    ELEMENTS(normals, 64, 576, 1, true),
    ELEMENTS(expand_scales, 64, 576, 1.25, true),
    ELEMENTS(bf16_to_f32, 64, 576, 1.5, true),
    ELEMENTS(f32_to_bf16, 64, 576, 1.5, true),
    ELEMENTS(f16_to_f32, 64, 576, 1.5, true),
    ELEMENTS(f32_to_f16, 64, 576, 1.5, true),
};

long kernel_case_count(void) { return sizeof cases / sizeof *cases; }

const kernel_case *kernel_case_at(long index) { return cases + index; }
