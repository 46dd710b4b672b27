// Blocks of an 8-bit data type.

// Quantises one block of at most CK_MAP8_BLOCK numbers; returns its largest magnitude.
static float quantize_block_map8(uint8_t *codes, const float *x, long n, ck_map8 map) {
  float largest = 0;
  for (long i = 0; i < n; i++) largest = fmaxf(largest, fabsf(x[i]));
  if (!(largest >= CK_MAP8_LEAST)) {
    memset(codes, 0, n);
    return 0;
  }
  float inverse = 1 / largest;
  for (long i = 0; i < n; i++) {
    // Statements of their own, so that no product and sum become one operation: codes are those of bitsandbytes.
    float part = x[i] * inverse;
    float place = (fminf(1, fmaxf(-1, part)) + 1);
    place *= 32767.5f;
    place += 0.5f;
    codes[i] = map.codes[(long)place];
  }
  return largest;
}

static void k_expand_map8(float *y, const uint8_t *codes, const float *maxima, long n, ck_map8 map) {
  for (long i = 0; i < n; i++) y[i] = map.values[codes[i]] * maxima[i / CK_MAP8_BLOCK];
}
