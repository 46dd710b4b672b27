import CKernels

/// The products of a group's backward, with what they share: packed dy and dlow = scale * dy B.
///
/// Where a layer has magnitudes, dz = m / norm ⊙ dy takes dy's place. What went through dropout goes back through the
/// same mask, so such a layer's gradient flows apart: dx = dy W + mask ⊙ ((dz - dy) W + dlow A).
struct LinearBackward {
  private let layers: [AppliedLinear]
  private let dys: [Tensor]
  private let workspace: Workspace
  /// dz, or dy where there is no magnitude.
  private let dzs: [Tensor]
  private let dlows: [Tensor?]
  private let flows: [Flow]
  private var rows: Int { dys[0].rows }

  /// One way that a layer's gradient takes to the input.
  private struct Flow {
    let layer: Int
    let gradient: Tensor
    let packed: PackedRows
    /// Whether it is the first to need `packed`.
    let packs: Bool
    let readsBase: Bool
    /// Packed dlow, where the flow goes through the delta.
    let low: PackedRows?
    /// Packed -scale * gradient B₀, where the base has a start taken off.
    let start: PackedRows?
    let isMasked: Bool
  }

  init(_ layers: [AppliedLinear], dys: [Tensor], workspace: Workspace) {
    self.layers = layers
    self.dys = dys
    self.workspace = workspace
    let rows = dys[0].rows
    dzs = zip(layers, dys).map { layer, dy in
      guard let direction = layer.direction else { return dy }
      let dz = workspace.allocate(dy.shape)
      direction.gradient(dz, dy: dy)
      return dz
    }
    dlows = layers.map { layer in layer.delta.map { workspace.allocate([rows, $0.rank]) } }
    var flows: [Flow] = []
    for (index, layer) in layers.enumerated() {
      /// - Parameter shared: the same gradient as another flow packs it.
      func add(
        _ gradient: Tensor, _ shared: PackedRows? = nil, base: Bool, delta: Bool, isMasked: Bool
      ) -> PackedRows {
        func pack(_ depth: Int) -> PackedRows { PackedRows(rows: rows, depth: depth, workspace: workspace) }
        let packed =
          shared
          ?? PackedRows(rows: rows, depth: gradient.columns, form: workspace.precision.form, workspace: workspace)
        flows.append(
          Flow(
            layer: index, gradient: gradient, packed: packed, packs: shared == nil, readsBase: base,
            low: delta ? layer.delta.map { pack($0.rank) } : nil,
            start: base ? layer.delta?.start.map { pack($0.rank) } : nil, isMasked: isMasked))
        return packed
      }
      let (dy, dz) = (dys[index], dzs[index])
      if layer.mask == nil {
        _ = add(dz, base: true, delta: true, isMasked: false)
      } else if layer.direction == nil {
        let packed = add(dy, base: true, delta: false, isMasked: false)
        _ = add(dy, packed, base: false, delta: true, isMasked: true)
      } else {
        let difference = workspace.allocate(dy.shape)
        Threads.ranges(dy.count, grain: 1 << 15) { range in
          for at in range { difference.data[at] = dz.data[at] - dy.data[at] }
        }
        _ = add(dy, base: true, delta: false, isMasked: false)
        _ = add(difference, base: true, delta: false, isMasked: true)
        _ = add(dz, base: false, delta: true, isMasked: true)
      }
    }
    self.flows = flows
  }

  /// Packs the gradients and computes dlow, where either is needed.
  func pack(forInput: Bool) {
    guard forInput || layers.contains(where: { $0.delta?.a.isTrainable == true }) else { return }
    Threads.ranges(rows, grain: PackedRows.grain) { range in
      for flow in flows {
        let layer = layers[flow.layer]
        if flow.packs { flow.packed.pack(range, from: flow.gradient) }
        func project(_ b: Parameter, scale: Float, _ low: Tensor, _ target: PackedRows) {
          LinearGroup.project(
            range, of: flow.packed, by: .matrix(b.value.data, stride: low.columns, transposed: false),
            scale: scale, to: low)
          target.pack(range, from: low.data, stride: low.columns)
        }
        guard let delta = layer.delta else { continue }
        if let low = flow.low, let dlow = dlows[flow.layer] { project(delta.b, scale: delta.scale, dlow, low) }
        if let start = flow.start, let factors = delta.start, let low = layer.startLow {
          project(factors.b, scale: -delta.scale, low, start)
        }
      }
    }
  }

  private func terms(_ flow: Flow, width: Int) -> [ProductTerm] {
    let layer = layers[flow.layer]
    var terms: [ProductTerm] = []
    func add(_ packed: PackedRows?, _ a: Parameter?) {
      guard let packed, let a else { return }
      terms.append(ProductTerm(a: packed, b: .matrix(a.value.data, stride: width, transposed: false)))
    }
    if flow.readsBase {
      terms.append(
        ProductTerm(
          a: flow.packed, b: workspace.side(of: layer.linear.weight, transposed: false, form: flow.packed.form)))
    }
    add(flow.start, layer.delta?.start?.a)
    add(flow.low, layer.delta?.a)
    return terms
  }

