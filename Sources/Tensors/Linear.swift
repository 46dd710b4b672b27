import CKernels

/// A weight matrix [out, in] with an optional bias [out]; knows how to multiply in both directions.
public final class Linear: @unchecked Sendable {
  /// Module path as in Hugging Face's checkpoints, without ".weight".
  public let name: String
  public let weight: Parameter
  public let bias: Parameter?

  public init(name: String, weight: Parameter, bias: Parameter? = nil) {
    self.name = name
    self.weight = weight
    self.bias = bias
  }

  public var outputs: Int { weight.value.shape[0] }
  public var inputs: Int { weight.value.shape[1] }
  var trainsItself: Bool { weight.isTrainable || bias?.isTrainable == true }
}

/// A low-rank addition to a linear layer: y += scale * (x Aᵀ) Bᵀ (LoRA, Hu et al. 2021).
public struct LowRankDelta: Sendable {
  /// A [R, in], B [out, R].
  public let a: Parameter
  public let b: Parameter
  public let scale: Float

  public init(a: Parameter, b: Parameter, scale: Float) {
    self.a = a
    self.b = b
    self.scale = scale
  }

  public var rank: Int { a.value.shape[0] }
}

extension Linear {
  /// y [T, out] (+)= x [T, in] Wᵀ + bias + delta. `low` [T, R] receives scale * x Aᵀ, kept for the backward.
  public func forward(
    _ y: Tensor, x: Tensor, delta: LowRankDelta?, low: Tensor?, accumulate: Bool = false
  ) {
    apply(y, x: x, delta: delta, low: low, accumulate: accumulate) { y, x, w, accumulate in
      Products.timesTransposed(
        y.data, x.data, w.data, m: x.rows, n: w.shape[0], k: w.shape[1], accumulate: accumulate)
    }
  }

  /// The same for at most 16 rows by streaming the weights once: the product of generation. A row's result does not
  /// depend on how many rows there are.
  public func stream(_ y: Tensor, x: Tensor, delta: LowRankDelta?, low: Tensor?, accumulate: Bool = false) {
    apply(y, x: x, delta: delta, low: low, accumulate: accumulate) { y, x, w, accumulate in
      let (n, k) = (w.shape[0], w.shape[1])
      Threads.ranges(n, grain: max(32, 65536 / k)) { columns in
        ck_rows_f32(
          y.data + columns.lowerBound, x.data, w.row(columns.lowerBound), x.rows, columns.count, k, n, accumulate)
      }
    }
  }

  private func apply(
    _ y: Tensor, x: Tensor, delta: LowRankDelta?, low: Tensor?, accumulate: Bool,
    product: (_ y: Tensor, _ x: Tensor, _ w: Tensor, _ accumulate: Bool) -> Void
  ) {
    product(y, x, weight.value, accumulate)
    if let bias {
      for row in 0..<x.rows { ck_add(y.row(row), bias.value.data, outputs) }
    }
    guard let delta, let low else { return }
    product(low, x, delta.a.value, false)
    ck_scale(low.data, delta.scale, low.count)
    product(y, low, delta.b.value, true)
  }

  /// Adds the parameters' gradients, and the input's to dx [T, in] unless it is nil.
  ///
  /// - Parameters:
  ///   - x: the input again; needed when the weight or the delta is trained.
  ///   - low: scale * x Aᵀ as the forward left it.
  ///   - accumulate: whether dx is added to or replaced.
  public func backward(
    dx: Tensor?, dy: Tensor, x: Tensor?, delta: LowRankDelta?, low: Tensor?, accumulate: Bool, workspace: Workspace
  ) {
    let rows = dy.rows
    if weight.isTrainable, let x {
      Products.transposedTimes(
        weight.gradient.data, dy.data, x.data, m: outputs, n: inputs, k: rows, accumulate: true)
    }
    if let bias, bias.isTrainable {
      let gradient = bias.gradient
      Threads.ranges(outputs, grain: 256) { columns in
        for row in 0..<rows {
          ck_add(gradient.data + columns.lowerBound, dy.row(row) + columns.lowerBound, columns.count)
        }
      }
    }
    if let dx {
      Products.times(
        dx.data, dy.data, weight.value.data, m: rows, n: inputs, k: outputs, accumulate: accumulate)
    }
    guard let delta, let low else { return }
    let rank = delta.rank
    workspace.scratch {
      let dlow = workspace.allocate([rows, rank])
      Products.times(
        dlow.data, dy.data, delta.b.value.data, m: rows, n: rank, k: outputs)
      ck_scale(dlow.data, delta.scale, dlow.count)
      if delta.b.isTrainable {
        Products.transposedTimes(
          delta.b.gradient.data, dy.data, low.data, m: outputs, n: rank, k: rows, accumulate: true)
      }
      if delta.a.isTrainable, let x {
        Products.transposedTimes(
          delta.a.gradient.data, dlow.data, x.data, m: rank, n: inputs, k: rows, accumulate: true)
      }
      if let dx {
        Products.times(
          dx.data, dlow.data, delta.a.value.data, m: rows, n: inputs, k: rank, accumulate: true)
      }
    }
  }
}
