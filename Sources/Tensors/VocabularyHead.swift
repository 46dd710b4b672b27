import CKernels
import Foundation

/// Log-probabilities of targets and their gradients, for rows that have a target only, in slices.
///
/// x [n, C] are hidden states, one row a target; weight [V, C]. With logits l = x Wᵀ,
/// log p(t) = l_t - logsumexp(l), and d log p(t) / dl_j = [j = t] - p_j. The largest temporary is one slice of
/// `rowBlock` rows of logits.
public struct VocabularyHead {
  public let weight: Parameter
  public let workspace: Workspace

  static let rowBlock = 128
  private static let columnBlock = 2048

  public init(weight: Parameter, workspace: Workspace) {
    self.weight = weight
    self.workspace = workspace
  }

  private var vocabulary: Int { weight.value.shape[0] }
  private var width: Int { weight.value.shape[1] }

  public struct Result {
    /// log p(target) and, when asked for, the entropy of the whole distribution, in nats.
    public var values: [Float]
    public var entropies: [Float]
    fileprivate var logSumExp: [Float]
  }

  /// Log-probabilities without gradients.
  public func forward(x: Tensor, targets: [Int32], entropies: Bool = false) -> Result {
    var result = Result(values: [], entropies: [], logSumExp: [])
    for block in blocks(targets.count) {
      workspace.scratch {
        let logits = workspace.allocate([block.count, vocabulary])
        score(logits, x: x, rows: block, targets: targets, entropies: entropies, into: &result)
      }
    }
    return result
  }

  /// Log-probabilities and, in the same pass, the gradients of sum(gradient[i] * log p(target i)).
  ///
  /// dx [n, C] is replaced; the weight's gradient is added to when it is trained.
  public func forwardBackward(x: Tensor, targets: [Int32], gradient: [Float], dx: Tensor?) -> Result {
    var result = Result(values: [], entropies: [], logSumExp: [])
    for block in blocks(targets.count) {
      workspace.scratch {
        let logits = workspace.allocate([block.count, vocabulary])
        score(logits, x: x, rows: block, targets: targets, entropies: false, into: &result)
        pullBack(logits, x: x, rows: block, targets: targets, gradient: gradient, result: result, dx: dx)
      }
    }
    return result
  }

  /// The gradients alone, from a kept forward result; the logits are computed again.
  public func backward(x: Tensor, targets: [Int32], result: Result, gradient: [Float], dx: Tensor?) {
    for block in blocks(targets.count) {
      workspace.scratch {
        let logits = workspace.allocate([block.count, vocabulary])
        Products.timesTransposed(
          logits.data, x.row(block.lowerBound), weight.value.data, m: block.count, n: vocabulary, k: width)
        pullBack(logits, x: x, rows: block, targets: targets, gradient: gradient, result: result, dx: dx)
      }
    }
  }

  private func blocks(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: Self.rowBlock).map { $0..<min(count, $0 + Self.rowBlock) }
  }

  private func score(
    _ logits: Tensor, x: Tensor, rows: Range<Int>, targets: [Int32], entropies: Bool, into result: inout Result
  ) {
    let pieces = (vocabulary + Self.columnBlock - 1) / Self.columnBlock
    Products.timesTransposed(
      logits.data, x.row(rows.lowerBound), weight.value.data, m: rows.count, n: vocabulary, k: width)
    workspace.scratch {
      let maximum = workspace.allocate([pieces, rows.count])
      let sum = workspace.zeros([pieces, rows.count])
      let weighted = workspace.zeros([pieces, rows.count])
      maximum.fill(-.infinity)
      Threads.forEach(pieces) { piece, _ in
        let first = piece * Self.columnBlock
        ck_logsumexp_update(
          maximum.row(piece), sum.row(piece), entropies ? weighted.row(piece) : nil, logits.data + first, rows.count,
          min(Self.columnBlock, vocabulary - first), vocabulary)
      }
      for row in 0..<rows.count {
        var (m, s, w) = (-Float.infinity, Float(0), Float(0))
        for piece in 0..<pieces { m = max(m, maximum.row(piece)[row]) }
        for piece in 0..<pieces {
          let factor = exp(maximum.row(piece)[row] - m)
          s += factor * sum.row(piece)[row]
          w += factor * weighted.row(piece)[row]
        }
        let lse = m + log(s)
        let target = Int(targets[rows.lowerBound + row])
        result.logSumExp.append(lse)
        result.values.append(logits.row(row)[target] - lse)
        if entropies { result.entropies.append(lse - w / s) }
      }
    }
  }

  private func pullBack(
    _ logits: Tensor, x: Tensor, rows: Range<Int>, targets: [Int32], gradient: [Float], result: Result, dx: Tensor?
  ) {
    let lse = Array(result.logSumExp[rows])
    let scale = gradient[rows].map { -$0 }
    let pieces = (vocabulary + Self.columnBlock - 1) / Self.columnBlock
    lse.withUnsafeBufferPointer { lse in
      scale.withUnsafeBufferPointer { scale in
        let (lse, scale) = (UncheckedSendable(value: lse), UncheckedSendable(value: scale))
        Threads.forEach(pieces) { piece, _ in
          let first = piece * Self.columnBlock
          ck_softmax_scaled(
            logits.data + first, lse.value.baseAddress, scale.value.baseAddress, rows.count,
            min(Self.columnBlock, vocabulary - first), vocabulary)
        }
      }
    }
    for row in 0..<rows.count {
      logits.row(row)[Int(targets[rows.lowerBound + row])] += gradient[rows.lowerBound + row]
    }
    if let dx {
      Products.times(
        dx.row(rows.lowerBound), logits.data, weight.value.data, m: rows.count, n: width, k: vocabulary)
    }
    if weight.isTrainable {
      Products.transposedTimes(
        weight.gradient.data, logits.data, x.row(rows.lowerBound), m: vocabulary, n: width, k: rows.count,
        accumulate: true)
    }
  }
}
