import CKernels
import Testing

/// Products in integers of 16 and 8 bits, against sums in double and against each other.
@Suite struct KernelsGemmIntegersTests {
  typealias Shape = KernelsGemmTests.Shape

  static let shapes = [
    Shape(m: 1, n: 1, k: 1), Shape(m: 7, n: 47, k: 3), Shape(m: 8, n: 48, k: 64), Shape(m: 9, n: 49, k: 65),
    Shape(m: 6, n: 16, k: 63), Shape(m: 5, n: 15, k: 257), Shape(m: 77, n: 17, k: 128), Shape(m: 13, n: 100, k: 385),
    Shape(m: 103, n: 65, k: 640),
  ]

  /// A level and a form of integers.
  struct Kind: Sendable, CustomTestStringConvertible {
    let level: KernelLevel
    let form: ck_integers
    var testDescription: String { "\(level), \(form == CK_INT16 ? 16 : 8) bits" }
    /// Half a step of both operands' codes, were their largest magnitudes 1, and some room.
    var error: Double { form == CK_INT16 ? 6e-4 : 0.04 }

    static func kinds(_ levels: [KernelLevel]) -> [Kind] {
      levels.flatMap { [Kind(level: $0, form: CK_INT16), Kind(level: $0, form: CK_INT8)] }
    }
  }

  /// Operands of a product in their packed form.
  private struct Packed {
    let level: KernelLevel
    let form: ck_integers
    let shape: Shape
    var a: [Float]
    var b: [Float]

    /// - Parameters:
    ///   - a: [m, k], or [k, m] if `aTransposed`.
    ///   - b: [n, k] if transposed, otherwise [k, n].
    init(_ kind: Kind, _ shape: Shape, a: [Float], b: [Float], transposed: Bool, aTransposed: Bool = false) {
      let (level, form) = (kind.level, kind.form)
      self.level = level
      self.form = form
      self.shape = shape
      let (m, n, k) = (shape.m, shape.n, shape.k)
      func filled(_ count: Int, _ unit: Int, _ pack: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
        let size = (count + unit - 1) / unit * unit * ck_integer_length(form, k)
        var packed = [Float](repeating: 7, count: size + 8)
        packed.withUnsafeMutableBufferPointer { pack($0.baseAddress!) }
        #expect(packed[size...].allSatisfy { $0 == 7 }, "written beyond the end")
        return packed
      }
      self.a = filled(m, level.kernels.tile_rows()) {
        level.kernels.pack_a_integers($0, a, m, k, aTransposed ? m : k, aTransposed, form)
      }
      self.b = filled(n, level.kernels.panel_width()) {
        level.kernels.pack_b_integers($0, b, n, k, transposed ? k : n, transposed, form)
      }
    }

    var strides: (a: Int, b: Int) {
      let length = ck_integer_length(form, shape.k)
      return (length * level.kernels.tile_rows(), length * level.kernels.panel_width())
    }

    func multiply(into c: inout [Float], ldc: Int, accumulate: Bool) {
      level.kernels.gemm_integers(
        &c, a, b, shape.m, shape.n, shape.k, strides.a, strides.b, ldc, accumulate, form)
    }
  }

  private static func transposed(_ x: [Float], _ rows: Int, _ columns: Int) -> [Float] {
    (0..<(rows * columns)).map { x[$0 % rows * columns + $0 / rows] }
  }

  @Test(arguments: Kind.kinds(KernelLevel.all), shapes) func everyLayout(_ kind: Kind, _ shape: Shape) {
    var numbers = TestNumbers(50)
    let (m, n, k) = (shape.m, shape.n, shape.k)
    let ldc = n + 3
    // Rows of very different sizes: each has scales of its own.
    let a = (0..<m).flatMap { row in numbers.vector(k).map { $0 * (row % 3 == 0 ? 1e-3 : 100) } }
    let b = numbers.vector(k * n)
    let c = numbers.vector(m * ldc)
    for (way, accumulate) in [(false, true), (true, false)] {
      let packed = Packed(
        kind, shape, a: way ? a : Self.transposed(a, m, k), b: way ? Self.transposed(b, k, n) : b, transposed: way,
        aTransposed: !way)
      var actual = c
      packed.multiply(into: &actual, ldc: ldc, accumulate: accumulate)
      for i in 0..<m {
        let size = i % 3 == 0 ? 1e-3 : 100.0
        for j in 0..<ldc {
          guard j < n else {
            #expect(actual[i * ldc + j] == c[i * ldc + j], "written beyond a row")
            continue
          }
          var sum = accumulate ? Double(c[i * ldc + j]) : 0
          for x in 0..<k { sum += Double(a[i * k + x]) * Double(b[x * n + j]) }
          let tolerance = size * kind.error * Double(k).squareRoot() + 1e-6
          #expect(abs(Double(actual[i * ldc + j]) - sum) < tolerance, "\(i), \(j) of \(shape.testDescription)")
        }
      }
    }
  }

