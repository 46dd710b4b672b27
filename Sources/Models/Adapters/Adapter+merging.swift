import Tensors

extension Adapter {
  /// Puts deltas and token rows into the weights of `model`, which then needs no adapter.
  ///
  /// - Throws: `ModelError.unsupported` for weights that are kept in fewer than 32 bits, and for virtual tokens.
  package func merge(into model: LanguageModel) throws {
    let weights = try mergeableWeights(of: model)
    for (layer, delta) in deltas {
      guard let weight = weights[layer + ".weight"] else { continue }
      weight.makeWritable()
      delta.merge(into: weight.value, of: Linear(name: layer, weight: weight))
    }
    guard let tokenRows, let embedding = weights["model.embed_tokens.weight"] else { return }
    embedding.makeWritable()
    let before = Tensor.zeros(tokenRows.rows.value.shape)
    RowAccess.gather(before, from: embedding.value, rows: tokenRows.tokens)
    replacedRows = before
    Self.set(embedding.value, rows: tokenRows.tokens, to: tokenRows.rows.value)
  }

  /// Takes what this adapter merged off again: W to within the rounding of one sum and one difference.
  ///
  /// - Throws: as `merge(into:)`.
  package func unmerge(from model: LanguageModel) throws {
    let weights = try mergeableWeights(of: model)
    for (layer, delta) in deltas {
      guard let weight = weights[layer + ".weight"] else { continue }
      weight.makeWritable()
      delta.unmerge(from: weight.value, of: Linear(name: layer, weight: weight))
    }
    guard let tokenRows, let replacedRows, let embedding = weights["model.embed_tokens.weight"] else { return }
    embedding.makeWritable()
    Self.set(embedding.value, rows: tokenRows.tokens, to: replacedRows)
  }

  private static func set(_ table: Tensor, rows: [Int], to values: Tensor) {
    for (index, row) in rows.enumerated() { table.row(row).update(from: values.row(index), count: values.columns) }
  }

  private func mergeableWeights(of model: LanguageModel) throws -> [String: Parameter] {
    if virtualTokens != nil {
      throw ModelError.unsupported(
        file: "adapter", feature: "merging virtual tokens, which stand before the weights",
        supported: "LoRA, token rows")
    }
    guard model.format == .f32 else {
      throw ModelError.unsupported(
        file: "adapter", feature: "merging into weights kept as \(model.format.rawValue)", supported: "f32")
    }
    return Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0) })
  }
}
