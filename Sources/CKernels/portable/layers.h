// RMSNorm, rotary embedding and SwiGLU: forward beside backward.

// y, x [T, C], w [C], rstd [T].
static void k_rmsnorm_forward(float *y, float *rstd, const float *x, const float *w, long T, long C, float eps) {
  for (long t = 0; t < T; t++, x += C, y += C) {
    double squares = 0;
    for (long c = 0; c < C; c++) squares += (double)x[c] * x[c];
    rstd[t] = (float)(1 / sqrt(squares / C + eps));
    for (long c = 0; c < C; c++) y[c] = x[c] * rstd[t] * w[c];
  }
}

// dx [T, C] and dw [C] (may be NULL) are added to:
// dx = rstd (g - x rstd^2 mean(g x)) with g = dy w;  dw = sum over t of dy x rstd.
static void k_rmsnorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                               const float *rstd, long T, long C) {
  for (long t = 0; t < T; t++, x += C, dx += C, dy += C) {
    float s = rstd[t];
    double product = 0;
    for (long c = 0; c < C; c++) product += (double)dy[c] * w[c] * x[c];
    float pull = (float)(product / C * s * s * s);
    for (long c = 0; c < C; c++) dx[c] += dy[c] * w[c] * s - x[c] * pull;
    if (dw) {
      for (long c = 0; c < C; c++) dw[c] += dy[c] * x[c] * s;
    }
  }
}

// x: row t at x + t * stride holds H heads of D; cosine, sine [positions, D/2]. inverse is also the gradient.
static void k_rope(float *x, const int32_t *positions, const float *cosine, const float *sine, long T, long H, long D,
                   long stride, bool inverse) {
  long half = D / 2;
  for (long t = 0; t < T; t++) {
    const float *co = cosine + positions[t] * half, *si = sine + positions[t] * half;
    for (long h = 0; h < H; h++) {
      float *low = x + t * stride + h * D, *high = low + half;
      for (long i = 0; i < half; i++) {
        float a = low[i], b = high[i], s = inverse ? -si[i] : si[i];
        low[i] = a * co[i] - b * s;
        high[i] = b * co[i] + a * s;
      }
    }
  }
}

// y = gate sigmoid(gate) up; all [n].
static void k_swiglu_forward(float *y, const float *gate, const float *up, long n) {
  for (long i = 0; i < n; i++) y[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

// dup = dy silu(gate);  dgate = dy up s (1 + gate (1 - s)) with s = sigmoid(gate).
static void k_swiglu_backward(float *dgate, float *dup, const float *dy, const float *gate, const float *up, long n) {
  for (long i = 0; i < n; i++) {
    float g = gate[i], u = up[i], s = 1 / (1 + expf(-g));
    dup[i] = dy[i] * g * s;
    dgate[i] = dy[i] * u * s * (1 + g * (1 - s));
  }
}
