// bfloat16 and IEEE half precision to and from f32, all [n]; rounding to nearest even, NaN stays NaN.

static float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint32_t bits_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static float float_of_bf16(uint16_t x) { return float_of_bits((uint32_t)x << 16); }

static void k_bf16_to_f32(float *y, const uint16_t *x, long n) {
  for (long i = 0; i < n; i++) y[i] = float_of_bf16(x[i]);
}

static void k_f32_to_bf16(uint16_t *y, const float *x, long n) {
  for (long i = 0; i < n; i++) {
    uint32_t bits = bits_of_float(x[i]);
    bool is_nan = (bits & 0x7FFFFFFF) > 0x7F800000;
    // Half a unit, less one where the kept part is even, carries exactly when rounding up is due. A NaN is made quiet.
    y[i] = is_nan ? (uint16_t)(bits >> 16 | 0x40) : (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
  }
}

static void k_f16_to_f32(float *y, const uint16_t *x, long n) {
  for (long i = 0; i < n; i++) {
    uint32_t sign = (uint32_t)(x[i] & 0x8000) << 16, exponent = x[i] >> 10 & 31, fraction = x[i] & 1023;
    if (exponent == 31) {
      y[i] = float_of_bits(sign | 0x7F800000 | (fraction ? 0x400000 | fraction << 13 : 0));
    } else if (exponent > 0) {
      y[i] = float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    } else {
      float magnitude = (float)fraction * 0x1p-24f;  // zero or subnormal
      y[i] = sign ? -magnitude : magnitude;
    }
  }
}

static void k_f32_to_f16(uint16_t *y, const float *x, long n) {
  for (long i = 0; i < n; i++) {
    uint32_t bits = bits_of_float(x[i]), magnitude = bits & 0x7FFFFFFF;
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    if (magnitude > 0x7F800000) {
      y[i] = (uint16_t)(sign | 0x7E00 | (magnitude >> 13 & 0x3FF));
    } else if (magnitude >= 0x477FF000) {  // 65520 and above round to infinity
      y[i] = sign | 0x7C00;
    } else if (magnitude >= 0x38800000) {  // normal: 2^-14 and above
      y[i] = (uint16_t)(sign | ((magnitude - 0x38000000 + 0xFFF + (magnitude >> 13 & 1)) >> 13));
    } else {  // subnormal: adding 0.5 leaves units of 2^-24 in the low bits, rounded by the processor
      y[i] = (uint16_t)(sign | (bits_of_float(float_of_bits(magnitude) + 0.5f) - 0x3F000000));
    }
  }
}
