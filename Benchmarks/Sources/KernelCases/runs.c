// One function for each kernel: how a case's sizes a, b, c become its arguments.
#include <math.h>

#include "runs.h"

#define RUN(name) void name(const ck_kernels *k, const kernel_case *s, kernel_memory *m)
#define HEAD 64

// a rows of b.
RUN(run_rmsnorm_forward) { k->rmsnorm_forward(m->y, m->u, m->x, m->w, s->a, s->b, 1e-5f); }
RUN(run_rmsnorm_backward) { k->rmsnorm_backward(m->y, NULL, m->u, m->x, m->w, m->v, s->a, s->b); }
RUN(run_rope) { k->rope(m->y, m->positions, m->x, m->w, s->a, s->b / HEAD, HEAD, s->b, false); }
RUN(run_swiglu_forward) { k->swiglu_forward(m->y, m->x, m->u, s->a * s->b); }
RUN(run_swiglu_backward) { k->swiglu_backward(m->y, m->v, m->w, m->x, m->u, s->a * s->b); }

// a queries, b keys.
RUN(run_attention_softmax) { k->attention_softmax(m->y, m->u, s->a, s->b, s->b, s->b - s->a + 1, 0.125f); }
RUN(run_attention_probabilities) {
  k->attention_probabilities(m->y, m->u, s->a, s->b, s->b, s->b - s->a + 1, 0.125f);
}
RUN(run_attention_softmax_backward) {
  k->attention_softmax_backward(m->y, m->x, m->u, s->a, s->b, s->b, 0.125f);
}
// a rows of b.
RUN(run_row_dots) { k->row_dots(m->y, m->x, m->w, s->a, s->b, s->b, s->b); }
// a keys, b apart, of one head.
RUN(run_attention_decode) { k->attention_decode(m->y, m->u, m->v, m->x, m->w, 1, s->a, HEAD, s->b, s->b, 0.125f); }

// a rows of a vocabulary b.
RUN(run_logsumexp_update) {
  for (long r = 0; r < s->a; r++) m->u[r] = -INFINITY, m->v[r] = 0;
  k->logsumexp_update(m->u, m->v, NULL, m->x, s->a, s->b, s->b);
}
RUN(run_softmax_scaled) { k->softmax_scaled(m->y, m->u, m->v, s->a, s->b, s->b); }

// a rows of c, b outputs.
RUN(run_rows_f32) { k->rows_f32(m->y, m->x, m->w, s->a, s->b, s->c, s->b, false); }
RUN(run_rows_bf16) { k->rows_bf16(m->y, m->x, m->half, s->a, s->b, s->c, s->b, false); }
RUN(run_rows_q8) { k->rows_q8(m->y, m->x, m->bytes, m->w, s->a, s->b, s->c, s->b, false); }
RUN(run_quantize_q8) { k->quantize_q8(m->bytes, m->y, m->x, s->a * s->b); }

RUN(run_rows_nf4) { k->rows_nf4(m->y, m->x, (uint8_t *)m->bytes, m->w, s->a, s->b, s->c, s->b, false); }
RUN(run_quantize_nf4) { k->quantize_nf4((uint8_t *)m->bytes, m->y, m->x, s->a * s->b); }
RUN(run_expand_q8) { k->expand_q8(m->y, m->bytes, m->w, s->a * s->b); }
RUN(run_expand_scales) { k->expand_scales(m->y, (uint8_t *)m->bytes, m->w, m->u, 0.5f, 0, s->a * s->b); }
RUN(run_expand_nf4) { k->expand_nf4(m->y, (uint8_t *)m->bytes, m->w, s->a * s->b); }

// a outputs (rows) x b columns x depth c; the left-hand side is packed in v, the right-hand side in u.
RUN(run_pack_a) { k->pack_a(m->v, m->x, s->b, s->c, s->c, false); }
RUN(run_pack_a_transposed) { k->pack_a(m->v, m->x, s->b, s->c, s->b, true); }
RUN(run_pack_b) { k->pack_b(m->u, m->w, s->b, s->c, s->c, true); }
RUN(run_pack_b_plain) { k->pack_b(m->u, m->w, s->b, s->c, s->b, false); }
RUN(run_gemm) { // in even slices of the depth, as products are done
  const long tile = k->tile_rows(), width = k->panel_width(), limit = k->slice_limit();
  const long slices = (s->c + limit - 1) / limit, depth = (s->c + slices - 1) / slices;
  for (long first = 0; first < s->c; first += depth) {
    long part = s->c - first < depth ? s->c - first : depth;
    k->gemm(m->y, m->v + first * tile, m->u + first * width, s->a, s->b, part, s->c * tile, s->c * width, s->b,
            first > 0);
  }
}

