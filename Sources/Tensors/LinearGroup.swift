import CKernels

/// Layers that read the same input: their input is packed once, and their products share the threads.
public enum LinearGroup {
  /// ys[i] [T, outᵢ] (+)= x [T, in] Wᵢᵀ + biasᵢ + deltaᵢ; each layer's `low` is filled for the backward.
  public static func forward(
    _ layers: [AppliedLinear], to ys: [Tensor], x: Tensor, accumulate: Bool = false, workspace: Workspace
  ) {
    workspace.scratch {
      let pass = LinearForward(layers, x: x, workspace: workspace)
      pass.pack()
      ProductSum.run(pass.sums(ys, accumulate: accumulate))
      pass.scale(ys, accumulate: accumulate)
    }
    for (layer, y) in zip(layers, ys) where layer.linear.bias != nil {
      Threads.ranges(x.rows, grain: PackedRows.grain) { layer.linear.addBias(y, rows: $0) }
    }
  }

  /// The same for at most 32 rows by streaming the weights once: the product of generation. A row's result does not
  /// depend on how many rows there are. Weights that training packs once are multiplied as in training.
  public static func stream(
    _ layers: [AppliedLinear], to ys: [Tensor], x: Tensor, accumulate: Bool = false, workspace: Workspace
  ) {
    guard !layers.allSatisfy({ workspace.packs($0.linear.weight, form: workspace.precision.form) }) else {
      return forward(layers, to: ys, x: x, accumulate: accumulate, workspace: workspace)
    }
    let results = zip(layers, ys).map { $0.direction?.z ?? $1 }
    stream(
      zip(layers, results).map {
        StreamedProduct(
          weight: $0.linear.weight, y: $1, x: x, accumulate: accumulate && $0.direction == nil)
      })
    for (layer, y) in zip(layers, ys) where layer.direction == nil { layer.linear.addBias(y, rows: 0..<x.rows) }
    let parts = zip(layers, results).flatMap { StreamedPart.of($0, y: $1) }
    guard !parts.isEmpty else { return }
    stream(parts.map { StreamedProduct(weight: .dense($0.a), y: $0.low, x: x, accumulate: false) })
    for part in parts { ck_scale(part.low.data, part.scale, part.low.count) }
    // Two parts of one layer add to the same output, one after the other.
    for starts in [true, false] {
      let chosen = parts.filter { $0.isStart == starts }
      stream(chosen.map { StreamedProduct(weight: .dense($0.b), y: $0.y, x: $0.low, accumulate: true) })
    }
    for (layer, y) in zip(layers, ys) {
      guard let direction = layer.direction else { continue }
      direction.scale(y, rows: 0..<x.rows, accumulate: accumulate)
      layer.linear.addBias(y, rows: 0..<x.rows)
    }
  }

  /// y += scale * (x Aᵀ) Bᵀ: a delta, or a start that is taken off.
  private struct StreamedPart {
    let a: Parameter
    let b: Parameter
    let scale: Float
    let low: Tensor
    let y: Tensor
    let isStart: Bool

    static func of(_ layer: AppliedLinear, y: Tensor) -> [StreamedPart] {
      guard let delta = layer.delta, let low = layer.low else { return [] }
      let part = StreamedPart(a: delta.a, b: delta.b, scale: delta.scale, low: low, y: y, isStart: false)
      guard let start = delta.start, let startLow = layer.startLow else { return [part] }
      return [part, StreamedPart(a: start.a, b: start.b, scale: -delta.scale, low: startLow, y: y, isStart: true)]
    }
  }

  private struct StreamedProduct {
    let weight: WeightMatrix
    let y: Tensor
    let x: Tensor
    let accumulate: Bool
  }

  private static func stream(_ products: [StreamedProduct]) {
    let pieces = products.indices.flatMap { index in
      let weight = products[index].weight
      // Enough weights for a piece to be worth a thread's while, and enough pieces for the threads to end together.
      let grain = max(24, 65536 / weight.columns / 24 * 24)
      return Swift.stride(from: 0, to: weight.rows, by: grain).map { ($0..<min(weight.rows, $0 + grain), index) }
    }
    Threads.forEachInOrder(pieces.count) { piece in
      let (outputs, index) = pieces[piece]
      let product = products[index]
      product.weight.stream(product.y, x: product.x, outputs: outputs, accumulate: product.accumulate)
    }
  }

  /// low [T, R], a range of its rows, = scale * packed rows times `side`.
  static func project(
    _ range: Range<Int>, of packed: PackedRows, by side: RightSide, scale: Float, to low: Tensor
  ) {
    ProductSum(
      y: low.data, stride: low.columns, rows: low.rows, columns: low.columns,
      terms: [ProductTerm(a: packed, b: side)], accumulate: false
    ).compute(rows: range, columns: 0..<low.columns)
    ck_scale(low.row(range.lowerBound), scale, range.count * low.columns)
  }

  /// Adds the parameters' gradients, and the input's, summed over the layers, to dx [T, in] unless it is nil.
  ///
  /// - Parameters:
  ///   - x: the input again; needed when a weight or a delta is trained.
  ///   - accumulate: whether dx is added to or replaced.
  public static func backward(
    _ layers: [AppliedLinear], dys: [Tensor], dx: Tensor?, x: Tensor?, accumulate: Bool, workspace: Workspace
  ) {
    workspace.scratch {
      let pass = LinearBackward(layers, dys: dys, workspace: workspace)
      pass.pack(forInput: dx != nil)
      var sums: [ProductSum] = []
      if let dx { sums.append(pass.inputGradient(dx, accumulate: accumulate)) }
      var gradients = pass.deltaGradients(x: x)
      if let dx { gradients += pass.droppedInputGradients(dx) }
      sums += gradients.map(\.sum)
      if let x { sums += pass.weightGradients(x: x) }
      ProductSum.run(sums)
      for gradient in gradients { gradient.add() }
      pass.addMagnitudeGradients()
    }
    for (layer, dy) in zip(layers, dys) { layer.linear.addBiasGradient(dy: dy) }
  }
}
