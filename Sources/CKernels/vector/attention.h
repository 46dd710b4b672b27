// Softmax over attention scores, one-query attention, and log-sum-exp over slices of the vocabulary.

static inline float row_maximum(const float *x, long n, float scale) {
  const vf low = vset(-INFINITY);
  vf largest[4] = {low, low, low, low};
  VECTORS4(n, largest[j] = vmax(largest[j], vload_or(x + i, m, low)););
  vf either = vmax(vmax(largest[0], largest[1]), vmax(largest[2], largest[3]));
  return vlargest(either) * scale;
}

static inline void zero(float *x, long n) {
  if (n > 0) memset(x, 0, (size_t)n * sizeof(float));
}

// scores [T, K] (stride apart) become probabilities; lse [T] the log-sum-exp of the scaled visible scores.
static void k_attention_softmax(float *scores, float *lse, long T, long K, long stride, long visible, float scale) {
  for (long r = 0; r < T; r++, scores += stride) {
    long seen = ck_visible_keys(visible, r, K);
    float maximum = seen > 0 ? row_maximum(scores, seen, scale) : -INFINITY;
    if (maximum == -INFINITY) {
      zero(scores, K);
      lse[r] = -INFINITY;
      continue;
    }
    vf sums[4] = {vzero(), vzero(), vzero(), vzero()};
    VECTORS4(seen, {
      vf e = vexp(vsub(vmul(vload_n(scores + i, m), vset(scale)), vset(maximum)));
      vstore_n(scores + i, e, m);
      sums[j] = vadd(sums[j], vkeep(e, m));
    });
    float sum = vsum(vtotal4(sums));
    VECTORS(seen, vstore_n(scores + i, vmul(vload_n(scores + i, m), vset(1 / sum)), m););
    zero(scores + seen, K - seen);
    lse[r] = maximum + logf(sum);
  }
}

// The same probabilities from scores [T, K] and the kept lse [T].
static void k_attention_probabilities(float *scores, const float *lse, long T, long K, long stride, long visible,
                                      float scale) {
  for (long r = 0; r < T; r++, scores += stride) {
    long seen = lse[r] == -INFINITY ? 0 : ck_visible_keys(visible, r, K);
    VECTORS(seen, {
      vstore_n(scores + i, vexp(vsub(vmul(vload_n(scores + i, m), vset(scale)), vset(lse[r]))), m);
    });
    zero(scores + seen, K - seen);
  }
}

// dp, p [T, K] (stride apart), delta [T]: ds = p (dp - delta) scale over dp.
static void k_attention_softmax_backward(float *dp, const float *p, const float *delta, long T, long K, long stride,
                                         float scale) {
  for (long r = 0; r < T; r++, dp += stride, p += stride) {
    VECTORS(K, {
      vf pull = vmul(vsub(vload_n(dp + i, m), vset(delta[r])), vset(scale));
      vstore_n(dp + i, vmul(vload_n(p + i, m), pull), m);
    });
  }
}

// delta [T] = dots of a, b [T, D].
static void k_row_dots(float *delta, const float *a, const float *b, long T, long D, long a_stride, long b_stride) {
  for (long r = 0; r < T; r++, a += a_stride, b += b_stride) {
    vf sums[4] = {vzero(), vzero(), vzero(), vzero()};
    VECTORS4(D, sums[j] = vfma(vload_n(a + i, m), vload_n(b + i, m), sums[j]););
    delta[r] = vsum(vtotal4(sums));
  }
}

// weights [H, K] = q k^T, four keys at a time.
static void key_dots(float *weights, const float *q, const float *k, long H, long K, long D, long stride) {
  for (long first = 0; first < K; first += 4) {
    long keys = K - first < 4 ? K - first : 4;
    const float *row[4];
    for (int r = 0; r < 4; r++) row[r] = k + (first + (r < keys ? r : 0)) * stride;
    for (long h = 0; h < H; h++) {
      vf sums[4] = {vzero(), vzero(), vzero(), vzero()};
      VECTORS(D, {
        vf query = vload_n(q + h * D + i, m);
        UNROLL for (int r = 0; r < 4; r++) sums[r] = vfma(query, vload_n(row[r] + i, m), sums[r]);
      });
      float *out = weights + h * K + first, dots[4];
      __m128 total = vsum4(sums[0], sums[1], sums[2], sums[3]);
      if (keys == 4) {
        _mm_storeu_ps(out, total);
      } else {
        _mm_storeu_ps(dots, total);
        for (long r = 0; r < keys; r++) out[r] = dots[r];
      }
    }
  }
}

// Values that stay in the first cache while every head reads them; an even number.
enum { VALUES = 64 };

