// RMSNorm, rotary embedding and SwiGLU: forward beside backward.

// y, x [T, C], w [C], rstd [T].
static void k_rmsnorm_forward(float *y, float *rstd, const float *x, const float *w, long T, long C, float eps) {
  for (long t = 0; t < T; t++, x += C, y += C) {
    vf squares[4] = {vzero(), vzero(), vzero(), vzero()};
    VECTORS4(C, vf v = vload_n(x + i, m); squares[j] = vfma(v, v, squares[j]););
    float s = 1 / sqrtf(vsum(vtotal4(squares)) / (float)C + eps);
    rstd[t] = s;
    VECTORS(C, vstore_n(y + i, vmul(vmul(vload_n(x + i, m), vset(s)), vload_n(w + i, m)), m););
  }
}

// dx [T, C] and dw [C] (may be NULL) are added to:
// dx = rstd (g - x rstd^2 mean(g x)) with g = dy w;  dw = sum over t of dy x rstd.
static void k_rmsnorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                               const float *rstd, long T, long C) {
  for (long t = 0; t < T; t++, x += C, dx += C, dy += C) {
    float s = rstd[t];
    vf products[4] = {vzero(), vzero(), vzero(), vzero()};
    VECTORS4(C, {
      vf g = vmul(vload_n(dy + i, m), vload_n(w + i, m));
      products[j] = vfma(g, vload_n(x + i, m), products[j]);
    });
    float pull = vsum(vtotal4(products)) / (float)C * s * s * s;
    VECTORS(C, {
      vf g = vmul(vload_n(dy + i, m), vload_n(w + i, m));
      vf sum = vfma(g, vset(s), vload_n(dx + i, m));
      vstore_n(dx + i, vfnma(vload_n(x + i, m), vset(pull), sum), m);
    });
    if (!dw) continue;
    VECTORS(C, {
      vf g = vmul(vload_n(dy + i, m), vload_n(x + i, m));
      vstore_n(dw + i, vfma(g, vset(s), vload_n(dw + i, m)), m);
    });
  }
}

// x: row t at x + t * stride holds H heads of D; cosine, sine [positions, D/2]. inverse is also the gradient.
static void k_rope(float *x, const int32_t *positions, const float *cosine, const float *sine, long T, long H, long D,
                   long stride, bool inverse) {
  long half = D / 2;
  vf sign = vset(inverse ? -1 : 1);
  for (long t = 0; t < T; t++) {
    const float *co = cosine + positions[t] * half, *si = sine + positions[t] * half;
    for (long h = 0; h < H; h++) {
      float *low = x + t * stride + h * D, *high = low + half;
      VECTORS(half, {
        vf a = vload_n(low + i, m), b = vload_n(high + i, m);
        vf c = vload_n(co + i, m), s = vmul(vload_n(si + i, m), sign);
        vstore_n(low + i, vfnma(b, s, vmul(a, c)), m);
        vstore_n(high + i, vfma(a, s, vmul(b, c)), m);
      });
    }
  }
}

// y = gate sigmoid(gate) up; all [n].
static void k_swiglu_forward(float *y, const float *gate, const float *up, long n) {
  VECTORS(n, {
    vf g = vload_n(gate + i, m);
    vstore_n(y + i, vmul(vmul(g, vsigmoid(g)), vload_n(up + i, m)), m);
  });
}

// dup = dy silu(gate);  dgate = dy up s (1 + gate (1 - s)) with s = sigmoid(gate).
static void k_swiglu_backward(float *dgate, float *dup, const float *dy, const float *gate, const float *up, long n) {
  VECTORS(n, {
    vf g = vload_n(gate + i, m), u = vload_n(up + i, m), d = vload_n(dy + i, m);
    vf s = vsigmoid(g), slope = vfma(g, vsub(vset(1), s), vset(1));
    vstore_n(dup + i, vmul(d, vmul(g, s)), m);
    vstore_n(dgate + i, vmul(vmul(d, u), vmul(s, slope)), m);
  });
}
