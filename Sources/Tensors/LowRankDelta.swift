/// A low-rank addition to a linear layer, and what its kin make of it.
///
/// - LoRA (Hu et al. 2021): y = x Wᵀ + scale * (x Aᵀ) Bᵀ.
/// - With `dropout`, training passes drop a share of the delta's input and scale up the rest.
/// - With a `magnitude` m (DoRA, Liu et al. 2024): y = m / ‖W + scale * B A‖ ⊙ (x Wᵀ + scale * (x Aᵀ) Bᵀ), norms by row.
/// - With a `start` A₀, B₀ (PiSSA, Meng et al. 2024): W stands for W - scale * B₀ A₀, which is never formed.
public struct LowRankDelta: Sendable {
  /// A [R, in], B [out, R].
  public let a: Parameter
  public let b: Parameter
  public let scale: Float
  /// The share of the delta's input that training passes drop, 0 up to, not including, 1.
  public let dropout: Float
  public let magnitude: Magnitude?
  public let start: LowRankFactors?

  public init(
    a: Parameter, b: Parameter, scale: Float, dropout: Float = 0, magnitude: Magnitude? = nil,
    start: LowRankFactors? = nil
  ) {
    self.a = a
    self.b = b
    self.scale = scale
    self.dropout = dropout
    self.magnitude = magnitude
    self.start = start
  }

  public var rank: Int { a.value.shape[0] }
  public var isTrainable: Bool { a.isTrainable || b.isTrainable || magnitude?.parameter.isTrainable == true }
}

/// Frozen factors of a product of low rank: A [R, in], B [out, R].
public struct LowRankFactors: Sendable {
  public let a: Parameter
  public let b: Parameter

  public init(a: Parameter, b: Parameter) {
    self.a = a
    self.b = b
  }

  public var rank: Int { a.value.shape[0] }
}

extension LowRankDelta {
  /// The whole addition as one pair of factors: A and B, or with a start [A; A₀] [2R, in] and [B, -B₀] [out, 2R].
  public var combined: (a: Tensor, b: Tensor) {
    guard let start else { return (a.value, b.value) }
    let (outputs, inputs) = (b.value.rows, a.value.columns)
    let (rank, first) = (rank + start.rank, rank)
    let down = Tensor.zeros([rank, inputs])
    down.data.update(from: a.value.data, count: first * inputs)
    down.row(first).update(from: start.a.value.data, count: start.rank * inputs)
    let up = Tensor.zeros([outputs, rank])
    for row in 0..<outputs {
      up.row(row).update(from: b.value.row(row), count: first)
      for column in 0..<start.rank { up.row(row)[first + column] = -start.b.value.row(row)[column] }
    }
    return (down, up)
  }

  /// Adds the delta to a dense weight [out, in] of its own, after which the layer needs no delta:
  /// W ← m / ‖W + scale * B A‖ ⊙ (W + scale * B A).
  public func merge(into weight: Tensor, of linear: Linear) {
    let norms = magnitude?.norms(of: linear, delta: self, workspace: Workspace())
    add(to: weight, factor: 1)
    guard let norms, let magnitude else { return }
    for row in 0..<weight.rows {
      let gain = magnitude.parameter.value.data[row] / norms.data[row]
      for column in 0..<weight.columns { weight.row(row)[column] *= gain }
    }
  }

  /// Takes a merged delta off again. Norms are those of the merge, which the magnitude keeps for the same A and B.
  public func unmerge(from weight: Tensor, of linear: Linear) {
    if let magnitude {
      let norms = magnitude.norms(of: linear, delta: self, workspace: Workspace())
      for row in 0..<weight.rows {
        let gain = norms.data[row] / magnitude.parameter.value.data[row]
        for column in 0..<weight.columns { weight.row(row)[column] *= gain }
      }
    }
    add(to: weight, factor: -1)
  }

  /// W [out, in] += factor * scale * B A.
  private func add(to weight: Tensor, factor: Float) {
    let (a, b) = combined
    let scaled = Tensor.zeros(b.shape)
    for index in 0..<b.count { scaled.data[index] = b.data[index] * scale * factor }
    withExtendedLifetime((a, scaled)) {
      Products.times(weight.data, scaled.data, a.data, m: b.rows, n: a.columns, k: a.rows, accumulate: true)
    }
  }
}
