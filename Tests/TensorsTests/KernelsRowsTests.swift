import CKernels
import Testing

/// Products of few rows over f32, bf16, int8 and NF4 weights.
@Suite struct KernelsRowsTests {
  /// The vector levels round x, and NF4's levels, to 16 bits: by half a unit each where numbers are at most 1.
  static func integerTolerance(_ width: Int) -> Float { Float(width) * 2 * 0.5 / 32767 }
  static let counts = [1, 2, 3, 4, 5, 6, 7, 12, 13, 16, 31, 32]

  @Test(arguments: KernelLevel.all, [1, 3, 15, 16, 17, 31, 33, 576, 577, 1537])
  func plain(_ level: KernelLevel, width: Int) {
    var numbers = TestNumbers(9)
    let outputs = 13
    let x = numbers.vector(32 * width)
    let w = numbers.vector(outputs * width)
    var half = [UInt16](repeating: 0, count: w.count)
    var rounded = w
    level.kernels.f32_to_bf16(&half, w, w.count)
    level.kernels.bf16_to_f32(&rounded, half, w.count)
    for rows in Self.counts {
      check(rows, outputs, stride: outputs + 2, product(x, w, rows, outputs, width)) {
        level.kernels.rows_f32($0, x, w, rows, outputs, width, outputs + 2, $1)
      }
      check(rows, outputs, stride: outputs + 2, product(x, rounded, rows, outputs, width)) {
        level.kernels.rows_bf16($0, x, half, rows, outputs, width, outputs + 2, $1)
      }
    }
  }

  @Test(arguments: KernelLevel.all, [32, 64, 96, 576]) func quantised(_ level: KernelLevel, width: Int) {
    var numbers = TestNumbers(10)
    let outputs = 11
    let x = numbers.vector(32 * width)
    let w = numbers.vector(outputs * width)
    var q = [Int8](repeating: 0, count: w.count)
    var scales = [Float](repeating: 0, count: w.count / 32)
    level.kernels.quantize_q8(&q, &scales, w, w.count)
    let back = q.indices.map { Float(q[$0]) * scales[$0 / 32] }
    expectClose(back, w, relative: 0, absolute: 0.5 / 127 + 1e-6, "dequantised")
    var expanded = w
    level.kernels.expand_q8(&expanded, q, scales, w.count)
    #expect(expanded == back)
    for rows in Self.counts {
      check(
        rows, outputs, stride: outputs, product(x, back, rows, outputs, width), tolerance: Self.integerTolerance(width)
      ) {
        level.kernels.rows_q8($0, x, q, scales, rows, outputs, width, outputs, $1)
      }
    }
  }

  @Test(arguments: KernelLevel.all, [64, 192, 576]) func normalFloat(_ level: KernelLevel, width: Int) {
    var numbers = TestNumbers(12)
    let outputs = 11
    let x = numbers.vector(32 * width)
    let w = numbers.vector(outputs * width)
    var codes = [UInt8](repeating: 0, count: w.count / 2)
    var scales = [Float](repeating: 0, count: w.count / 64)
    level.kernels.quantize_nf4(&codes, &scales, w, w.count)
    var portableCodes = codes
    var portableScales = scales
    KernelLevel.portable.kernels.quantize_nf4(&portableCodes, &portableScales, w, w.count)
    #expect(codes == portableCodes && scales == portableScales)
    var back = w
    level.kernels.expand_nf4(&back, codes, scales, w.count)
    // Levels next to the ends are 0.31 apart, so a value is at most half of that from its own.
    expectClose(back, w, relative: 0, absolute: 0.153, "expanded")
    for rows in Self.counts {
      check(
        rows, outputs, stride: outputs, product(x, back, rows, outputs, width), tolerance: Self.integerTolerance(width)
      ) {
        level.kernels.rows_nf4($0, x, codes, scales, rows, outputs, width, outputs, $1)
      }
    }
  }

  @Test(arguments: KernelLevel.all) func quantisedRowsDoNotDependOnTheirNeighbours(_ level: KernelLevel) {
    var numbers = TestNumbers(13)
    let (outputs, width) = (11, 576)
    let x = numbers.vector(32 * width)
    let w = numbers.vector(outputs * width)
    var q = [Int8](repeating: 0, count: w.count)
    var groups = [Float](repeating: 0, count: w.count / 32)
    level.kernels.quantize_q8(&q, &groups, w, w.count)
    var codes = [UInt8](repeating: 0, count: w.count / 2)
    var blocks = [Float](repeating: 0, count: w.count / 64)
    level.kernels.quantize_nf4(&codes, &blocks, w, w.count)
    func run(_ rows: Int) -> [[Float]] {
      var eight = [Float](repeating: 0, count: rows * outputs)
      var four = eight
      level.kernels.rows_q8(&eight, x, q, groups, rows, outputs, width, outputs, false)
      level.kernels.rows_nf4(&four, x, codes, blocks, rows, outputs, width, outputs, false)
      return [eight, four]
    }
    let together = run(32)
    for rows in Self.counts {
      #expect(run(rows) == together.map { Array($0.prefix(rows * outputs)) }, "\(rows) rows")
    }
  }

