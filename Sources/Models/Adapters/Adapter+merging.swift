import Tensors

extension Adapter {
  /// Adds the low-rank updates to the weights of `model`, which then needs no adapter: W += scale · B · A.
  ///
  /// - Throws: `ModelError.unsupported` for weights that are kept in fewer than 32 bits.
  package func merge(into model: LanguageModel) throws { try add(to: model, factor: 1) }

  /// Takes the updates off again: W to within the rounding of one sum and one difference.
  ///
  /// - Throws: as `merge(into:)`.
  package func unmerge(from model: LanguageModel) throws { try add(to: model, factor: -1) }

  private func add(to model: LanguageModel, factor: Float) throws {
    guard model.format == .f32 else {
      throw ModelError.unsupported(
        file: "adapter", feature: "merging into weights kept as \(model.format.rawValue)", supported: "f32")
    }
    let weights = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0) })
    for (layer, delta) in deltas {
      guard let weight = weights[layer + ".weight"] else { continue }
      weight.makeWritable()
      delta.add(to: weight.value, factor: factor)
    }
  }
}

extension LowRankDelta {
  /// A [R, in] and B [out, R] of the whole update, whose product counts `scale` times.
  var factors: (a: Tensor, b: Tensor) { (a.value, b.value) }

  /// W [out, in] += factor · scale · B A: all that a merged layer needs of its delta.
  func add(to weight: Tensor, factor: Float) {
    let (a, b) = factors
    let scaled = Tensor.zeros(b.shape)
    for index in 0..<b.count { scaled.data[index] = b.data[index] * scale * factor }
    Products.times(weight.data, scaled.data, a.data, m: b.rows, n: a.columns, k: a.rows, accumulate: true)
  }
}
