// Vectors of n elements: sums, products, exponential, AdamW.

static void k_add(float *y, const float *x, long n) {
  for (long i = 0; i < n; i++) y[i] += x[i];
}

static void k_axpy(float *y, float a, const float *x, long n) {
  for (long i = 0; i < n; i++) y[i] += a * x[i];
}

static void k_scale(float *y, float a, long n) {
  for (long i = 0; i < n; i++) y[i] *= a;
}

static double k_sum_squares(const float *x, long n) {
  double sum = 0;
  for (long i = 0; i < n; i++) sum += (double)x[i] * x[i];
  return sum;
}

static double k_dot(const float *x, const float *y, long n) {
  double sum = 0;
  for (long i = 0; i < n; i++) sum += (double)x[i] * y[i];
  return sum;
}

static void k_exp(float *y, const float *x, long n) {
  for (long i = 0; i < n; i++) y[i] = expf(x[i]);
}

// p, g, m, v [n]; c1, c2 the bias corrections of this step.
static void k_adamw(float *p, const float *g, float *m, float *v, long n, float lr, float b1, float b2, float eps,
                    float decay, float c1, float c2, float gscale) {
  for (long i = 0; i < n; i++) {
    float gradient = g[i] * gscale;
    m[i] = b1 * m[i] + (1 - b1) * gradient;
    v[i] = b2 * v[i] + (1 - b2) * gradient * gradient;
    p[i] -= lr * (m[i] / c1 / (sqrtf(v[i] / c2) + eps) + decay * p[i]);
  }
}
