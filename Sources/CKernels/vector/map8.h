// Blocks of an 8-bit data type.

// Quantises one block of at most CK_MAP8_BLOCK numbers; returns its largest magnitude.
static float quantize_block_map8(uint8_t *codes, const float *x, long n, ck_map8 map) {
  vf all = vzero();
  VECTORS(n, all = vmax(all, vabs(vload_n(x + i, m))););
  const float largest = vlargest(all);
  if (!(largest >= CK_MAP8_LEAST)) {
    memset(codes, 0, n);
    return 0;
  }
  const vf inverse = vset(1 / largest);
  VECTORS(n, {
    uint8_t part[VW]; // a block's end is not a vector's
    vf place = vadd(vmin(vmax(vmul(vload_n(x + i, m), inverse), vset(-1)), vset(1)), vset(1));
    vstore_lookup(m == VW ? codes + i : part, map.codes, vadd(vmul(place, vset(32767.5f)), vset(0.5f)));
    if (m < VW) memcpy(codes + i, part, m);
  });
  return largest;
}

static void k_expand_map8(float *y, const uint8_t *codes, const float *maxima, long n, ck_map8 map) {
  for (long first = 0; first < n; first += CK_MAP8_BLOCK) {
    const vf largest = vset(maxima[first / CK_MAP8_BLOCK]);
    VECTORS(n - first < CK_MAP8_BLOCK ? n - first : CK_MAP8_BLOCK, {
      uint8_t part[VW] = {0};
      if (m < VW) memcpy(part, codes + first + i, m);
      vstore_n(y + first + i, vmul(vlookup(map.values, m == VW ? codes + first + i : part), largest), m);
    });
  }
}