  /// dx [T, in] (+)= Σ dyᵢ Wᵢ + dlowᵢ Aᵢ, as far as it did not go through dropout.
  func inputGradient(_ dx: Tensor, accumulate: Bool) -> ProductSum {
    ProductSum(
      y: dx.data, stride: dx.columns, rows: rows, columns: dx.columns,
      terms: flows.filter { !$0.isMasked }.flatMap { terms($0, width: dx.columns) }, accumulate: accumulate)
  }

  /// What went through each layer's dropout, to be added to dx through its mask.
  func droppedInputGradients(_ dx: Tensor) -> [Deferred] {
    layers.enumerated().compactMap { index, layer -> Deferred? in
      guard let mask = layer.mask else { return nil }
      let part = workspace.allocate(dx.shape)
      let addends = flows.filter { $0.layer == index && $0.isMasked }.flatMap { terms($0, width: dx.columns) }
      let sum = ProductSum(
        y: part.data, stride: dx.columns, rows: rows, columns: dx.columns, terms: addends, accumulate: false)
      return Deferred(sum: sum) {
        Threads.ranges(rows, grain: PackedRows.grain) { mask.add(dx, part, rows: $0) }
      }
    }
  }

  /// dW [out, in] += dyᵀ x for each trained weight.
  func weightGradients(x: Tensor) -> [ProductSum] {
    zip(layers, dys).compactMap { layer, dy in
      guard let weight = layer.linear.weight.parameter, weight.isTrainable else { return nil }
      let outputs = PackedRows(rows: dy.columns, depth: rows, form: workspace.precision.form, workspace: workspace)
      Threads.ranges(dy.columns, grain: PackedRows.grain) {
        outputs.pack($0, from: dy.data, stride: dy.columns, transposed: true)
      }
      return ProductSum(
        y: weight.gradient.data, stride: x.columns, rows: dy.columns, columns: x.columns,
        terms: [ProductTerm(a: outputs, b: .matrix(x.data, stride: x.columns, transposed: false))], accumulate: true)
    }
  }

  /// A sum, and what is to be done with it once it is there.
  ///
  /// Narrow gradients are computed lying down, [R, width], so that the wide operand is packed once, in panels, and
  /// added to where they belong afterwards.
  struct Deferred {
    let sum: ProductSum
    let add: () -> Void
  }

  /// dBᵢᵀ [R, out] = lowᵢᵀ dzᵢ for each layer, and dA of layers that read the same, [ΣR, in] = dlowᵀ x.
  func deltaGradients(x: Tensor?) -> [Deferred] {
    var gradients: [Deferred] = []
    for (index, layer) in layers.enumerated() {
      guard let delta = layer.delta, let low = layer.low, delta.b.isTrainable else { continue }
      let dz = dzs[index]
      let lying = workspace.allocate([delta.rank, dz.columns])
      gradients.append(
        Deferred(sum: lyingSum(lying, [low], times: dz)) {
          let gradient = delta.b.gradient
          for row in 0..<dz.columns {
            for r in 0..<delta.rank { gradient.data[row * delta.rank + r] += lying.data[r * dz.columns + row] }
          }
        })
    }
    guard let x else { return gradients }
    let trained = layers.indices.filter { layers[$0].delta?.a.isTrainable == true }
    let together = trained.filter { layers[$0].mask == nil }
    if !together.isEmpty { gradients.append(downGradient(together, x: x)) }
    for index in trained {
      guard let mask = layers[index].mask else { continue }
      let dropped = workspace.allocate(x.shape)
      Threads.ranges(rows, grain: PackedRows.grain) { mask.apply(dropped, x, rows: $0) }
      gradients.append(downGradient([index], x: dropped))
    }
    return gradients
  }

  /// dA of some layers that read x, [ΣR, in] = dlowᵀ x.
  private func downGradient(_ indices: [Int], x: Tensor) -> Deferred {
    let ranks = indices.map { layers[$0].delta!.rank }
    let lying = workspace.allocate([ranks.reduce(0, +), x.columns])
    return Deferred(sum: lyingSum(lying, indices.map { dlows[$0]! }, times: x)) {
      var row = 0
      for (index, rank) in zip(indices, ranks) {
        ck_add(layers[index].delta!.a.gradient.data, lying.row(row), rank * x.columns)
        row += rank
      }
    }
  }

  /// dm [out] += Σ dy ⊙ z / norm of each trained magnitude.
  func addMagnitudeGradients() {
    for (layer, dy) in zip(layers, dys) {
      guard let direction = layer.direction, let magnitude = layer.delta?.magnitude?.parameter,
        magnitude.isTrainable
      else { continue }
      direction.addGradient(magnitude.gradient, dy: dy)
    }
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
