// Vectors of n elements: sums, products, exponential, AdamW.

static void k_add(float *y, const float *x, long n) {
  VECTORS(n, vstore_n(y + i, vadd(vload_n(y + i, m), vload_n(x + i, m)), m););
}

static void k_axpy(float *y, float a, const float *x, long n) {
  VECTORS(n, vstore_n(y + i, vfma(vset(a), vload_n(x + i, m), vload_n(y + i, m)), m););
}

static void k_scale(float *y, float a, long n) {
  VECTORS(n, vstore_n(y + i, vmul(vset(a), vload_n(y + i, m)), m););
}

static double k_dot(const float *x, const float *y, long n) {
  vd low[4] = {vdzero(), vdzero(), vdzero(), vdzero()}, high[4] = {vdzero(), vdzero(), vdzero(), vdzero()};
  VECTORS4(n, {
    vf a = vload_n(x + i, m), b = vload_n(y + i, m);
    low[j] = vdfma(vdlow(a), vdlow(b), low[j]);
    high[j] = vdfma(vdhigh(a), vdhigh(b), high[j]);
  });
  vd even = vdadd(vdadd(low[0], low[1]), vdadd(low[2], low[3]));
  vd odd = vdadd(vdadd(high[0], high[1]), vdadd(high[2], high[3]));
  return vdsum(vdadd(even, odd));
}

static double k_sum_squares(const float *x, long n) { return k_dot(x, x, n); }

static void k_exp(float *y, const float *x, long n) {
  VECTORS(n, vstore_n(y + i, vexp(vload_n(x + i, m)), m););
}

// p, g, m1, m2 (first and second moment) [n]; c1, c2 the bias corrections of this step.
static void k_adamw(float *p, const float *g, float *m1, float *m2, long n, float lr, float b1, float b2, float eps,
                    float decay, float c1, float c2, float gscale) {
  const float s1 = 1 / c1, s2 = 1 / c2; // divisions are dear
  VECTORS(n, {
    vf gradient = vmul(vload_n(g + i, m), vset(gscale)), value = vload_n(p + i, m);
    vf mean = vfma(vset(b1), vload_n(m1 + i, m), vmul(vset(1 - b1), gradient));
    vf square = vfma(vset(b2), vload_n(m2 + i, m), vmul(vmul(vset(1 - b2), gradient), gradient));
    vf root = vadd(vsqrt(vmul(square, vset(s2))), vset(eps));
    vf move = vfma(vset(decay), value, vdiv(vmul(mean, vset(s1)), root));
    vstore_n(m1 + i, mean, m);
    vstore_n(m2 + i, square, m);
    vstore_n(p + i, vfnma(vset(lr), move, value), m);
  });
}

// bfloat16 and IEEE half precision, rounded to nearest even.
static void k_bf16_to_f32(float *y, const uint16_t *x, long n) {
  VECTORS(n, vstore_n(y + i, vload_bf16(x + i, m), m););
}

static void k_f32_to_bf16(uint16_t *y, const float *x, long n) {
  VECTORS(n, vstore_bf16(y + i, vload_n(x + i, m), m););
}

static void k_f16_to_f32(float *y, const uint16_t *x, long n) {
  VECTORS(n, vstore_n(y + i, vload_f16(x + i, m), m););
}

static void k_f32_to_f16(uint16_t *y, const float *x, long n) {
  VECTORS(n, vstore_f16(y + i, vload_n(x + i, m), m););
}
