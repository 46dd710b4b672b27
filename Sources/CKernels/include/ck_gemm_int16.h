// Products of f32 operands in 16-bit integers: C [M, N] (+)= A [M, K] B [K, N], up to twice as fast as f32 on the same
// vectors, with about the precision of TF32.
//
// Every CK_INT16_GROUP elements along K of a row of A (or a column of B) are rounded to whole numbers with a scale of
// their own, 14 bits with the sign for A and 13 for B: the sum of a group's products fits 32 bits and is exact. Groups
// are scaled and added in f32 in the order of k, so an element of C does not depend on what is computed beside it. A group
// with a number that is not finite makes NaN of every element of C that it has a part in.
//
// The packed forms are laid out as those of ck_gemm.h, in whole groups: a tile of ck_tile_rows() rows takes
// ck_int16_length(K) floats a row, as does a panel of ck_panel_width() columns a column. They belong to the level.
#ifndef CK_GEMM_INT16_H
#define CK_GEMM_INT16_H

#include <stdbool.h>

#define CK_INT16_GROUP 64
#define CK_INT16_A_LARGEST 8191
#define CK_INT16_B_LARGEST 4095

// Whether the level in use multiplies 16-bit integers faster than f32.
bool ck_int16_pays(void);
// Floats that K elements of one row or column take: for each group 64 codes in pairs, and a scale.
static inline long ck_int16_length(long K) {
  return (K + CK_INT16_GROUP - 1) / CK_INT16_GROUP * (CK_INT16_GROUP / 2 + 1);
}
// Longest slice of K, in whole groups, whose panel and tile stay in the first cache.
long ck_int16_slice_limit(void);

// A[m][k] = src[m * ld + k].
void ck_pack_a_int16(float *dst, const float *src, long M, long K, long ld);
// B[k][n] = src[n * ld + k] if transposed, otherwise src[k * ld + n].
void ck_pack_b_int16(float *dst, const float *src, long N, long K, long ld, bool transposed);

// As ck_gemm. a_tile and b_panel are in floats; a slice of K starts ck_int16_length(k) floats a row further on.
void ck_gemm_int16(float *c, const float *a_packed, const float *b_packed, long M, long N, long K, long a_tile,
                   long b_panel, long ldc, bool accumulate);

#endif
