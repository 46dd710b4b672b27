// The AVX2 level: the vector bodies, eight floats a vector.
#if defined(__x86_64__)
#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "level.h"

#define VFN static inline __attribute__((always_inline))
#define ROWS_OUTPUTS 3 // a register tile of 3 output rows by 4 rows of x: 12 sums, 3 of weights, one of x
#define ROWS_TOKENS 4

// Products: tiles of 6 x 16 (12 sums, 2 of B, one of A).
#define GEMM_MR 6
#define GEMM_NV 2
#define GEMM_KC 384
#define GEMM_MC 96
#define INT8_NV 1 // 6 sums, 6 of C, and both quads of A and B

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "vector/avx2.h"

#include "vector/loops.h"

#include "vector/attention.h"
#include "vector/gemm.h"
#include "vector/gemm_integers.h"
#include "vector/layers.h"
#include "vector/pack_integers.h"
#include "portable/normals.h"
#include "vector/rows.h"
#include "vector/rows_integer.h"
#include "vector/map8.h"
#include "vector/vectors.h"

#include "moments.h"
#pragma clang attribute pop

const ck_kernels ck_avx2_kernels = CK_KERNELS_OF_THIS_FILE;
#endif
