// Loops over vectors, and the exponential: what the bodies share.

#define UNROLL _Pragma("clang loop unroll(full)")

// Runs the body once per vector of n elements: i is its first element, m how many it holds (VW but for the last).
#define VECTORS(n, ...)                                                                                               \
  do {                                                                                                                \
    const long count_ = (n);                                                                                          \
    long first_ = 0;                                                                                                  \
    for (; first_ + VW <= count_; first_ += VW) {                                                                     \
      const long i = first_, m = VW;                                                                                  \
      __VA_ARGS__                                                                                                     \
    }                                                                                                                 \
    if (first_ < count_) {                                                                                            \
      const long i = first_, m = count_ - first_;                                                                     \
      __VA_ARGS__                                                                                                     \
    }                                                                                                                 \
  } while (0)

// The same with a lane set j in 0...3 that changes from vector to vector, for sums whose additions must overlap.
#define VECTORS4(n, ...)                                                                                              \
  do {                                                                                                                \
    const long count_ = (n);                                                                                          \
    long first_ = 0;                                                                                                  \
    for (; first_ + 4 * VW <= count_; first_ += 4 * VW) {                                                             \
      UNROLL for (int j = 0; j < 4; j++) {                                                                            \
        const long i = first_ + j * VW, m = VW;                                                                       \
        __VA_ARGS__                                                                                                   \
      }                                                                                                               \
    }                                                                                                                 \
    for (; first_ < count_; first_ += VW) {                                                                           \
      const int j = 0;                                                                                                \
      const long i = first_, m = count_ - first_ < VW ? count_ - first_ : VW;                                         \
      __VA_ARGS__                                                                                                     \
    }                                                                                                                 \
  } while (0)

VFN vf vtotal4(const vf *v) { return vadd(vadd(v[0], v[1]), vadd(v[2], v[3])); }

// exp by 2^n e^r with |r| <= ln(2)/2 and a polynomial of degree 6 for e^r (coefficients: Cephes, S. Moshier); within
// 2 units in the last place, 0 at -inf and below -104, infinity above 88.73, NaN kept.
VFN vf vexp(vf x) {
  x = vmin(vset(89), vmax(vset(-105), x));
  vf n = vround(vmul(x, vset(1.44269504088896341f)));
  vf r = vfnma(n, vset(-1.90465432e-9f), vfnma(n, vset(0.693147182f), x));
  vf p = vset(1.9875691500e-4f);
  p = vfma(p, r, vset(1.3981999507e-3f));
  p = vfma(p, r, vset(8.3334519073e-3f));
  p = vfma(p, r, vset(4.1665795894e-2f));
  p = vfma(p, r, vset(1.6666665459e-1f));
  p = vfma(p, r, vset(5.0000001201e-1f));
  p = vadd(vfma(vmul(r, r), p, r), vset(1));
  return vpower_scale(p, n);
}

VFN vf vsigmoid(vf x) { return vdiv(vset(1), vadd(vset(1), vexp(vsub(vzero(), x)))); }

static inline float exp_one(float x) {
  float y;
  vstore_n(&y, vexp(vset(x)), 1);
  return y;
}