RUN(run_pack_a_int16) { k->pack_a_integers(m->v, m->x, s->b, s->c, s->c, false, CK_INT16); }
RUN(run_pack_b_int16) { k->pack_b_integers(m->u, m->w, s->b, s->c, s->c, true, CK_INT16); }
RUN(run_pack_b_int16_plain) { k->pack_b_integers(m->u, m->w, s->b, s->c, s->b, false, CK_INT16); }
RUN(run_pack_a_int8) { k->pack_a_integers(m->v, m->x, s->b, s->c, s->c, false, CK_INT8); }
RUN(run_pack_a_int8_transposed) { k->pack_a_integers(m->v, m->x, s->b, s->c, s->b, true, CK_INT8); }
RUN(run_pack_b_int8) { k->pack_b_integers(m->u, m->w, s->b, s->c, s->c, true, CK_INT8); }
RUN(run_pack_b_int8_plain) { k->pack_b_integers(m->u, m->w, s->b, s->c, s->b, false, CK_INT8); }

// Slice by slice of K, as products are computed.
static void gemm_integers(const ck_kernels *k, const kernel_case *s, kernel_memory *m, ck_integers form) {
  const long tile = k->tile_rows(), width = k->panel_width(), length = ck_integer_length(form, s->c);
  const long limit = k->integer_slice_limit(form), slices = (s->c + limit - 1) / limit;
  const long depth = ((s->c + slices - 1) / slices + CK_INTEGER_GROUP - 1) / CK_INTEGER_GROUP * CK_INTEGER_GROUP;
  for (long first = 0; first < s->c; first += depth) {
    long part = s->c - first < depth ? s->c - first : depth, start = ck_integer_length(form, first);
    k->gemm_integers(m->y, m->v + start * tile, m->u + start * width, s->a, s->b, part, length * tile, length * width,
                     s->b, first > 0, form);
  }
}
RUN(run_gemm_int16) { gemm_integers(k, s, m, CK_INT16); }
RUN(run_gemm_int8) { gemm_integers(k, s, m, CK_INT8); }

// a * b elements. Factors are such that repeated calls overflow nothing.
RUN(run_add) { k->add(m->y, m->x, s->a * s->b); }
RUN(run_axpy) { k->axpy(m->y, 1e-6f, m->x, s->a * s->b); }
RUN(run_scale) { k->scale(m->y, 1.0f, s->a * s->b); }
RUN(run_sum_squares) { m->y[0] = (float)k->sum_squares(m->x, s->a * s->b); }
RUN(run_dot) { m->y[0] = (float)k->dot(m->x, m->w, s->a * s->b); }
RUN(run_exp) { k->exp(m->y, m->x, s->a * s->b); }
RUN(run_adamw) {
  k->adamw(m->y, m->x, m->u, m->v, s->a * s->b, 1e-6f, 0.9f, 0.999f, 1e-8f, 0.01f, 0.1f, 0.001f, 1.0f);
}
// The map's numbers are in w, its table of codes in bytes, which has to have 2^16 of them.
RUN(run_adamw_map8) {
  uint8_t *codes = (uint8_t *)m->half;
  ck_map8 map = {.values = m->w, .codes = (uint8_t *)m->bytes};
  k->adamw_map8(m->y, m->x, codes, m->u, codes + s->a * s->b, m->v, s->a * s->b, map, map, 1e-6f, 0.9f, 0.999f, 1e-8f,
                0.01f, 0.1f, 0.001f, 1.0f);
}
RUN(run_normals) { k->normals(m->y, 1, 0, 0.02f, s->a * s->b); }
RUN(run_bf16_to_f32) { k->bf16_to_f32(m->y, m->half, s->a * s->b); }
RUN(run_f32_to_bf16) { k->f32_to_bf16(m->half, m->x, s->a * s->b); }
RUN(run_f16_to_f32) { k->f16_to_f32(m->y, m->half, s->a * s->b); }
RUN(run_f32_to_f16) { k->f32_to_f16(m->half, m->x, s->a * s->b); }