// Sums [2][4 VW], of even and of odd keys, += weights [K] v [K, n], n at most four vectors.
VFN void add_values(float *sums, const float *weights, const float *v, long K, long n, long stride) {
  if (n < 4 * VW) {
    for (long key = 0; key < K; key++) {
      float *sum = sums + key % 2 * 4 * VW;
      vf weight = vset(weights[key]);
      VECTORS(n, vstore_n(sum + i, vfma(weight, vload_n(v + key * stride + i, m), vload(sum + i)), m););
    }
    return;
  }
  vf total[2][4];
  UNROLL for (int s = 0; s < 2; s++) {
    UNROLL for (int j = 0; j < 4; j++) total[s][j] = vload(sums + (4 * s + j) * VW);
  }
  long key = 0;
  for (; key + 2 <= K; key += 2) {
    UNROLL for (int s = 0; s < 2; s++) {
      vf weight = vset(weights[key + s]);
      const float *row = v + (key + s) * stride;
      UNROLL for (int j = 0; j < 4; j++) total[s][j] = vfma(weight, vload(row + j * VW), total[s][j]);
    }
  }
  if (key < K) {
    const float *row = v + key * stride;
    UNROLL for (int j = 0; j < 4; j++) total[0][j] = vfma(vset(weights[key]), vload(row + j * VW), total[0][j]);
  }
  UNROLL for (int s = 0; s < 2; s++) {
    UNROLL for (int j = 0; j < 4; j++) vstore_n(sums + (4 * s + j) * VW, total[s][j], VW);
  }
}

// out [H, D] = weights [H, K] v [K, D].
static void weighted_values(float *out, const float *weights, const float *v, long H, long K, long D, long stride) {
  const long parts = (D + 4 * VW - 1) / (4 * VW);
  float sums[H * parts][8 * VW];
  memset(sums, 0, sizeof sums);
  for (long first = 0; first < K; first += VALUES) {
    const long keys = K - first < VALUES ? K - first : VALUES;
    for (long h = 0; h < H; h++) {
      for (long part = 0, d = 0; part < parts; part++, d += 4 * VW) {
        const long n = D - d < 4 * VW ? D - d : 4 * VW;
        add_values(sums[h * parts + part], weights + h * K + first, v + first * stride + d, keys, n, stride);
      }
    }
  }
  for (long h = 0; h < H; h++) {
    for (long d = 0; d < D; d += VW) {
      const float *sum = sums[h * parts + d / (4 * VW)] + d % (4 * VW);
      vstore_n(out + h * D + d, vadd(vload(sum), vload(sum + 4 * VW)), D - d < VW ? D - d : VW);
    }
  }
}

// q, out [H, D]; k, v [K, D]; weights [H, K] scratch.
static void k_attention_decode(float *out, float *weights, const float *q, const float *k, const float *v, long H,
                               long K, long D, long k_stride, long v_stride, float scale) {
  float lse[H];
  key_dots(weights, q, k, H, K, D, k_stride);
  k_attention_softmax(weights, lse, H, K, K, K, scale);
  weighted_values(out, weights, v, H, K, D, v_stride);
}

// logits [T, V] (stride apart) folded into maximum, sum and (unless NULL) weighted, all [T].
static void k_logsumexp_update(float *maximum, float *sum, float *weighted, const float *logits, long T, long V,
                               long stride) {
  for (long r = 0; r < T; r++, logits += stride) {
    float top = fmaxf(maximum[r], row_maximum(logits, V, 1));
    if (top == -INFINITY) continue;
    float fade = exp_one(maximum[r] - top);
    vf totals[4] = {vzero(), vzero(), vzero(), vzero()}, products[4] = {vzero(), vzero(), vzero(), vzero()};
    if (weighted) {
      VECTORS4(V, {
        vf logit = vload_or(logits + i, m, vset(-INFINITY));
        vf e = vexp(vsub(logit, vset(top)));
        totals[j] = vadd(totals[j], e);
        products[j] = vfma(e, vmax(logit, vset(-FLT_MAX)), products[j]); // 0 times -inf must be 0
      });
      weighted[r] = weighted[r] * fade + vsum(vtotal4(products));
    } else {
      VECTORS4(V, {
        totals[j] = vadd(totals[j], vexp(vsub(vload_or(logits + i, m, vset(-INFINITY)), vset(top))));
      });
    }
    maximum[r] = top;
    sum[r] = sum[r] * fade + vsum(vtotal4(totals));
  }
}

// logits [T, V] = exp(logits - lse) scale, in place; lse, scale [T].
static void k_softmax_scaled(float *logits, const float *lse, const float *scale, long T, long V, long stride) {
  for (long r = 0; r < T; r++, logits += stride) {
    VECTORS(V, vstore_n(logits + i, vmul(vexp(vsub(vload_n(logits + i, m), vset(lse[r]))), vset(scale[r])), m););
  }
}
