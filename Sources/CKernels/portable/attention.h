// Softmax over attention scores, one-query attention, and log-sum-exp over slices of the vocabulary.

static float row_maximum(const float *x, long n, float scale) {
  float maximum = -INFINITY;
  for (long i = 0; i < n; i++) maximum = fmaxf(maximum, x[i] * scale);
  return maximum;
}

static void zero(float *x, long n) {
  if (n > 0) memset(x, 0, (size_t)n * sizeof(float));
}

// scores [T, K] (stride apart) become probabilities; lse [T] the log-sum-exp of the scaled visible scores.
static void k_attention_softmax(float *scores, float *lse, long T, long K, long stride, long visible, float scale) {
  for (long r = 0; r < T; r++, scores += stride) {
    long seen = ck_visible_keys(visible, r, K);
    float maximum = row_maximum(scores, seen, scale);
    if (maximum == -INFINITY) {
      zero(scores, K);
      lse[r] = -INFINITY;
      continue;
    }
    double sum = 0;
    for (long k = 0; k < seen; k++) sum += scores[k] = expf(scores[k] * scale - maximum);
    for (long k = 0; k < seen; k++) scores[k] *= (float)(1 / sum);
    zero(scores + seen, K - seen);
    lse[r] = maximum + logf((float)sum);
  }
}

// The same probabilities from scores [T, K] and the kept lse [T].
static void k_attention_probabilities(float *scores, const float *lse, long T, long K, long stride, long visible,
                                      float scale) {
  for (long r = 0; r < T; r++, scores += stride) {
    long seen = lse[r] == -INFINITY ? 0 : ck_visible_keys(visible, r, K);
    for (long k = 0; k < seen; k++) scores[k] = expf(scores[k] * scale - lse[r]);
    zero(scores + seen, K - seen);
  }
}

// dp, p [T, K] (stride apart), delta [T]: ds = p (dp - delta) scale over dp.
static void k_attention_softmax_backward(float *dp, const float *p, const float *delta, long T, long K, long stride,
                                         float scale) {
  for (long r = 0; r < T; r++, dp += stride, p += stride) {
    for (long k = 0; k < K; k++) dp[k] = p[k] * (dp[k] - delta[r]) * scale;
  }
}

// delta [T] = dots of a, b [T, D].
static void k_row_dots(float *delta, const float *a, const float *b, long T, long D, long a_stride, long b_stride) {
  for (long r = 0; r < T; r++, a += a_stride, b += b_stride) {
    double sum = 0;
    for (long d = 0; d < D; d++) sum += (double)a[d] * b[d];
    delta[r] = (float)sum;
  }
}

// q, out [H, D]; k, v [K, D]; weights [H, K] scratch.
static void k_attention_decode(float *out, float *weights, const float *q, const float *k, const float *v, long H,
                               long K, long D, long k_stride, long v_stride, float scale) {
  for (long h = 0; h < H; h++, q += D, out += D, weights += K) {
    float lse;
    for (long i = 0; i < K; i++) k_row_dots(weights + i, q, k + i * k_stride, 1, D, 0, 0);
    k_attention_softmax(weights, &lse, 1, K, K, K, scale);
    for (long d = 0; d < D; d++) {
      double sum = 0;
      for (long i = 0; i < K; i++) sum += (double)weights[i] * v[i * v_stride + d];
      out[d] = (float)sum;
    }
  }
}

// logits [T, V] (stride apart) folded into maximum, sum and (unless NULL) weighted, all [T].
static void k_logsumexp_update(float *maximum, float *sum, float *weighted, const float *logits, long T, long V,
                               long stride) {
  for (long r = 0; r < T; r++, logits += stride) {
    float top = fmaxf(maximum[r], row_maximum(logits, V, 1));
    if (top == -INFINITY) continue;
    float fade = expf(maximum[r] - top);
    double total = 0, product = 0;
    for (long j = 0; j < V; j++) {
      float e = expf(logits[j] - top);
      total += e;
      if (e > 0) product += (double)e * logits[j];
    }
    maximum[r] = top;
    sum[r] = (float)(sum[r] * fade + total);
    if (weighted) weighted[r] = (float)(weighted[r] * fade + product);
  }
}

// logits [T, V] = exp(logits - lse) scale, in place; lse, scale [T].
static void k_softmax_scaled(float *logits, const float *lse, const float *scale, long T, long V, long stride) {
  for (long r = 0; r < T; r++, logits += stride) {
    for (long j = 0; j < V; j++) logits[j] = expf(logits[j] - lse[r]) * scale[r];
  }
}
