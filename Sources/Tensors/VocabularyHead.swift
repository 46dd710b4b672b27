import CKernels
import Foundation

/// Log-probabilities of targets and their gradients, for rows that have a target only, in slices.
///
/// x [n, C] are hidden states, one row a target; weight [V, C]. With logits l = x Wᵀ,
/// log p(t) = l_t - logsumexp(l), and d log p(t) / dl_j = [j = t] - p_j. The largest temporary is one slice of
/// `rowBlock` rows of logits.
public struct VocabularyHead {
  public let weight: WeightMatrix
  /// Rows that stand in the place of some of the weight's.
  public let replaced: ReplacedRows?
  public let workspace: Workspace

  static let rowBlock = 192
  /// Logits of one piece: in cache from the product to its log-sum-exp.
  private static let columnBlock = 512
  /// Words whose gradients are packed at once.
  static let chunk = 4096

  public init(weight: WeightMatrix, replaced: ReplacedRows? = nil, workspace: Workspace) {
    self.weight = weight
    self.replaced = replaced
    self.workspace = workspace
  }

  private var vocabulary: Int { weight.rows }
  private var width: Int { weight.columns }

  public struct Result {
    /// log p(target) and, when asked for, the entropy of the whole distribution, in nats.
    public var values: [Float]
    public var entropies: [Float]
    fileprivate var logSumExp: [Float]
  }

  /// Log-probabilities without gradients.
  ///
  /// - Parameter logits: [n, V] to keep the logits in, so that `backward` need not compute them again.
  public func forward(x: Tensor, targets: [Int32], entropies: Bool = false, keeping logits: Tensor? = nil) -> Result {
    pass(x: x, targets: targets, entropies: entropies, keeping: logits) { _, _, _ in }
  }

  /// Whether logits of so many targets are worth their memory: at most 128 MB.
  public func keepsLogits(_ targets: Int) -> Bool { Self.keepsLogits(targets, vocabulary: vocabulary) }

  public static func keepsLogits(_ targets: Int, vocabulary: Int) -> Bool { targets * vocabulary <= 32 << 20 }

  /// Log-probabilities and, in the same pass, the gradients of sum(gradient[i] * log p(target i)).
  ///
  /// dx [n, C] is replaced; the weight's gradient is added to when it is trained.
  public func forwardBackward(x: Tensor, targets: [Int32], gradient: [Float], dx: Tensor?) -> Result {
    pass(x: x, targets: targets, entropies: false) { logits, rows, result in
      pullBack(logits, x: x, rows: rows, targets: targets, gradient: gradient, result: result, dx: dx)
    }
  }

  /// The gradients alone, from a kept forward result. Logits that the forward kept are overwritten; otherwise they are
  /// computed again.
  public func backward(
    x: Tensor, targets: [Int32], result: Result, gradient: [Float], dx: Tensor?, logits kept: Tensor? = nil
  ) {
    for block in blocks(targets.count) {
      workspace.scratch {
        let logits = slice(kept, block)
        if kept == nil { multiply(logits, x: x, rows: block) { _ in } }
        pullBack(logits, x: x, rows: block, targets: targets, gradient: gradient, result: result, dx: dx)
      }
    }
  }

  /// logits [n, V] of all rows of x.
  public func logits(_ logits: Tensor, x: Tensor) {
    multiply(logits, x: x, rows: 0..<x.rows) { _ in }
  }

  /// The same for at most 32 rows of generation, as `LinearGroup.stream` does it.
  public func stream(_ logits: Tensor, x: Tensor) {
    guard !workspace.packs(weight, form: workspace.precision.headForm) else { return self.logits(logits, x: x) }
    let head = AppliedLinear(Linear(name: "lm_head", weight: weight), delta: nil, rows: x.rows, workspace: workspace)
    LinearGroup.stream([head], to: [logits], x: x, workspace: workspace)
    replaced?.score(logits, x: x.data, words: 0..<logits.columns)
  }