  /// The most that the products of a lane come to: whole numbers of 32 bits must hold it.
  @Test(arguments: KernelLevel.all, [Float(1), -1]) func largestNormalFloats(_ level: KernelLevel, sign: Float) {
    let (outputs, width) = (5, 128)
    let x = [Float](repeating: 3, count: width)
    let codes = [UInt8](repeating: sign > 0 ? 0xFF : 0, count: outputs * width / 2)
    let scales = [Float](repeating: 2, count: outputs * width / 64)
    var y = [Float](repeating: 0, count: outputs)
    level.kernels.rows_nf4(&y, x, codes, scales, 1, outputs, width, outputs, false)
    expectClose(y, [Float](repeating: sign * 6 * Float(width), count: outputs), relative: 1e-6, absolute: 0)
  }

  @Test(arguments: KernelLevel.all, [1, 15, 17, 31, 33, 63, 576])
  func aRowDoesNotDependOnItsNeighbours(_ level: KernelLevel, width: Int) {
    var numbers = TestNumbers(11)
    let outputs = 19
    let x = numbers.vector(32 * width)
    let w = numbers.vector(outputs * width)
    var half = [UInt16](repeating: 0, count: w.count)
    level.kernels.f32_to_bf16(&half, w, w.count)
    /// Of the first rows, and of the outputs from `first` on.
    func run(_ rows: Int, _ first: Int = 0, _ count: Int = 19) -> [[Float]] {
      var full = [Float](repeating: 0, count: rows * count)
      var short = full
      let (w, half) = (Array(w[(first * width)...]), Array(half[(first * width)...]))
      level.kernels.rows_f32(&full, x, w, rows, count, width, count, false)
      level.kernels.rows_bf16(&short, x, half, rows, count, width, count, false)
      return [full, short]
    }
    let together = run(32)
    for rows in Self.counts {
      #expect(run(rows) == together.map { Array($0.prefix(rows * outputs)) }, "\(rows) rows")
    }
    // Nor on how the outputs are split among threads.
    for first in 0..<outputs {
      #expect(run(1, first, 1) == together.map { [$0[first]] }, "output \(first)")
    }
  }

  @Test(arguments: KernelLevel.all) func quantisingRoundsToEvenAndKeepsZeroGroups(_ level: KernelLevel) {
    var x = [Float](repeating: 0, count: 64)
    (x[0], x[1], x[2], x[3], x[4]) = (127, 0.5, 1.5, -2.5, -127)
    var q = [Int8](repeating: 9, count: 64)
    var scales: [Float] = [9, 9]
    level.kernels.quantize_q8(&q, &scales, x, 64)
    #expect(Array(q.prefix(5)) == [127, 0, 2, -2, -127])
    #expect(q.dropFirst(5).allSatisfy { $0 == 0 })
    #expect(scales == [1, 0])
  }

  @Test(arguments: KernelLevel.all, [0, 1, 200, 255, 256, 300]) func scales(_ level: KernelLevel, first: Int) {
    var numbers = TestNumbers(14)
    let codes = (0..<1200).map { _ in UInt8(truncatingIfNeeded: numbers.bits()) }
    let (maxima, values) = (numbers.vector(5, 0...1), numbers.vector(256))
    for count in [0, 1, 7, 8, 17, 56, 57, 256, 600] {
      var out = [Float](repeating: -9, count: count + 1)
      level.kernels.expand_scales(&out, codes, maxima, values, 0.125, first, count)
      var wanted = (first..<first + count).map { values[Int(codes[$0])] * maxima[$0 / 256] + Float(0.125) }
      wanted.append(-9)
      #expect(out == wanted, "\(count) scales")
    }
  }

  /// Runs `body` once over zeros and once accumulating over ones, and checks that nothing else is written.
  private func check(
    _ rows: Int, _ outputs: Int, stride: Int, _ expected: [Float], tolerance: Float = 1e-5,
    _ body: (UnsafeMutablePointer<Float>, Bool) -> Void
  ) {
    for accumulate in [false, true] {
      var y = [Float](repeating: 1, count: rows * stride + 3)
      y.withUnsafeMutableBufferPointer { body($0.baseAddress!, accumulate) }
      var wanted = [Float](repeating: 1, count: y.count)
      for t in 0..<rows {
        for n in 0..<outputs { wanted[t * stride + n] = expected[t * outputs + n] + (accumulate ? 1 : 0) }
      }
      expectClose(y, wanted, relative: tolerance, absolute: tolerance, "\(rows) rows, accumulate \(accumulate)")
    }
  }

  /// x [T, C] w^T in double.
  private func product(_ x: [Float], _ w: [Float], _ rows: Int, _ outputs: Int, _ width: Int) -> [Float] {
    var y: [Float] = []
    for t in 0..<rows {
      for n in 0..<outputs {
        var sum = 0.0
        for c in 0..<width { sum += Double(x[t * width + c]) * Double(w[n * width + c]) }
        y.append(Float(sum))
      }
    }
    return y
  }
}
