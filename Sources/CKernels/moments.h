// AdamW over moments that are kept in an 8-bit data type, the same for every level: it stands on that level's
// quantize_block_map8, k_expand_map8 and k_adamw.

static void k_quantize_map8(uint8_t *codes, float *maxima, const float *x, long n, ck_map8 map) {
  for (long first = 0; first < n; first += CK_MAP8_BLOCK) {
    long count = n - first < CK_MAP8_BLOCK ? n - first : CK_MAP8_BLOCK;
    maxima[first / CK_MAP8_BLOCK] = quantize_block_map8(codes + first, x + first, count, map);
  }
}

// The steps of one block are those of k_adamw between expanding and quantising.
static void k_adamw_map8(float *p, const float *g, uint8_t *m, float *m_max, uint8_t *v, float *v_max, long n,
                         ck_map8 m_map, ck_map8 v_map, float lr, float b1, float b2, float eps, float decay, float c1,
                         float c2, float gscale) {
  float mean[CK_MAP8_BLOCK], square[CK_MAP8_BLOCK];
  for (long first = 0, block = 0; first < n; first += CK_MAP8_BLOCK, block++) {
    long count = n - first < CK_MAP8_BLOCK ? n - first : CK_MAP8_BLOCK;
    k_expand_map8(mean, m + first, m_max + block, count, m_map);
    k_expand_map8(square, v + first, v_max + block, count, v_map);
    k_adamw(p + first, g + first, mean, square, count, lr, b1, b2, eps, decay, c1, c2, gscale);
    m_max[block] = quantize_block_map8(m + first, mean, count, m_map);
    v_max[block] = quantize_block_map8(v + first, square, count, v_map);
  }
}
