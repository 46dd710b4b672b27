import CKernels
import Foundation
import Testing

/// Attention softmax and decoding, log-sum-exp over vocabulary slices: every level against the portable one.
@Suite struct KernelsAttentionTests {
  @Test(arguments: KernelLevel.vector, oddSizes) func softmax(_ level: KernelLevel, keys: Int) {
    var numbers = TestNumbers(4)
    let rows = 6
    let stride = keys + 3
    let scale: Float = 0.125
    let scores = numbers.vector(rows * stride, -40...40)
    let dp = numbers.vector(rows * stride)
    let delta = numbers.vector(rows)

    for visible in [1, keys - 2, keys] {
      func run(_ k: ck_kernels) -> (p: [Float], lse: [Float], again: [Float], ds: [Float]) {
        var p = scores
        var lse = [Float](repeating: 0, count: rows)
        var again = scores
        var ds = dp
        k.attention_softmax(&p, &lse, rows, keys, stride, visible, scale)
        k.attention_probabilities(&again, lse, rows, keys, stride, visible, scale)
        k.attention_softmax_backward(&ds, p, delta, rows, keys, stride, scale)
        return (p, lse, again, ds)
      }
      let actual = run(level.kernels)
      let expected = run(KernelLevel.portable.kernels)
      expectClose(actual.p, expected.p, relative: 4e-6, "p")
      expectClose(actual.lse, expected.lse, "lse")
      expectClose(actual.again, actual.p, relative: 4e-6, "p from lse")
      expectClose(actual.ds, expected.ds, "ds")
    }
  }

  @Test(arguments: KernelLevel.all) func softmaxSeesOnlyTheVisibleKeys(_ level: KernelLevel) {
    let keys = 20
    let rows = 3
    var scores = [Float](repeating: 0, count: rows * keys)
    var lse = [Float](repeating: 0, count: rows)
    scores[2] = .nan  // hidden from rows 0 and 1
    level.kernels.attention_softmax(&scores, &lse, 2, keys, keys, 0, 1)
    #expect(scores[0..<keys].allSatisfy { $0 == 0 } && lse[0] == -.infinity)
    #expect(scores[keys] == 1 && scores[(keys + 1)..<(2 * keys)].allSatisfy { $0 == 0 } && lse[1] == 0)
    #expect(scores[2 * keys] == 0 && lse[2] == 0, "a row beyond T is left alone")

    var hidden = [Float](repeating: 5, count: keys)
    level.kernels.attention_probabilities(&hidden, [-.infinity], 1, keys, keys, keys, 1)
    #expect(hidden.allSatisfy { $0 == 0 })
  }

  @Test(arguments: KernelLevel.all) func softmaxOfInfiniteAndLargeScores(_ level: KernelLevel) {
    var scores: [Float] = [-.infinity, 3e4, 3e4, -.infinity, -3e4]
    var lse: [Float] = [0]
    level.kernels.attention_softmax(&scores, &lse, 1, 5, 5, 5, 1)
    expectClose(scores, [0, 0.5, 0.5, 0, 0])
    expectClose(lse, [3e4 + 0.6931472])
    var none = [Float](repeating: -.infinity, count: 19)
    level.kernels.attention_softmax(&none, &lse, 1, 19, 19, 19, 1)
    #expect(none.allSatisfy { $0 == 0 } && lse[0] == -.infinity)
  }

  @Test(arguments: KernelLevel.vector, oddSizes) func rowDots(_ level: KernelLevel, size: Int) {
    var numbers = TestNumbers(5)
    let a = numbers.vector(5 * (size + 2))
    let b = numbers.vector(5 * (size + 7))
    var actual = [Float](repeating: 0, count: 5)
    var expected = actual
    level.kernels.row_dots(&actual, a, b, 5, size, size + 2, size + 7)
    KernelLevel.portable.kernels.row_dots(&expected, a, b, 5, size, size + 2, size + 7)
    expectClose(actual, expected, absolute: 5e-6)
  }

  @Test(arguments: KernelLevel.vector, [1, 8, 16, 17, 32, 63, 64, 80, 128, 200])
  func decode(_ level: KernelLevel, size: Int) {
    var numbers = TestNumbers(6)
    for keys in [1, 2, 3, 4, 5, 16, 33, 127] {
      let (kStride, vStride) = (size + 4, size + 9)
      let heads = 3
      let q = numbers.vector(heads * size, -3...3)
      let k = numbers.vector(keys * kStride)
      let v = numbers.vector(keys * vStride)
      func run(_ kernels: ck_kernels, heads: Int, from first: Int = 0) -> [Float] {
        var out = [Float](repeating: 7, count: heads * size)
        var weights = [Float](repeating: 0, count: heads * keys)
        q.withUnsafeBufferPointer { q in
          kernels.attention_decode(
            &out, &weights, q.baseAddress! + first * size, k, v, heads, keys, size, kStride, vStride, 0.3)
        }
        return out
      }
      let together = run(level.kernels, heads: heads)
      #expect(together == (0..<heads).flatMap { run(level.kernels, heads: 1, from: $0) }, "\(keys) keys")
      expectClose(
        together, run(KernelLevel.portable.kernels, heads: heads), relative: 1e-5, absolute: 2e-6, "\(keys) keys")
    }
  }

  @Test(arguments: KernelLevel.all, oddSizes) func logSumExpInSlices(_ level: KernelLevel, width: Int) {
    var numbers = TestNumbers(7)
    let rows = 3
    let stride = width + 1
    var logits = numbers.vector(rows * stride, -30...30)
    logits[0] = -.infinity
    var maximum = [Float](repeating: -.infinity, count: rows)
    var sum = [Float](repeating: 0, count: rows)
    var weighted = sum
    var plainMaximum = maximum
    var plainSum = sum
    let slice = (width + 2) / 3
    for start in Swift.stride(from: 0, to: width, by: slice) {
      let count = min(slice, width - start)
      logits.withUnsafeBufferPointer { p in
        level.kernels.logsumexp_update(&maximum, &sum, &weighted, p.baseAddress! + start, rows, count, stride)
        level.kernels.logsumexp_update(&plainMaximum, &plainSum, nil, p.baseAddress! + start, rows, count, stride)
      }
    }
    #expect(maximum == plainMaximum && sum == plainSum)
    for r in 0..<rows {
      let row = logits[(r * stride)..<(r * stride + width)].map(Double.init)
      let top = row.max()!
      if top == -.infinity {
        #expect(maximum[r] == -.infinity && sum[r] == 0 && weighted[r] == 0)
        continue
      }
      let terms = row.map { exp($0 - top) }
      let expectedSum = terms.reduce(0, +)
      let expectedWeighted = zip(terms, row).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * $1.1 : 0) }
      expectClose([maximum[r], sum[r]], [Float(top), Float(expectedSum)], relative: 3e-6)
      expectClose([weighted[r]], [Float(expectedWeighted)], relative: 1e-5, absolute: 1e-4)
    }
  }

  @Test(arguments: KernelLevel.vector, oddSizes) func softmaxScaled(_ level: KernelLevel, width: Int) {
    var numbers = TestNumbers(8)
    let logits = numbers.vector(2 * (width + 3), -20...5)
    let lse: [Float] = [4, 5]
    let scale: [Float] = [-2, 0.5]
    var actual = logits
    var expected = logits
    level.kernels.softmax_scaled(&actual, lse, scale, 2, width, width + 3)
    KernelLevel.portable.kernels.softmax_scaled(&expected, lse, scale, 2, width, width + 3)
    expectClose(actual, expected, absolute: 0)
  }
}
