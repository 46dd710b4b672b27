// General products with a packed right-hand side: C [M, N] (+)= A [M, K] B [K, N], f32.
//
// Pack B once (a frozen weight: once for the run), multiply many times. The packed form is a row of panels, each
// ck_panel_width() columns of B stored [K, width] and filled up with zeros, so that
// - panel p starts at packed + p * width * K, and a caller may give panels to threads: columns from p * width on are
//   ck_gemm(c + p * width, a, packed + p * width * K, ...);
// - rows may be split as well. Each element of C is one sum in an order that depends on K alone, so results are the
//   same however rows and panels are split.
// The width belongs to the level: what was packed under one level must be multiplied under it.
#ifndef CK_GEMM_H
#define CK_GEMM_H

#include <stdbool.h>

long ck_panel_width(void);

// Floats that the packed form of B [K, N] takes.
long ck_pack_b_size(long N, long K);

// Packs B [K, N] into dst. transposed: B[k][n] = src[n * ld + k] (y = x W^T with W [N, K] as a checkpoint stores it);
// otherwise B[k][n] = src[k * ld + n] (dx = dy W: the same W, now K outputs by N inputs; dW = dy^T x: src = x).
void ck_pack_b(float *dst, const float *src, long N, long K, long ld, bool transposed);

// A[m][k] = a[m * lda + k], or a[k * lda + m] if a_transposed (dW = dy^T x: a = dy, M outputs, K tokens); rows of C are
// ldc apart. accumulate adds to C. C must not overlap A or B.
void ck_gemm(float *c, const float *a, const float *b_packed, long M, long N, long K, long lda, long ldc,
             bool a_transposed, bool accumulate);

#endif
