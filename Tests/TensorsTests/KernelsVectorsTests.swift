import CKernels
import Foundation
import Testing

/// Vector sums and products, the exponential, AdamW and number formats.
@Suite struct KernelsVectorsTests {
  @Test(arguments: KernelLevel.vector, oddSizes) func elementwise(_ level: KernelLevel, count: Int) {
    var numbers = TestNumbers(12)
    let x = numbers.vector(count)
    let y = numbers.vector(count)
    let guardValue: Float = 42

    func run(_ k: ck_kernels) -> [[Float]] {
      var sum = y + [guardValue]
      var fused = sum
      var scaled = sum
      k.add(&sum, x, count)
      k.axpy(&fused, -1.5, x, count)
      k.scale(&scaled, 0.3, count)
      return [sum, fused, scaled]
    }
    for (actual, expected) in zip(run(level.kernels), run(KernelLevel.portable.kernels)) {
      expectClose(actual, expected, absolute: 2e-7)
      #expect(actual.last == guardValue)
    }
    let (k, p) = (level.kernels, KernelLevel.portable.kernels)
    #expect(abs(k.dot(x, y, count) - p.dot(x, y, count)) <= 1e-13 * Double(count))
    #expect(abs(k.sum_squares(x, count) - p.sum_squares(x, count)) <= 1e-13 * Double(count))
  }

  @Test(arguments: KernelLevel.all) func nothingHappensToNoElements(_ level: KernelLevel) {
    var y: [Float] = [1]
    level.kernels.add(&y, [2], 0)
    level.kernels.exp(&y, [2], 0)
    #expect(y == [1] && level.kernels.dot(y, y, 0) == 0)
  }

  @Test(arguments: KernelLevel.all) func exponentialWithinTwoUnitsOfTheLastPlace(_ level: KernelLevel) {
    let x = (0..<40_001).map { -103.5 + Float($0) * (192.2 / 40_000) }
    var y = [Float](repeating: 0, count: x.count)
    level.kernels.exp(&y, x, x.count)
    var worst = 0.0
    for (input, output) in zip(x, y) {
      let exact = exp(Double(input))
      let unit = max(Double(Float(exact).ulp), Double(Float.leastNonzeroMagnitude))
      worst = max(worst, abs(Double(output) - exact) / unit)
    }
    #expect(worst <= 2)
  }

  @Test(arguments: KernelLevel.all) func exponentialAtTheEnds(_ level: KernelLevel) {
    let x: [Float] = [-.infinity, -1e30, -104, 0, -0.0, 88.7, 88.8, 1e30, .infinity, .nan]
    var y = x
    y.withUnsafeMutableBufferPointer { level.kernels.exp($0.baseAddress!, $0.baseAddress!, x.count) }
    #expect(Array(y.prefix(5)) == [0, 0, 0, 1, 1])
    #expect(y[5].isFinite && y[6...8].allSatisfy { $0 == .infinity } && y[9].isNaN)
  }

  @Test(arguments: KernelLevel.vector, oddSizes) func adamw(_ level: KernelLevel, count: Int) {
    var numbers = TestNumbers(13)
    let p = numbers.vector(count)
    let g = numbers.vector(count)
    let m = numbers.vector(count)
    let v = numbers.vector(count, 0...1)
    func run(_ k: ck_kernels) -> (p: [Float], m: [Float], v: [Float]) {
      var (p, m, v) = (p, m, v)
      k.adamw(&p, g, &m, &v, count, 0.01, 0.9, 0.999, 1e-8, 0.1, 0.271, 0.003, 0.5)
      return (p, m, v)
    }
    let actual = run(level.kernels)
    let expected = run(KernelLevel.portable.kernels)
    expectClose(actual.p, expected.p, relative: 2e-6)
    expectClose(actual.m, expected.m, absolute: 1e-7)
    expectClose(actual.v, expected.v, absolute: 1e-7)
  }