  @Test(arguments: Kind.kinds(KernelLevel.vector)) func sumsAreThoseOfThePortableLevel(_ kind: Kind) {
    var numbers = TestNumbers(51)
    let shape = Shape(m: 29, n: 53, k: 200)
    let (a, b) = (numbers.vector(29 * 200), numbers.vector(53 * 200))
    var (actual, expected) = ([Float](repeating: 0, count: 29 * 53), [Float](repeating: 0, count: 29 * 53))
    Packed(kind, shape, a: a, b: b, transposed: true).multiply(into: &actual, ldc: 53, accumulate: false)
    Packed(Kind(level: .portable, form: kind.form), shape, a: a, b: b, transposed: true)
      .multiply(into: &expected, ldc: 53, accumulate: false)
    // A quotient may round to the other neighbour where it lies half-way.
    expectClose(actual, expected, relative: 1e-5, absolute: Float(kind.error) / 3)
  }

  @Test(arguments: Kind.kinds(KernelLevel.all)) func splittingRowsPanelsOrDepthsLeavesEachSumAlone(_ kind: Kind) {
    let level = kind.level
    var numbers = TestNumbers(52)
    let (m, n, k) = (75, 110, 448)
    let packed = Packed(
      kind, Shape(m: m, n: n, k: k), a: numbers.vector(m * k), b: numbers.vector(n * k), transposed: true)
    let (tile, width) = (level.kernels.tile_rows(), level.kernels.panel_width())
    var whole = [Float](repeating: 0, count: m * n)
    packed.multiply(into: &whole, ldc: n, accumulate: false)
    var parts = whole.map { _ in Float(0) }
    let (aTile, bPanel) = packed.strides
    packed.a.withUnsafeBufferPointer { a in
      packed.b.withUnsafeBufferPointer { b in
        parts.withUnsafeMutableBufferPointer { c in
          for rows in [0..<24, 24..<48, 48..<75] {
            for column in stride(from: 0, to: n, by: width) {
              for slice in [0..<192, 192..<448] {
                let start = ck_integer_length(kind.form, slice.lowerBound)
                level.kernels.gemm_integers(
                  c.baseAddress! + rows.lowerBound * n + column,
                  a.baseAddress! + rows.lowerBound / tile * aTile + start * tile,
                  b.baseAddress! + column / width * bPanel + start * width, rows.count, min(width, n - column),
                  slice.count, aTile, bPanel, n, slice.lowerBound > 0, kind.form)
              }
            }
          }
        }
      }
    }
    #expect(parts == whole)
  }

  @Test(arguments: Kind.kinds(KernelLevel.all)) func theLargestSumFits(_ kind: Kind) {
    let shape = Shape(m: 1, n: 1, k: 64)
    let ones = [Float](repeating: 3, count: 64)
    for sign in [-1, 1] as [Float] {
      var c: [Float] = [0]
      Packed(kind, shape, a: ones, b: ones.map { sign * $0 }, transposed: true)
        .multiply(into: &c, ldc: 1, accumulate: false)
      expectClose(c, [sign * 576], relative: 1e-6)
    }
  }

  @Test(arguments: Kind.kinds(KernelLevel.all), [Float.nan, .infinity, -.infinity])
  func whatIsNotFiniteIsNotLost(_ kind: Kind, _ value: Float) {
    var numbers = TestNumbers(53)
    let (m, n, k) = (7, 18, 150)
    var (a, b) = (numbers.vector(m * k), numbers.vector(k * n))
    a[2 * k + 70] = value
    b[140 * n + 5] = value
    for way in [false, true] {
      var c = [Float](repeating: 0, count: m * n)
      Packed(kind, Shape(m: m, n: n, k: k), a: a, b: way ? Self.transposed(b, k, n) : b, transposed: way)
        .multiply(into: &c, ldc: n, accumulate: false)
      for i in 0..<m {
        for j in 0..<n { #expect(c[i * n + j].isNaN == (i == 2 || j == 5), "\(i), \(j): \(c[i * n + j])") }
      }
    }
  }

  @Test(arguments: Kind.kinds(KernelLevel.all)) func zerosAndTinyNumbersGiveZeros(_ kind: Kind) {
    let shape = Shape(m: 3, n: 4, k: 70)
    var c = [Float](repeating: 5, count: 12)
    let tiny = [Float](repeating: 1e-40, count: 4 * 70)
    Packed(kind, shape, a: [Float](repeating: 0, count: 210), b: tiny, transposed: false)
      .multiply(into: &c, ldc: 4, accumulate: false)
    #expect(c.allSatisfy { $0 == 0 })
  }
}
