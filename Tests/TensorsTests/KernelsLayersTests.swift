import CKernels
import Foundation
import Testing

/// RMSNorm, rotary embedding and SwiGLU: every level against the portable one.
@Suite struct KernelsLayersTests {
  @Test(arguments: KernelLevel.vector, oddSizes) func rmsnorm(_ level: KernelLevel, width: Int) {
    var numbers = TestNumbers(1)
    let rows = 3
    let x = numbers.vector(rows * width, -3...3)
    let w = numbers.vector(width)
    let dy = numbers.vector(rows * width)
    let dx0 = numbers.vector(rows * width)
    let dw0 = numbers.vector(width)

    func run(_ k: ck_kernels) -> (y: [Float], rstd: [Float], dx: [Float], dw: [Float], dxOnly: [Float]) {
      var y = [Float](repeating: 0, count: rows * width)
      var rstd = [Float](repeating: 0, count: rows)
      k.rmsnorm_forward(&y, &rstd, x, w, rows, width, 1e-5)
      var dx = dx0
      var dw = dw0
      var dxOnly = dx0
      k.rmsnorm_backward(&dx, &dw, dy, x, w, rstd, rows, width)
      k.rmsnorm_backward(&dxOnly, nil, dy, x, w, rstd, rows, width)
      return (y, rstd, dx, dw, dxOnly)
    }
    let actual = run(level.kernels)
    let expected = run(KernelLevel.portable.kernels)
    expectClose(actual.y, expected.y, "y")
    expectClose(actual.rstd, expected.rstd, "rstd")
    expectClose(actual.dx, expected.dx, absolute: 3e-6, "dx")
    expectClose(actual.dw, expected.dw, absolute: 3e-6, "dw")
    #expect(actual.dx == actual.dxOnly)
  }

  @Test(arguments: KernelLevel.all) func rmsnormInPlaceAndExtremes(_ level: KernelLevel) {
    let x: [Float] = [3e18, -4e18, 0, 0, 1e-20, 2e-20, 0, 0]
    let w: [Float] = [1, 1, 1, 1]
    var apart = [Float](repeating: 0, count: 8)
    var rstd: [Float] = [0, 0]
    var place = x
    level.kernels.rmsnorm_forward(&apart, &rstd, x, w, 2, 4, 1e-6)
    expectClose(apart, [1.2, -1.6, 0, 0, 1e-17, 2e-17, 0, 0], absolute: 1e-23)
    place.withUnsafeMutableBufferPointer { p in
      level.kernels.rmsnorm_forward(p.baseAddress!, &rstd, p.baseAddress!, w, 2, 4, 1e-6)
    }
    #expect(place == apart)
  }

  @Test(arguments: KernelLevel.all, [2, 6, 16, 30, 34, 64, 128]) func rope(_ level: KernelLevel, size: Int) {
    var numbers = TestNumbers(2)
    let rows = 4
    let heads = 3
    let stride = heads * size + 5
    let x = numbers.vector(rows * stride)
    let angles = numbers.vector(9 * size / 2, -3...3)
    let cosine = angles.map { cos($0) }
    let sine = angles.map { sin($0) }
    let positions: [Int32] = [0, 8, 3, 3]
    var turned = x
    var expected = x
    level.kernels.rope(&turned, positions, cosine, sine, rows, heads, size, stride, false)
    KernelLevel.portable.kernels.rope(&expected, positions, cosine, sine, rows, heads, size, stride, false)
    expectClose(turned, expected)
    let first = x[0] * cosine[0] - x[size / 2] * sine[0]
    #expect(abs(turned[0] - first) < 1e-6)
    level.kernels.rope(&turned, positions, cosine, sine, rows, heads, size, stride, true)
    expectClose(turned, x, absolute: 2e-6, "turned back")
  }

  @Test(arguments: KernelLevel.vector, oddSizes) func swiglu(_ level: KernelLevel, count: Int) {
    var numbers = TestNumbers(3)
    var gate = numbers.vector(count, -12...12)
    let up = numbers.vector(count)
    let dy = numbers.vector(count)
    gate[0] = -100
    if count > 2 { (gate[1], gate[2]) = (100, 0) }

    func run(_ k: ck_kernels) -> (y: [Float], dgate: [Float], dup: [Float]) {
      var y = [Float](repeating: 0, count: count)
      var dgate = gate
      var dup = up
      k.swiglu_forward(&y, gate, up, count)
      dgate.withUnsafeMutableBufferPointer { g in
        dup.withUnsafeMutableBufferPointer { u in
          k.swiglu_backward(g.baseAddress!, u.baseAddress!, dy, g.baseAddress!, u.baseAddress!, count)
        }
      }
      return (y, dgate, dup)
    }
    let actual = run(level.kernels)
    let expected = run(KernelLevel.portable.kernels)
    expectClose(actual.y, expected.y, "y")
    expectClose(actual.dgate, expected.dgate, "dgate")
    expectClose(actual.dup, expected.dup, "dup")
  }
}
