// The kernels of CKernels on sizes that training and sampling meet: one table for timing and for counting instructions.
//
// To measure a new kernel: a function in runs.c that calls it, and its sizes in cases.c.
#ifndef KERNEL_CASES_H
#define KERNEL_CASES_H

#include <stdbool.h>

#include "CKernels.h"

// Memory of a case; each array holds at least `floats` elements, none of them huge, tiny or zero.
typedef struct kernel_memory {
  float *y, *x, *w, *u, *v;
  int32_t *positions;
  uint16_t *half;
  int8_t *bytes;
} kernel_memory;

typedef struct kernel_case {
  const char *kernel;
  long a, b, c;  // what they are is the kernel's matter: see runs.c
  double operations;  // multiplications and additions of one call; 0 where moving data is the work
  double traffic;     // bytes read and written by one call
  bool is_counted;    // whether the regression gate counts its instructions
  void (*run)(const ck_kernels *kernels, const struct kernel_case *sizes, kernel_memory *memory);
} kernel_case;

long kernel_case_count(void);
const kernel_case *kernel_case_at(long index);

// The kernel and its sizes, as "gemm 256x576x576"; written to `text` [size].
void kernel_case_name(const kernel_case *sizes, char *text, long size);

// Memory for one case and one level, filled with numbers between 0.25 and 1.25; packed where the kernel wants that.
kernel_memory kernel_memory_for(const kernel_case *sizes, const ck_kernels *kernels);
void kernel_memory_free(kernel_memory *memory);

// Calls the kernel once. Never inlined: callgrind collects from its entry to its exit.
void kernel_call(const ck_kernels *kernels, const kernel_case *sizes, kernel_memory *memory);

// The roofline of one core. Multiply-adds on registers alone at the best level of this processor, operations a second;
// moving `bytes` again and again, bytes a second: by reading or, where the work writes as well, by y += x if that is
// faster.
double roofline_operations(void);
double roofline_bandwidth(long bytes, bool writes);

#endif
