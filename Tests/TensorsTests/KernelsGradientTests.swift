import CKernels
import Foundation
import Testing

/// Backward kernels of every level against central differences of the formulas in double; forwards against the formulas.
@Suite struct KernelsGradientTests {
  /// d loss / d x[i] for every i.
  private func differences(_ x: [Float], _ loss: ([Double]) -> Double) -> [Float] {
    let values = x.map(Double.init)
    let step = 1e-5
    return values.indices.map { i in
      var (low, high) = (values, values)
      low[i] -= step
      high[i] += step
      return Float((loss(high) - loss(low)) / (2 * step))
    }
  }

  private func dot(_ a: [Double], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * Double($1.1) } }

  @Test(arguments: KernelLevel.all, [1, 5, 17, 33]) func rmsnorm(_ level: KernelLevel, width: Int) {
    var numbers = TestNumbers(20)
    let x = numbers.vector(width, -2...2)
    let w = numbers.vector(width)
    let dy = numbers.vector(width)
    let eps = 1e-3
    func forward(_ x: [Double], _ w: [Double]) -> [Double] {
      let rstd = 1 / (x.reduce(0) { $0 + $1 * $1 } / Double(width) + eps).squareRoot()
      return zip(x, w).map { $0 * $1 * rstd }
    }
    var y = x
    var rstd: [Float] = [0]
    var dx = [Float](repeating: 0, count: width)
    var dw = dx
    level.kernels.rmsnorm_forward(&y, &rstd, x, w, 1, width, Float(eps))
    level.kernels.rmsnorm_backward(&dx, &dw, dy, x, w, rstd, 1, width)
    let wide = w.map(Double.init)
    let input = x.map(Double.init)
    expectClose(y, forward(input, wide).map { Float($0) }, "y")
    expectClose(dx, differences(x) { dot(forward($0, wide), dy) }, relative: 1e-4, absolute: 1e-5, "dx")
    expectClose(dw, differences(w) { dot(forward(input, $0), dy) }, relative: 1e-4, absolute: 1e-5, "dw")
  }

  @Test(arguments: KernelLevel.all) func swiglu(_ level: KernelLevel) {
    var numbers = TestNumbers(21)
    let gate = numbers.vector(19, -6...6)
    let up = numbers.vector(19)
    let dy = numbers.vector(19)
    func forward(_ gate: [Double], _ up: [Double]) -> [Double] { zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 } }
    var y = gate
    var dgate = gate
    var dup = gate
    level.kernels.swiglu_forward(&y, gate, up, 19)
    level.kernels.swiglu_backward(&dgate, &dup, dy, gate, up, 19)
    let (g, u) = (gate.map(Double.init), up.map(Double.init))
    expectClose(y, forward(g, u).map { Float($0) }, "y")
    expectClose(dgate, differences(gate) { dot(forward($0, u), dy) }, relative: 1e-4, absolute: 1e-5, "dgate")
    expectClose(dup, differences(up) { dot(forward(g, $0), dy) }, relative: 1e-4, absolute: 1e-5, "dup")
  }

  @Test(arguments: KernelLevel.all) func rope(_ level: KernelLevel) {
    var numbers = TestNumbers(22)
    let x = numbers.vector(34)
    let dy = numbers.vector(34)
    let angles = numbers.vector(17, -3...3)
    let (co, si) = (angles.map { cos($0) }, angles.map { sin($0) })
    func forward(_ x: [Double]) -> [Double] {
      (0..<34).map { i in
        let (c, s, j) = (Double(co[i % 17]), Double(si[i % 17]), i % 17)
        return i < 17 ? x[j] * c - x[j + 17] * s : x[j + 17] * c + x[j] * s
      }
    }
    var y = x
    var dx = dy
    level.kernels.rope(&y, [0], co, si, 1, 1, 34, 34, false)
    level.kernels.rope(&dx, [0], co, si, 1, 1, 34, 34, true)
    expectClose(y, forward(x.map(Double.init)).map { Float($0) }, "y")
    expectClose(dx, differences(x) { dot(forward($0), dy) }, relative: 1e-4, absolute: 1e-5, "dx")
  }

  /// One row: delta = sum of p dp, as the attention backward computes it from the output.
  @Test(arguments: KernelLevel.all) func attentionSoftmax(_ level: KernelLevel) {
    var numbers = TestNumbers(23)
    let keys = 21
    let seen = 18
    let scale: Float = 0.7
    let scores = numbers.vector(keys, -3...3)
    let dp = numbers.vector(keys)
    func forward(_ scores: [Double]) -> [Double] {
      let terms = scores.enumerated().map { $0 < seen ? exp($1 * Double(scale)) : 0 }
      let total = terms.reduce(0, +)
      return terms.map { $0 / total }
    }
    var p = scores
    var lse: [Float] = [0]
    var delta: [Float] = [0]
    var ds = dp
    level.kernels.attention_softmax(&p, &lse, 1, keys, keys, seen, scale)
    level.kernels.row_dots(&delta, p, dp, 1, keys, keys, keys)
    level.kernels.attention_softmax_backward(&ds, p, delta, 1, keys, keys, scale)
    expectClose(p, forward(scores.map(Double.init)).map { Float($0) }, "p")
    expectClose(ds, differences(scores) { dot(forward($0), dp) }, relative: 1e-4, absolute: 1e-5, "ds")
  }

  /// Cross-entropy: d lse / d logits = softmax, and the entropy from the weighted sum.
  @Test(arguments: KernelLevel.all) func crossEntropy(_ level: KernelLevel) {
    var numbers = TestNumbers(24)
    let logits = numbers.vector(37, -5...5)
    var maximum: [Float] = [-.infinity]
    var sum: [Float] = [0]
    var weighted: [Float] = [0]
    var gradient = logits
    level.kernels.logsumexp_update(&maximum, &sum, &weighted, logits, 1, 37, 37)
    let lse = maximum[0] + log(sum[0])
    level.kernels.softmax_scaled(&gradient, [lse], [1], 1, 37, 37)
    let expected = differences(logits) { log($0.reduce(0) { $0 + exp($1) }) }
    expectClose(gradient, expected, relative: 1e-4, absolute: 1e-5)
    let entropy = -zip(gradient, logits).reduce(0) { $0 + $1.0 * ($1.1 - lse) }
    expectClose([lse - weighted[0] / sum[0]], [entropy], relative: 1e-5)
  }
}