  private func blocks(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: Self.rowBlock).map { $0..<min(count, $0 + Self.rowBlock) }
  }

  /// Where a block's logits go: into those that are kept, or into scratch.
  private func slice(_ kept: Tensor?, _ block: Range<Int>) -> Tensor {
    guard let kept else { return workspace.allocate([block.count, vocabulary]) }
    return Tensor(shape: [block.count, vocabulary], data: kept.row(block.lowerBound), owner: kept)
  }

  private func pass(
    x: Tensor, targets: [Int32], entropies: Bool, keeping kept: Tensor? = nil,
    _ body: (_ logits: Tensor, _ rows: Range<Int>, Result) -> Void
  ) -> Result {
    var result = Result(values: [], entropies: [], logSumExp: [])
    for block in blocks(targets.count) {
      workspace.scratch {
        let logits = slice(kept, block)
        score(logits, x: x, rows: block, targets: targets, entropies: entropies, into: &result)
        body(logits, block, result)
      }
    }
    return result
  }

  /// logits [rows, V] = x Wᵀ in pieces of columns; `finish` gets each as it is done.
  private func multiply(_ logits: Tensor, x: Tensor, rows: Range<Int>, finish: (_ columns: Range<Int>) -> Void) {
    workspace.scratch {
      let packed = PackedRows(rows: rows.count, depth: width, form: workspace.precision.headForm, workspace: workspace)
      Threads.ranges(rows.count, grain: PackedRows.unit) {
        packed.pack($0, from: x.row(rows.lowerBound), stride: width)
      }
      let sum = ProductSum(
        y: logits.data, stride: vocabulary, rows: rows.count, columns: vocabulary,
        terms: [ProductTerm(a: packed, b: workspace.side(of: weight, transposed: true, form: packed.form))],
        accumulate: false)
      Threads.ranges(vocabulary, grain: Self.columnBlock) { columns in
        sum.compute(rows: 0..<rows.count, columns: columns)
        replaced?.score(logits, x: x.row(rows.lowerBound), words: columns)
        finish(columns)
      }
    }
  }

  private func score(
    _ logits: Tensor, x: Tensor, rows: Range<Int>, targets: [Int32], entropies: Bool, into result: inout Result
  ) {
    let pieces = (vocabulary + Self.columnBlock - 1) / Self.columnBlock
    workspace.scratch {
      let maximum = workspace.allocate([pieces, rows.count])
      let sum = workspace.zeros([pieces, rows.count])
      let weighted = workspace.zeros([pieces, rows.count])
      maximum.fill(-.infinity)
      multiply(logits, x: x, rows: rows) { columns in
        let piece = columns.lowerBound / Self.columnBlock
        ck_logsumexp_update(
          maximum.row(piece), sum.row(piece), entropies ? weighted.row(piece) : nil,
          logits.data + columns.lowerBound, rows.count, columns.count, vocabulary)
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

  /// Chunk by chunk of the vocabulary: logits become their gradients, and dx (and dW) get the chunk's share.
  private func pullBack(
    _ logits: Tensor, x: Tensor, rows: Range<Int>, targets: [Int32], gradient: [Float], result: Result, dx: Tensor?
  ) {
    let count = rows.count
    workspace.scratch {
      let lse = Tensor(shape: [count], values: Array(result.logSumExp[rows]))
      let scale = Tensor(shape: [count], values: gradient[rows].map { -$0 })
      let form = workspace.precision.headForm
      let packed = dx.map { _ in PackedRows(rows: count, depth: Self.chunk, form: form, workspace: workspace) }
      for first in stride(from: 0, to: vocabulary, by: Self.chunk) {
        let words = first..<min(vocabulary, first + Self.chunk)
        let part = packed.map { PackedRows($0.data, rows: count, depth: words.count, form: form) }
        Threads.ranges(count, grain: PackedRows.unit) { range in
          let top = logits.row(range.lowerBound) + first
          ck_softmax_scaled(
            top, lse.data + range.lowerBound, scale.data + range.lowerBound, range.count, words.count, vocabulary)
          for row in range {
            let target = Int(targets[rows.lowerBound + row])
            if words.contains(target) { logits.row(row)[target] += gradient[rows.lowerBound + row] }
          }
          part?.pack(range, from: logits.data + first, stride: vocabulary)
        }
        workspace.scratch {
          ProductSum.run(gradients(logits, words, part, x: x, rows: rows, dx: dx))
          replaced?.pullBack(
            logits, x: x.row(rows.lowerBound), dx: dx?.row(rows.lowerBound), weight: weight, words: words,
            workspace: workspace)
        }
      }
    }
  }

  private func gradients(
    _ logits: Tensor, _ words: Range<Int>, _ packed: PackedRows?, x: Tensor, rows: Range<Int>, dx: Tensor?
  ) -> [ProductSum] {
    var sums: [ProductSum] = []
    if let dx, let packed {
      sums.append(
        ProductSum(
          y: dx.row(rows.lowerBound), stride: width, rows: rows.count, columns: width,
          terms: [
            ProductTerm(
              a: packed, b: workspace.side(of: weight, transposed: false, form: packed.form), offset: words.lowerBound)
          ],
          accumulate: words.lowerBound > 0))
    }
    if let parameter = weight.parameter, parameter.isTrainable {
      let lying = PackedRows(
        rows: words.count, depth: rows.count, form: workspace.precision.headForm, workspace: workspace)
      Threads.ranges(words.count, grain: PackedRows.grain) {
        lying.pack($0, from: logits.data + words.lowerBound, stride: vocabulary, transposed: true)
      }
      sums.append(
        ProductSum(
          y: parameter.gradient.row(words.lowerBound), stride: width, rows: words.count, columns: width,
          terms: [ProductTerm(a: lying, b: .matrix(x.row(rows.lowerBound), stride: width, transposed: false))],
          accumulate: true))
    }
    return sums
  }
}
