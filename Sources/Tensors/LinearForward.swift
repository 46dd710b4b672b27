import CKernels

/// The products of a group's forward, with what they share: the packed input, and low = scale * x Aᵀ of each delta.
struct LinearForward {
  private let layers: [AppliedLinear]
  private let x: Tensor
  private let workspace: Workspace
  private let packed: PackedRows
  private let inputs: [Inputs]
  /// [T, in], a layer's input after its dropout, while it is packed.
  private let dropped: Tensor?

  /// What one layer reads besides the packed input.
  private struct Inputs {
    /// Packed scale * x Aᵀ.
    let low: PackedRows
    /// x after dropout.
    let kept: PackedRows?
    /// x less that. DoRA's gain does not act on it: y = (x - x̃) Wᵀ + m / norm ⊙ z(x̃), as PEFT has it.
    let rest: PackedRows?
    /// Packed -scale * x A₀ᵀ, of the input of z and of the rest.
    let start: PackedRows?
    let restStart: PackedRows?
  }

  init(_ layers: [AppliedLinear], x: Tensor, workspace: Workspace) {
    self.layers = layers
    self.x = x
    self.workspace = workspace
    func pack(_ depth: Int) -> PackedRows { PackedRows(rows: x.rows, depth: depth, workspace: workspace) }
    func input() -> PackedRows {
      PackedRows(rows: x.rows, depth: x.columns, form: workspace.precision.form, workspace: workspace)
    }
    packed = input()
    inputs = layers.map { layer in
      let hasRest = layer.mask != nil && layer.direction != nil
      let start = layer.delta?.start?.rank
      return Inputs(
        low: pack(layer.rank), kept: layer.mask.map { _ in input() }, rest: hasRest ? input() : nil,
        start: start.map(pack), restStart: hasRest ? start.map(pack) : nil)
    }
    dropped = layers.contains { $0.mask != nil } ? workspace.allocate(x.shape) : nil
  }

  /// Packs the input and computes every `low`.
  func pack() {
    Threads.ranges(x.rows, grain: PackedRows.grain) { range in
      packed.pack(range, from: x)
      for (layer, inputs) in zip(layers, inputs) { pack(range, layer, inputs) }
    }
  }

  private func pack(_ range: Range<Int>, _ layer: AppliedLinear, _ inputs: Inputs) {
    guard let delta = layer.delta, let low = layer.low else { return }
    var input = packed
    if let mask = layer.mask, let kept = inputs.kept, let dropped {
      mask.apply(dropped, x, rows: range)
      kept.pack(range, from: dropped)
      input = kept
    }
    LinearGroup.project(
      range, of: input, by: .matrix(delta.a.value.data, stride: x.columns, transposed: true),
      scale: delta.scale, to: low)
    inputs.low.pack(range, from: low.data, stride: low.columns)
    pack(range, startOf: layer, from: layer.direction == nil ? packed : input, to: inputs.start)
    if let rest = inputs.rest, let dropped {
      for row in range {
        let (lost, x) = (dropped.row(row), x.row(row))
        for index in 0..<dropped.columns { lost[index] = x[index] - lost[index] }
      }
      rest.pack(range, from: dropped)
      pack(range, startOf: layer, from: rest, to: inputs.restStart)
    }
  }

  private func pack(_ range: Range<Int>, startOf layer: AppliedLinear, from input: PackedRows, to start: PackedRows?) {
    guard let start, let delta = layer.delta, let factors = delta.start, let low = layer.startLow else { return }
    LinearGroup.project(
      range, of: input, by: .matrix(factors.a.value.data, stride: x.columns, transposed: true),
      scale: -delta.scale, to: low)
    start.pack(range, from: low.data, stride: low.columns)
  }

  /// y [T, out] of every layer, or its z where that is scaled afterwards.
  func sums(_ ys: [Tensor], accumulate: Bool) -> [ProductSum] {
    layers.indices.flatMap { index in
      let (layer, inputs) = (layers[index], inputs[index])
      let isScaled = layer.direction != nil
      var terms = base(layer, input: isScaled ? inputs.kept ?? packed : packed, start: inputs.start)
      if let delta = layer.delta {
        terms.append(
          ProductTerm(a: inputs.low, b: .matrix(delta.b.value.data, stride: layer.rank, transposed: true)))
      }
      func sum(_ y: Tensor, _ terms: [ProductTerm], accumulate: Bool) -> ProductSum {
        ProductSum(
          y: y.data, stride: layer.linear.outputs, rows: x.rows, columns: layer.linear.outputs, terms: terms,
          accumulate: accumulate)
      }
      guard let direction = layer.direction else { return [sum(ys[index], terms, accumulate: accumulate)] }
      let z = sum(direction.z, terms, accumulate: false)
      guard let rest = inputs.rest else { return [z] }
      return [z, sum(ys[index], base(layer, input: rest, start: inputs.restStart), accumulate: accumulate)]
    }
  }

  private func base(_ layer: AppliedLinear, input: PackedRows, start: PackedRows?) -> [ProductTerm] {
    let term = ProductTerm(a: input, b: workspace.side(of: layer.linear.weight, transposed: true, form: input.form))
    guard let start, let factors = layer.delta?.start else { return [term] }
    return [
      term, ProductTerm(a: start, b: .matrix(factors.b.value.data, stride: factors.rank, transposed: true)),
    ]
  }

  /// y (+)= m / norm ⊙ z of the layers that have magnitudes.
  func scale(_ ys: [Tensor], accumulate: Bool) {
    for (index, layer) in layers.enumerated() {
      guard let direction = layer.direction else { continue }
      Threads.ranges(x.rows, grain: PackedRows.grain) {
        direction.scale(ys[index], rows: $0, accumulate: accumulate || inputs[index].rest != nil)
      }
    }
  }
}
