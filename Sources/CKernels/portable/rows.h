// y [T, N] = x [T, C] w^T for few rows, over f32, bf16, int8 and NF4 weights. Sixteen partial sums in a fixed order, so that
// a compiler may use vectors and a row's result does not depend on T.

enum { LANES = 16, GROUP = 32, NF4_BLOCK = 64 };

static int nf4_code(const uint8_t *codes, long i) { return i % 2 ? codes[i / 2] & 15 : codes[i / 2] >> 4; }

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

// codes [N, C/2], scales [N, C/64].
static void k_rows_nf4(float *y, const float *x, const uint8_t *codes, const float *scales, long T, long N, long C,
                       long y_stride, bool accumulate) {
  for (long n = 0; n < N; n++, codes += C / 2, scales += C / NF4_BLOCK) {
    for (long t = 0; t < T; t++) {
      const float *row = x + t * C;
      float lanes[LANES] = {0};
      for (long c = 0; c < C; c += LANES) {
        float scale = scales[c / NF4_BLOCK];
        for (int j = 0; j < LANES; j++) lanes[j] += row[c + j] * (ck_nf4_values[nf4_code(codes, c + j)] * scale);
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

static void k_expand_q8(float *y, const int8_t *q, const float *scales, long n) {
  for (long i = 0; i < n; i++) y[i] = (float)q[i] * scales[i / GROUP];
}

// codes [n/2], scales [n/64], x [n]: scale = absmax; the code of x * (1 / scale), as bitsandbytes rounds.
static void k_quantize_nf4(uint8_t *codes, float *scales, const float *x, long n) {
  for (long b = 0; b < n / NF4_BLOCK; b++, x += NF4_BLOCK, codes += NF4_BLOCK / 2) {
    float largest = 0;
    for (int j = 0; j < NF4_BLOCK; j++) largest = fmaxf(largest, fabsf(x[j]));
    scales[b] = largest;
    float inverse = 1.0f / fmaxf(largest, 1e-38f);
    for (int j = 0; j < NF4_BLOCK; j += 2) {
      int code[2] = {0, 0};
      for (int half = 0; half < 2; half++) {
        for (int i = 0; i < 15; i++) code[half] += x[j + half] * inverse > ck_nf4_bounds[i];
      }
      codes[j / 2] = (uint8_t)(code[0] << 4 | code[1]);
    }
  }
}

static void k_expand_nf4(float *y, const uint8_t *codes, const float *scales, long n) {
  for (long i = 0; i < n; i++) y[i] = ck_nf4_values[nf4_code(codes, i)] * scales[i / NF4_BLOCK];
}

static void k_expand_scales(float *y, const uint8_t *codes, const float *maxima, const float *values, float mean,
                            long first, long n) {
  for (long i = 0; i < n; i++) {
    float part = values[codes[first + i]] * maxima[(first + i) / 256];
    y[i] = part + mean; // a statement of its own: no level fuses the two
  }
}
