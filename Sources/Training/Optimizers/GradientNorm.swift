import CKernels
import Tensors

/// The global norm of gradients, the same bits for any number of threads.
enum GradientNorm {
  /// Elements that one thread sums at a time; part of the result's definition.
  private static let piece = 1 << 16

  /// sqrt of the sum of squares over all gradients.
  static func of(_ parameters: [Parameter]) -> Double {
    var pieces: [(data: UnsafeMutablePointer<Float>, count: Int)] = []
    for parameter in parameters {
      let gradient = parameter.gradient
      for start in stride(from: 0, to: gradient.count, by: piece) {
        pieces.append((gradient.data + start, min(piece, gradient.count - start)))
      }
    }
    var sums = [Double](repeating: 0, count: pieces.count)
    sums.withUnsafeMutableBufferPointer { sums in
      Threads.forEach(pieces.count) { index, _ in
        sums[index] = ck_sum_squares(pieces[index].data, pieces[index].count)
      }
    }
    return sums.reduce(0, +).squareRoot()
  }

  /// What gradients are multiplied by to be clipped, as `torch.nn.utils.clip_grad_norm_` computes it.
  static func clippingScale(norm: Double, maximum: Double) -> Double {
    maximum > 0 ? min(1, maximum / (norm + 1e-6)) : 1
  }
}
