import CKernels
import Testing

/// Products of packed operands, against sums in double.
@Suite struct KernelsGemmTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    let m: Int, n: Int, k: Int
    var testDescription: String { "\(m)x\(n)x\(k)" }
  }

  static let shapes = [
    Shape(m: 1, n: 1, k: 1), Shape(m: 7, n: 47, k: 3), Shape(m: 8, n: 48, k: 16), Shape(m: 9, n: 49, k: 33),
    Shape(m: 6, n: 16, k: 5), Shape(m: 5, n: 15, k: 257), Shape(m: 77, n: 17, k: 31), Shape(m: 13, n: 100, k: 385),
    Shape(m: 66, n: 650, k: 9), Shape(m: 3, n: 33, k: 800), Shape(m: 4, n: 4, k: 0),
  ]

  @Test(arguments: KernelLevel.all, shapes) func everyLayout(_ level: KernelLevel, shape: Shape) {
    var numbers = TestNumbers(30)
    let (m, n, k) = (shape.m, shape.n, shape.k)
    let ldc = n + 3
    let a = numbers.vector(m * k)
    let b = numbers.vector(k * n)
    let c = numbers.vector(m * ldc)
    var product = [Float](repeating: 0, count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        var sum = 0.0
        for x in 0..<k { sum += Double(a[i * k + x]) * Double(b[x * n + j]) }
        product[i * n + j] = Float(sum)
      }
    }
    let aT = transposed(a, m, k)
    let bT = transposed(b, k, n)
    for (aWay, bWay, accumulate) in [
      (false, false, false), (true, false, true), (false, true, true), (true, true, false),
    ] {
      let packedA = packA(level, aWay ? aT : a, m, k, aWay)
      let packedB = packB(level, bWay ? bT : b, n, k, bWay)
      let (tile, width) = (level.kernels.tile_rows(), level.kernels.panel_width())
      var actual = c
      level.kernels.gemm(&actual, packedA, packedB, m, n, k, k * tile, k * width, ldc, accumulate)
      var expected = c
      for i in 0..<m {
        for j in 0..<n { expected[i * ldc + j] = product[i * n + j] + (accumulate ? c[i * ldc + j] : 0) }
      }
      expectClose(actual, expected, relative: 1e-5, absolute: 2e-5, "A^T \(aWay), B^T \(bWay), add \(accumulate)")
    }
  }

  @Test(arguments: KernelLevel.all) func splittingRowsPanelsOrDepthsLeavesEachSumAlone(_ level: KernelLevel) {
    var numbers = TestNumbers(31)
    let (m, n, k) = (75, 110, 700)
    let packedA = packA(level, numbers.vector(m * k), m, k, false)
    let packedB = packB(level, numbers.vector(n * k), n, k, true)
    let (tile, width) = (level.kernels.tile_rows(), level.kernels.panel_width())
    let slices = [0..<350, 350..<700]
    var whole = [Float](repeating: 0, count: m * n)
    var parts = whole
    packedA.withUnsafeBufferPointer { a in
      packedB.withUnsafeBufferPointer { b in
        for slice in slices {
          level.kernels.gemm(
            &whole, a.baseAddress! + slice.lowerBound * tile, b.baseAddress! + slice.lowerBound * width, m, n,
            slice.count, k * tile, k * width, n, slice.lowerBound > 0)
        }
        parts.withUnsafeMutableBufferPointer { c in
          for rows in [0..<24, 24..<48, 48..<75] {
            for column in stride(from: 0, to: n, by: width) {
              for slice in slices {
                level.kernels.gemm(
                  c.baseAddress! + rows.lowerBound * n + column,
                  a.baseAddress! + rows.lowerBound * k + slice.lowerBound * tile,
                  b.baseAddress! + column * k + slice.lowerBound * width, rows.count, min(width, n - column),
                  slice.count, k * tile, k * width, n, slice.lowerBound > 0)
              }
            }
          }
        }
      }
    }
    #expect(parts == whole)
  }

  private func packA(_ level: KernelLevel, _ a: [Float], _ m: Int, _ k: Int, _ transposed: Bool) -> [Float] {
    packed(m, level.kernels.tile_rows(), k) { level.kernels.pack_a($0, a, m, k, transposed ? m : k, transposed) }
  }

  private func packB(_ level: KernelLevel, _ b: [Float], _ n: Int, _ k: Int, _ transposed: Bool) -> [Float] {
    packed(n, level.kernels.panel_width(), k) { level.kernels.pack_b($0, b, n, k, transposed ? k : n, transposed) }
  }

  /// What `pack` writes: all of the form, filled up with numbers, and nothing beyond it.
  private func packed(
    _ count: Int, _ unit: Int, _ k: Int, _ pack: (UnsafeMutablePointer<Float>) -> Void
  ) -> [Float] {
    let size = (count + unit - 1) / unit * unit * k
    var packed = [Float](repeating: .nan, count: size + 8)
    packed.withUnsafeMutableBufferPointer { pack($0.baseAddress!) }
    #expect(packed[size...].allSatisfy(\.isNaN) && packed[..<size].allSatisfy { !$0.isNaN })
    return packed
  }

  private func transposed(_ x: [Float], _ rows: Int, _ columns: Int) -> [Float] {
    (0..<(rows * columns)).map { x[$0 % rows * columns + $0 / rows] }
  }
}
