// The AVX-512 level: the vector bodies, sixteen floats a vector.
#if defined(__x86_64__)
#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "level.h"

#define VFN static inline __attribute__((always_inline))
#define ROWS_OUTPUTS 4 // a register tile of 4 output rows by 6 rows of x: 24 sums of 32 registers
#define ROWS_TOKENS 6

// Products: tiles of 8 x 48 (24 sums, 3 of B, one of A).
#define GEMM_MR 8
#define GEMM_NV 3
#define GEMM_KC 384
#define GEMM_MC 96
#define INT8_NV 1 // 8 sums, 8 of C

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma,f16c"))),                  \
                             apply_to = function)
#include "vector/avx512.h"

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

const ck_kernels ck_avx512_kernels = CK_KERNELS_OF_THIS_FILE;
#endif