  @Test(arguments: KernelLevel.all) func firstAdamwStepMovesByTheLearningRate(_ level: KernelLevel) {
    var p: [Float] = [1, 1]
    var m: [Float] = [0, 0]
    var v: [Float] = [0, 0]
    level.kernels.adamw(&p, [4, -0.25], &m, &v, 2, 0.1, 0.9, 0.99, 1e-10, 0, 0.1, 0.01, 1)
    expectClose(p, [0.9, 1.1])
    expectClose(m, [0.4, -0.025])
    expectClose(v, [0.16, 0.000625])
  }

  @Test(arguments: KernelLevel.all) func everyHalfSurvivesTheRoundTrip(_ level: KernelLevel) {
    let half = (0...UInt16.max).map { $0 }
    var wide = [Float](repeating: 0, count: half.count)
    var back = half
    level.kernels.f16_to_f32(&wide, half, half.count)
    level.kernels.f32_to_f16(&back, wide, half.count)
    for (bits, value) in zip(half, wide) where value != Float(Float16(bitPattern: bits)) && !value.isNaN {
      Issue.record("half \(bits) became \(value)")
      return
    }
    #expect(zip(half, zip(wide, back)).allSatisfy { $0 == $1.1 || $1.0.isNaN && Float16(bitPattern: $1.1).isNaN })

    level.kernels.bf16_to_f32(&wide, half, half.count)
    level.kernels.f32_to_bf16(&back, wide, half.count)
    #expect(zip(half, wide).allSatisfy { UInt32($0) << 16 == $1.bitPattern })
    #expect(zip(half, zip(wide, back)).allSatisfy { $0 == $1.1 || $1.0.isNaN && $1.1 == $0 | 0x40 })
  }

  @Test(arguments: KernelLevel.all) func narrowingRoundsToNearestEven(_ level: KernelLevel) {
    var numbers = TestNumbers(14)
    var x = (0..<5000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: numbers.bits())) }
    x += numbers.vector(3000, -2...2) + numbers.vector(503, -1e-4...1e-4) + [65504, 65519, 65520, -65520, 0x1p-25]
    var half = [UInt16](repeating: 0, count: x.count)
    var brain = half
    level.kernels.f32_to_f16(&half, x, x.count)
    level.kernels.f32_to_bf16(&brain, x, x.count)
    for (index, value) in x.enumerated() {
      if value.isNaN {
        #expect(Float16(bitPattern: half[index]).isNaN && Float(bitPattern: UInt32(brain[index]) << 16).isNaN)
        continue
      }
      let bits = value.bitPattern
      let (kept, rest) = (bits >> 16, bits & 0xFFFF)
      let up: UInt32 = rest > 0x8000 || (rest == 0x8000 && kept & 1 == 1) ? 1 : 0
      if half[index] != Float16(value).bitPattern || UInt32(brain[index]) != kept + up {
        Issue.record("\(value) became half \(half[index]), bf16 \(brain[index])")
        return
      }
    }
  }

  @Test(arguments: KernelLevel.vector, [1, 3, 8, 15, 17, 33]) func formatTailsStayInside(
    _ level: KernelLevel, count: Int
  ) {
    var numbers = TestNumbers(15)
    let x = numbers.vector(count)
    var narrow = [UInt16](repeating: 7, count: count + 1)
    var wide = [Float](repeating: 7, count: count + 1)
    level.kernels.f32_to_bf16(&narrow, x, count)
    level.kernels.bf16_to_f32(&wide, narrow, count)
    #expect(narrow[count] == 7 && wide[count] == 7)
    expectClose(Array(wide.prefix(count)), x, relative: 1 / 256)
    level.kernels.f32_to_f16(&narrow, x, count)
    level.kernels.f16_to_f32(&wide, narrow, count)
    #expect(narrow[count] == 7 && wide[count] == 7)
    expectClose(Array(wide.prefix(count)), x, relative: 1 / 2048)
  }
}
