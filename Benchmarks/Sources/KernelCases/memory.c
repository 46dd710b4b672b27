// Names, memory and the call of a case.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs.h"

void kernel_case_name(const kernel_case *s, char *text, long size) {
  long written = snprintf(text, (size_t)size, "%s ", s->kernel);
  if (s->a) written += snprintf(text + written, (size_t)(size - written), "%ldx", s->a);
  written += snprintf(text + written, (size_t)(size - written), "%ld", s->b);
  if (s->c) snprintf(text + written, (size_t)(size - written), "x%ld", s->c);
}

static long larger(long a, long b) { return a > b ? a : b; }

// Floats of the largest array; tiles and panels of packed matrices are filled up.
static long largest(const kernel_case *s, const ck_kernels *kernels) {
  long width = larger(kernels->panel_width(), kernels->tile_rows());
  long rows = s->a + width, columns = s->b + width;
  long products = s->c ? larger(s->a * s->b, larger(rows, columns) * s->c) : s->a * s->b;
  return larger(products, larger(rows, columns)) + 64;
}

static void *memory_of(long bytes) {
  void *found = NULL;
  if (posix_memalign(&found, 64, (size_t)(bytes + 63) / 64 * 64)) {
    fprintf(stderr, "out of memory: %ld bytes\n", bytes);
    exit(1);
  }
  return found;
}

static float *numbers(long count, unsigned seed) {
  float *found = memory_of(count * (long)sizeof(float));
  for (long i = 0; i < count; i++) {
    seed = seed * 1664525u + 1013904223u;
    found[i] = 0.25f + (float)(seed >> 8) * 0x1p-24f;
  }
  return found;
}

kernel_memory kernel_memory_for(const kernel_case *s, const ck_kernels *kernels) {
  long count = largest(s, kernels);
  kernel_memory m = {
      .y = numbers(count, 1), .x = numbers(count, 2), .w = numbers(count, 3), .u = numbers(count, 4),
      .v = numbers(count, 5), .positions = memory_of(count * 4), .half = memory_of(count * 2), .bytes = memory_of(count),
  };
  for (long i = 0; i < count; i++) m.positions[i] = (int32_t)(i % 64);
  bool is_f16 = strcmp(s->kernel, "f16_to_f32") == 0;
  (is_f16 ? kernels->f32_to_f16 : kernels->f32_to_bf16)(m.half, m.w, count);
  for (long i = 0; i < count; i++) m.bytes[i] = (int8_t)(i % 15 - 7);
  if (strcmp(s->kernel, "gemm") == 0) {
    kernels->pack_a(m.v, m.x, s->a, s->c, s->c, false);
    kernels->pack_b(m.u, m.w, s->b, s->c, s->c, true);
  }
  bool is_int16 = strcmp(s->kernel, "gemm_int16") == 0;
  if (is_int16 || strcmp(s->kernel, "gemm_int8") == 0) {
    const ck_integers form = is_int16 ? CK_INT16 : CK_INT8;
    kernels->pack_a_integers(m.v, m.x, s->a, s->c, s->c, false, form);
    kernels->pack_b_integers(m.u, m.w, s->b, s->c, s->c, true, form);
  }
  return m;
}

void kernel_memory_free(kernel_memory *m) {
  void *all[] = {m->y, m->x, m->w, m->u, m->v, m->positions, m->half, m->bytes};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

__attribute__((noinline)) void kernel_call(const ck_kernels *kernels, const kernel_case *s, kernel_memory *m) {
  s->run(kernels, s, m);
  __asm__ volatile("" ::: "memory");
}
