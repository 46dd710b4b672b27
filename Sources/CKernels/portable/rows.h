// y [T, N] = x [T, C] w^T for few rows, over f32, bf16 and int8 weights. Sixteen partial sums in a fixed order, so that
// a compiler may use vectors and a row's result does not depend on T.

enum { LANES = 16, GROUP = 32 };

static float lanes_total(const float *lanes) {
  float total = 0;
  for (int j = 0; j < LANES; j++) total += lanes[j];
  return total;
}

static void put(float *y, float value, bool accumulate) { *y = accumulate ? *y + value : value; }

// w [N, C].
static void k_rows_f32(float *y, const float *x, const float *w, long T, long N, long C, long y_stride,
                       bool accumulate) {
  for (long n = 0; n < N; n++, w += C) {
    for (long t = 0; t < T; t++) {
      const float *row = x + t * C;
      float lanes[LANES] = {0};
      long c = 0;
      for (; c + LANES <= C; c += LANES) {
        for (int j = 0; j < LANES; j++) lanes[j] += row[c + j] * w[c + j];
      }
      for (int j = 0; c + j < C; j++) lanes[j] += row[c + j] * w[c + j];
      put(y + t * y_stride + n, lanes_total(lanes), accumulate);
    }
  }
}

// w [N, C] as bfloat16.
static void k_rows_bf16(float *y, const float *x, const uint16_t *w, long T, long N, long C, long y_stride,
                        bool accumulate) {
  for (long n = 0; n < N; n++, w += C) {
    for (long t = 0; t < T; t++) {
      const float *row = x + t * C;
      float lanes[LANES] = {0};
      long c = 0;
      for (; c + LANES <= C; c += LANES) {
        for (int j = 0; j < LANES; j++) lanes[j] += row[c + j] * float_of_bf16(w[c + j]);
      }
      for (int j = 0; c + j < C; j++) lanes[j] += row[c + j] * float_of_bf16(w[c + j]);
      put(y + t * y_stride + n, lanes_total(lanes), accumulate);
    }
  }
}

// w [N, C] int8 in groups of 32 along C, scales [N, C/32].
static void k_rows_q8(float *y, const float *x, const int8_t *w, const float *scales, long T, long N, long C,
                      long y_stride, bool accumulate) {
  for (long n = 0; n < N; n++, w += C, scales += C / GROUP) {
    for (long t = 0; t < T; t++) {
      const float *row = x + t * C;
      float lanes[LANES] = {0};
      for (long c = 0; c < C; c += LANES) {
        float scale = scales[c / GROUP];
        for (int j = 0; j < LANES; j++) lanes[j] += row[c + j] * ((float)w[c + j] * scale);
      }
      put(y + t * y_stride + n, lanes_total(lanes), accumulate);
    }
  }
}

// q, x [n], scales [n/32]: scale = absmax / 127, q = round to nearest even of x / scale.
static void k_quantize_q8(int8_t *q, float *scales, const float *x, long n) {
  for (long g = 0; g < n / GROUP; g++, x += GROUP, q += GROUP) {
    float largest = 0;
    for (int j = 0; j < GROUP; j++) largest = fmaxf(largest, fabsf(x[j]));
    scales[g] = largest / 127;
    float inverse = largest > 0 ? 127 / largest : 0;
    for (int j = 0; j < GROUP; j++) q[j] = (int8_t)nearbyintf(x[j] * inverse);
  }
}
