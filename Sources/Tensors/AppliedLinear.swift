/// A linear layer inside a pass, with its delta and what that keeps for the backward.
public struct AppliedLinear: Sendable {
  public let linear: Linear
  public let delta: LowRankDelta?
  /// [T, R] = scale * x Aᵀ, x as the delta reads it.
  public let low: Tensor?
  /// [T, R₀], scratch for the projections of a start.
  let startLow: Tensor?
  /// What the delta's input loses in this pass.
  let mask: DropoutMask?
  let direction: Direction?

  /// What DoRA keeps of a pass.
  struct Direction: Sendable {
    /// [T, out], the output before it is scaled.
    let z: Tensor
    /// ‖W + scale * B A‖, [out]; a constant to the gradient.
    let norms: Tensor
    /// m / norms, [out].
    let gains: Tensor
  }

  /// - Parameter dropout: what a training pass draws its masks by; nil in every other pass.
  public init(
    _ linear: Linear, delta: LowRankDelta?, rows: Int, workspace: Workspace, dropout: DropoutKey? = nil
  ) {
    self.linear = linear
    self.delta = delta
    low = delta.map { workspace.allocate([rows, $0.rank]) }
    startLow = delta?.start.map { workspace.allocate([rows, $0.rank]) }
    mask = delta.flatMap { delta in
      dropout.flatMap { DropoutMask(share: delta.dropout, key: $0, layer: linear.name) }
    }
    direction = delta.flatMap { delta in
      guard let magnitude = delta.magnitude else { return nil }
      precondition(!linear.weight.isTrainable, "\(linear.name): magnitudes stand on frozen weights")
      let norms = magnitude.norms(of: linear, delta: delta, workspace: workspace)
      let gains = workspace.allocate([linear.outputs])
      for index in 0..<gains.count { gains.data[index] = magnitude.parameter.value.data[index] / norms.data[index] }
      return Direction(z: workspace.allocate([rows, linear.outputs]), norms: norms, gains: gains)
    }
  }

  public var isTrainable: Bool { linear.isTrainable || delta?.isTrainable == true }
  var rank: Int { delta?.rank ?? 0 }
}

extension AppliedLinear.Direction {
  /// Rows of y [T, out] (+)= gains ⊙ z.
  func scale(_ y: Tensor, rows: Range<Int>, accumulate: Bool) {
    for row in rows {
      let (y, z, gains) = (y.row(row), z.row(row), gains.data)
      if accumulate {
        for index in 0..<self.gains.count { y[index] += gains[index] * z[index] }
      } else {
        for index in 0..<self.gains.count { y[index] = gains[index] * z[index] }
      }
    }
  }

  /// dz [T, out] = gains ⊙ dy.
  func gradient(_ dz: Tensor, dy: Tensor) {
    Threads.ranges(dy.rows, grain: PackedRows.grain) { range in
      for row in range {
        let (dz, dy, gains) = (dz.row(row), dy.row(row), gains.data)
        for index in 0..<self.gains.count { dz[index] = gains[index] * dy[index] }
      }
    }
  }

  /// dm [out] += Σ dy ⊙ z / norms over the rows.
  func addGradient(_ dm: Tensor, dy: Tensor) {
    Threads.ranges(dm.count, grain: 256) { columns in
      for row in 0..<dy.rows {
        let (dy, z) = (dy.row(row), z.row(row))
        for index in columns { dm.data[index] += dy[index] * z[index] / norms.data[index] }
      }
    }
  }
}
