import CKernels

/// The products of a group's backward, with what they share: packed dy and dlow = scale * dy B.
struct LinearBackward {
  private let layers: [AppliedLinear]
  private let dys: [Tensor]
  private let workspace: Workspace
  private let packed: [PackedRows]
  private let dlows: [Tensor?]
  private let packedLows: [PackedRows]
  private var rows: Int { dys[0].rows }

  init(_ layers: [AppliedLinear], dys: [Tensor], workspace: Workspace) {
    self.layers = layers
    self.dys = dys
    self.workspace = workspace
    let rows = dys[0].rows
    packed = dys.map { PackedRows(rows: rows, depth: $0.columns, workspace: workspace) }
    dlows = layers.map { layer in layer.delta.map { workspace.allocate([rows, $0.rank]) } }
    packedLows = layers.map { PackedRows(rows: rows, depth: $0.delta?.rank ?? 0, workspace: workspace) }
  }

  /// Packs dy and computes dlow, where either is needed.
  func pack(forInput: Bool) {
    guard forInput || layers.contains(where: { $0.delta?.a.isTrainable == true }) else { return }
    Threads.ranges(rows, grain: PackedRows.grain) { range in
      for (index, layer) in layers.enumerated() {
        packed[index].pack(range, from: dys[index].data, stride: dys[index].columns)
        guard let delta = layer.delta, let dlow = dlows[index] else { continue }
        LinearGroup.project(
          range, of: packed[index], by: .matrix(delta.b.value.data, stride: delta.rank, transposed: false), layer,
          to: dlow)
        packedLows[index].pack(range, from: dlow.data, stride: dlow.columns)
      }
    }
  }

  /// dx [T, in] (+)= Σ dyᵢ Wᵢ + dlowᵢ Aᵢ.
  func inputGradient(_ dx: Tensor, accumulate: Bool) -> ProductSum {
    let terms = layers.indices.flatMap { index in
      var terms = [ProductTerm(a: packed[index], b: layers[index].linear.weight.side(transposed: false))]
      if let delta = layers[index].delta {
        terms.append(
          ProductTerm(a: packedLows[index], b: .matrix(delta.a.value.data, stride: dx.columns, transposed: false)))
      }
      return terms
    }
    return ProductSum(
      y: dx.data, stride: dx.columns, rows: rows, columns: dx.columns, terms: terms, accumulate: accumulate)
  }

  /// dW [out, in] += dyᵀ x for each trained weight.
  func weightGradients(x: Tensor) -> [ProductSum] {
    zip(layers, dys).compactMap { layer, dy in
      guard let weight = layer.linear.weight.parameter, weight.isTrainable else { return nil }
      let outputs = PackedRows(rows: dy.columns, depth: rows, workspace: workspace)
      Threads.ranges(dy.columns, grain: PackedRows.grain) {
        outputs.pack($0, from: dy.data, stride: dy.columns, transposed: true)
      }
      return ProductSum(
        y: weight.gradient.data, stride: x.columns, rows: dy.columns, columns: x.columns,
        terms: [ProductTerm(a: outputs, b: .matrix(x.data, stride: x.columns, transposed: false))], accumulate: true)
    }
  }

  /// Narrow gradients are computed lying down, [R, width], so that the wide operand is packed once, in panels, and
  /// added to where they belong afterwards.
  struct DeltaGradient {
    let sum: ProductSum
    let add: () -> Void
  }

  /// dBᵢᵀ [R, out] = lowᵢᵀ dyᵢ for each layer, and dA of all layers together, [ΣR, in] = dlowᵀ x.
  func deltaGradients(x: Tensor?) -> [DeltaGradient] {
    var gradients: [DeltaGradient] = []
    for (index, layer) in layers.enumerated() {
      guard let delta = layer.delta, let low = layer.low, delta.b.isTrainable else { continue }
      let dy = dys[index]
      let lying = workspace.allocate([delta.rank, dy.columns])
      gradients.append(
        DeltaGradient(sum: lyingSum(lying, [low], times: dy)) {
          let gradient = delta.b.gradient
          for row in 0..<dy.columns {
            for r in 0..<delta.rank { gradient.data[row * delta.rank + r] += lying.data[r * dy.columns + row] }
          }
        })
    }
    let trained = layers.indices.filter { layers[$0].delta?.a.isTrainable == true }
    guard let x, !trained.isEmpty else { return gradients }
    let ranks = trained.map { layers[$0].delta!.rank }
    let lying = workspace.allocate([ranks.reduce(0, +), x.columns])
    gradients.append(
      DeltaGradient(sum: lyingSum(lying, trained.map { dlows[$0]! }, times: x)) {
        var row = 0
        for (index, rank) in zip(trained, ranks) {
          ck_add(layers[index].delta!.a.gradient.data, lying.row(row), rank * x.columns)
          row += rank
        }
      })
    return gradients
  }

  /// y [ΣR, width] = [lows]ᵀ times; the lows are laid side by side first.
  private func lyingSum(_ y: Tensor, _ lows: [Tensor], times: Tensor) -> ProductSum {
    let width = y.rows
    let together = lows.count == 1 ? lows[0] : workspace.allocate([rows, width])
    if lows.count > 1 {
      for row in 0..<rows {
        var column = 0
        for low in lows {
          (together.row(row) + column).update(from: low.row(row), count: low.columns)
          column += low.columns
        }
      }
    }
    let packed = PackedRows(rows: width, depth: rows, workspace: workspace)
    packed.pack(0..<width, from: together.data, stride: width, transposed: true)
    return ProductSum(
      y: y.data, stride: times.columns, rows: width, columns: times.columns,
      terms: [ProductTerm(a: packed, b: .matrix(times.data, stride: times.columns, transposed: false))],
      accumulate: false)
  }
}
