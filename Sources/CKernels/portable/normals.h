// Normal numbers of the counter-based generator, for every level: plain loops without branches, which the compiler turns
// into vectors of the level it compiles for.
//
// What is wanted is (float)(sqrt(-2 log u) * cos(2 pi v)) with libm's log and cos. The loop's own log and cos are right to
// a few units of the double's last place, so the float is libm's, unless the double lies next to a boundary between two
// floats, or the cosine is so small that its error counts: such numbers, two in a hundred thousand, are computed again
// with libm. So the bits do not depend on the level.

static inline uint64_t normal_mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static inline double double_of_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint64_t bits_of_double(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// A whole number below 2^52 as a double, by its place in the mantissa: vectors have no conversion of 64 bits.
static inline double double_of_whole(uint64_t whole) { return double_of_bits(0x4330000000000000u | whole) - 0x1p52; }

// A double in [0, 1) of 53 bits, exact.
static inline double normal_uniform(uint64_t state) {
  uint64_t z = normal_mix(state);
  return (double_of_whole(z >> 32) * 0x1p21 + double_of_whole(z >> 11 & 0x1FFFFF)) * 0x1p-53;
}

// log x for normal x > 0 (FreeBSD's e_log.c): x = 2^k (1 + f), |f| below sqrt(2) - 1, and log(1 + f) by an odd
// polynomial in f / (2 + f).
static inline double quick_log(double x) {
  uint64_t bits = bits_of_double(x), one = 0x3FF0000000000000u;
  uint64_t shifted = bits - 0x3FE6A09E00000000u + one; // the exponent counts from sqrt(1/2)
  double f = double_of_bits(bits - (shifted & 0xFFF0000000000000u) + one) - 1;
  double k = double_of_whole(shifted >> 52) - 1023;
  double s = f / (2 + f), z = s * s, w = z * z;
  double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  double odd = z * (6.666666666666735130e-01 +
                    w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  double half = 0.5 * f * f;
  return k * 6.93147180369123816490e-01 - ((half - (s * (half + (even + odd)) + k * 1.90821492927058770002e-10)) - f);
}

// cos t for 0 <= t < 7 (FreeBSD's k_cos.c and k_sin.c after taking off the nearest multiple of pi/2 in three parts).
static inline double quick_cos(double t) {
  double shifted = t * 6.36619772367581382433e-01 + 0x1.8p52, n = shifted - 0x1.8p52;
  uint64_t quadrant = bits_of_double(shifted);
  double r = ((t - n * 1.57079632673412561417e+00) - n * 6.07710050630396597660e-11) - n * 2.02226624879595063154e-21;
  double z = r * r;
  double sine = r + r * z *
                        (-1.66666666666666324348e-01 +
                         z * (8.33333333332248946124e-03 +
                              z * (-1.98412698298579493134e-04 +
                                   z * (2.75573137070700676789e-06 +
                                        z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
  double part = z * z *
                (4.16666666666666019037e-02 +
                 z * (-1.38888888888741095749e-03 +
                      z * (2.48015872894767294178e-05 +
                           z * (-2.75573143513906633035e-07 +
                                z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
  double half = 0.5 * z, whole = 1 - half, cosine = whole + (((1 - whole) - half) + part);
  double chosen = quadrant & 1 ? sine : cosine;
  return double_of_bits(bits_of_double(chosen) ^ ((quadrant + 1) & 2) << 62);
}

// Whether a float rounded from `bits` may differ from libm's: the 29 bits that a float lacks lie near a half, or the
// magnitude is below 2^-20.
static inline bool normal_is_doubtful(uint64_t bits) {
  uint64_t rest = (bits & 0x1FFFFFFF) - (0x10000000 - 4096);
  return (rest & ~(uint64_t)8191) == 0 || (int64_t)(bits & 0x7FFFFFFFFFFFFFFFu) < 0x3EB0000000000000;
}

static float normal_by_libm(uint64_t state, uint64_t step) {
  double radius = sqrt(-2 * log(1 - normal_uniform(state)));
  return (float)(radius * cos(2 * M_PI * normal_uniform(state + step)));
}

enum { NORMALS_AT_ONCE = 128 };

static void k_normals(float *y, uint64_t key, uint64_t counter, float deviation, long n) {
  const uint64_t step = 0x9E3779B97F4A7C15u;
  for (long first = 0; first < n; first += NORMALS_AT_ONCE) {
    const long count = n - first < NORMALS_AT_ONCE ? n - first : NORMALS_AT_ONCE;
    const uint64_t start = key + (counter + 2 * (uint64_t)first + 1) * step;
    double values[NORMALS_AT_ONCE];
    uint64_t state = start, doubtful = 0;
#pragma clang loop interleave_count(2) // as many vectors in flight as registers hold
    for (int i = 0; i < NORMALS_AT_ONCE; i++, state += 2 * step) {
      // The compiler knows no vector of sqrt(), which may set errno.
      double radius = __builtin_elementwise_sqrt(-2 * quick_log(1 - normal_uniform(state)));
      values[i] = radius * quick_cos(2 * M_PI * normal_uniform(state + step));
      doubtful |= normal_is_doubtful(bits_of_double(values[i]));
    }
    for (long i = 0; i < count; i++) y[first + i] = (float)values[i] * deviation;
    for (long i = 0; doubtful && i < count; i++) {
      if (!normal_is_doubtful(bits_of_double(values[i]))) continue;
      y[first + i] = normal_by_libm(start + 2 * (uint64_t)i * step, step) * deviation;
    }
  }
}
