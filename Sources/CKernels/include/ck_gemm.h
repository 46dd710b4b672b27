// General products over packed operands: C [M, N] (+)= A [M, K] B [K, N], f32.
//
// A is packed in tiles of ck_tile_rows() rows, each stored [K, rows]; B in panels of ck_panel_width() columns, each
// stored [K, width]; what lies beyond M or N is filled up with zeros. A tile or panel of a part of K is the same memory
// further on, so both are packed once and met by many products:
// - rows from t * ck_tile_rows() on start at a_packed + t * K * ck_tile_rows(), columns likewise;
// - elements from k on start k * ck_tile_rows() (k * ck_panel_width()) further on.
// Each element of C is one sum in the order of k, whatever rows and columns are computed together. Callers cut K into
// slices of at most ck_slice_limit(), evenly, so that the order depends on K alone.
// The forms belong to the level: what was packed under one level must be multiplied under it.
#ifndef CK_GEMM_H
#define CK_GEMM_H

#include <stdbool.h>

long ck_panel_width(void);
long ck_tile_rows(void);
// Longest slice of K whose panel and tile stay in the first cache.
long ck_slice_limit(void);

// Floats that the packed form of A [M, K] and of B [K, N] takes.
long ck_pack_a_size(long M, long K);
long ck_pack_b_size(long N, long K);

// Packs A [M, K]: A[m][k] = src[m * ld + k], or src[k * ld + m] if transposed (dW = dy^T x: src = dy).
void ck_pack_a(float *dst, const float *src, long M, long K, long ld, bool transposed);

// Packs B [K, N]. transposed: B[k][n] = src[n * ld + k] (y = x W^T with W [N, K] as a checkpoint stores it);
// otherwise B[k][n] = src[k * ld + n] (dx = dy W: the same W, now K outputs by N inputs; dW = dy^T x: src = x).
void ck_pack_b(float *dst, const float *src, long N, long K, long ld, bool transposed);

// Tiles are a_tile floats apart and panels b_panel (K times the width where all of K is meant); rows of C are ldc apart.
// accumulate adds to C. C must not overlap A or B.
void ck_gemm(float *c, const float *a_packed, const float *b_packed, long M, long N, long K, long a_tile, long b_panel,
             long ldc, bool accumulate);

#endif
