// Products of f32 operands in integers: C [M, N] (+)= A [M, K] B [K, N]. On AVX2 16 bits are up to 1.5 times as fast as
// f32 and have about the precision of TF32; 8 bits are twice as fast and hold a product to 1 or 2% of its norm.
//
// Every CK_INTEGER_GROUP elements along K of a row of A (or a column of B) are rounded to whole numbers with a scale of
// their own: the sum of a group's products fits 32 bits and is exact. Groups are scaled and added in f32 in the order of
// k, so an element of C does not depend on what is computed beside it. A group with a number that is not finite makes
// NaN of every element of C that it has a part in.
//
// The packed forms are laid out as those of ck_gemm.h, in whole groups: a tile of ck_tile_rows() rows takes
// ck_integer_length(K) floats a row, as does a panel of ck_panel_width() columns a column. They belong to the level.
#ifndef CK_GEMM_INTEGERS_H
#define CK_GEMM_INTEGERS_H

#include <stdbool.h>

typedef enum ck_integers {
  // 14 bits with the sign for A and 13 for B.
  CK_INT16,
  // 7 bits for both, so that four products fit 16 bits. The instruction multiplies unsigned by signed numbers: A's codes
  // have CK_INT8_OFFSET added, and every group of B says what that adds to a sum.
  CK_INT8
} ck_integers;

#define CK_INTEGER_GROUP 64
#define CK_INT16_A_LARGEST 8191
#define CK_INT16_B_LARGEST 4095
#define CK_INT8_A_LARGEST 64
#define CK_INT8_B_LARGEST 63
#define CK_INT8_OFFSET 64

// Whether the level in use multiplies such integers faster than f32.
bool ck_integers_pay(ck_integers form);
// Words of four bytes that the codes of a group take.
static inline long ck_integer_words(ck_integers form) { return CK_INTEGER_GROUP / (form == CK_INT16 ? 2 : 4); }
// Floats that K elements of one row or column take: for each group its codes, with 8 bits B's correction (the word is
// unused in A), and a scale.
static inline long ck_integer_length(ck_integers form, long K) {
  return (K + CK_INTEGER_GROUP - 1) / CK_INTEGER_GROUP * (ck_integer_words(form) + (form == CK_INT16 ? 1 : 2));
}
// Longest slice of K, in whole groups, whose panel and tile stay in the first cache.
long ck_integer_slice_limit(ck_integers form);

// A[m][k] = src[k * ld + m] if transposed, otherwise src[m * ld + k].
void ck_pack_a_integers(float *dst, const float *src, long M, long K, long ld, bool transposed, ck_integers form);
// B[k][n] = src[n * ld + k] if transposed, otherwise src[k * ld + n].
void ck_pack_b_integers(float *dst, const float *src, long N, long K, long ld, bool transposed, ck_integers form);

// As ck_gemm. a_tile and b_panel are in floats; a slice of K starts ck_integer_length(form, k) floats a row further on.
void ck_gemm_integers(float *c, const float *a_packed, const float *b_packed, long M, long N, long K, long a_tile,
                      long b_panel, long ldc, bool accumulate, ck_integers form);

#endif
