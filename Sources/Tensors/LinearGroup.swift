import CKernels

/// Layers that read the same input: their input is packed once, and their products share the threads.
public enum LinearGroup {
  /// ys[i] [T, outᵢ] (+)= x [T, in] Wᵢᵀ + biasᵢ + deltaᵢ; each layer's `low` is filled for the backward.
  public static func forward(
    _ layers: [AppliedLinear], to ys: [Tensor], x: Tensor, accumulate: Bool = false, workspace: Workspace
  ) {
    let rows = x.rows
    workspace.scratch {
      let packed = PackedRows(rows: rows, depth: x.columns, workspace: workspace)
      let lows = layers.map { PackedRows(rows: rows, depth: $0.rank, workspace: workspace) }
      Threads.ranges(rows, grain: PackedRows.grain) { range in
        packed.pack(range, from: x.data, stride: x.columns)
        for (layer, packedLow) in zip(layers, lows) {
          guard let delta = layer.delta, let low = layer.low else { continue }
          project(
            range, of: packed, by: .matrix(delta.a.value.data, stride: x.columns, transposed: true), layer, to: low)
          packedLow.pack(range, from: low.data, stride: low.columns)
        }
      }
      ProductSum.run(
        layers.indices.map { index in
          let layer = layers[index]
          var terms = [ProductTerm(a: packed, b: layer.linear.weight.side(transposed: true))]
          if let delta = layer.delta {
            terms.append(
              ProductTerm(a: lows[index], b: .matrix(delta.b.value.data, stride: layer.rank, transposed: true)))
          }
          return ProductSum(
            y: ys[index].data, stride: layer.linear.outputs, rows: rows, columns: layer.linear.outputs, terms: terms,
            accumulate: accumulate)
        })
    }
    for (layer, y) in zip(layers, ys) where layer.linear.bias != nil {
      Threads.ranges(rows, grain: PackedRows.grain) { layer.linear.addBias(y, rows: $0) }
    }
  }

  /// The same for at most 32 rows by streaming the weights once: the product of generation. A row's result does not
  /// depend on how many rows there are.
  public static func stream(_ layers: [AppliedLinear], to ys: [Tensor], x: Tensor, accumulate: Bool = false) {
    stream(zip(layers, ys).map { StreamedProduct(weight: $0.linear.weight, y: $1, x: x, accumulate: accumulate) })
    for (layer, y) in zip(layers, ys) { layer.linear.addBias(y, rows: 0..<x.rows) }
    let adapted = zip(layers, ys).filter { $0.0.delta != nil }
    guard !adapted.isEmpty else { return }
    stream(
      adapted.map { StreamedProduct(weight: .dense($0.0.delta!.a), y: $0.0.low!, x: x, accumulate: false) })
    for (layer, _) in adapted { ck_scale(layer.low!.data, layer.delta!.scale, layer.low!.count) }
    stream(
      adapted.map { StreamedProduct(weight: .dense($0.0.delta!.b), y: $0.1, x: $0.0.low!, accumulate: true) })
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
    Threads.forEach(pieces.count) { piece, _ in
      let (outputs, index) = pieces[piece]
      let product = products[index]
      product.weight.stream(product.y, x: product.x, outputs: outputs, accumulate: product.accumulate)
    }
  }

  /// low [T, R], a range of its rows, = scale * packed rows times `side`.
  static func project(
    _ range: Range<Int>, of packed: PackedRows, by side: RightSide, _ layer: AppliedLinear, to low: Tensor
  ) {
    ProductSum(
      y: low.data, stride: low.columns, rows: low.rows, columns: low.columns,
      terms: [ProductTerm(a: packed, b: side)], accumulate: false
    ).compute(rows: range, columns: 0..<low.columns)
    ck_scale(low.row(range.lowerBound), layer.delta!.scale, range.count * low.columns)
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
      let gradients = pass.deltaGradients(x: x)
      sums += gradients.map(\.sum)
      if let x { sums += pass.weightGradients(x: x) }
      ProductSum.run(sums)
      for gradient in gradients { gradient.add() }
    }
    for (layer, dy) in zip(layers, dys) { layer.linear.addBiasGradient(dy: dy) }
  }
}
