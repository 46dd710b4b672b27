import Tensors

/// What a folder holds of an adapter: itself, or with a start the equivalent LoRA of twice the rank, [A; A₀] and
/// [B, -B₀], as PEFT converts it (`subtract_mutated_init`).
extension Adapter {
  private var hasStarts: Bool { deltas.values.contains { $0.start != nil } }

  func savedConfiguration(_ configuration: AdapterConfiguration) -> AdapterConfiguration {
    var saved = hasStarts ? configuration.withDoubledRanks : configuration
    // PEFT holds an expression against every module, and stops at one that matches a block's feed-forward as a whole.
    if case .pattern = saved.targets { saved.targets = .modules(deltas.keys.sorted()) }
    return saved
  }

  var savedParameters: [Parameter] {
    guard hasStarts else { return parameters }
    var combined: [String: Tensor] = [:]
    for (name, delta) in deltas {
      (combined[AdapterTensorName.down(name)], combined[AdapterTensorName.up(name)]) = delta.combined
    }
    return parameters.map { Parameter(name: $0.name, value: combined[$0.name] ?? $0.value) }
  }
}

extension AdapterConfiguration {
  /// Twice the ranks under the same scales, on the base as it is.
  var withDoubledRanks: AdapterConfiguration {
    var doubled = self
    let factor = usesRankStabilisation ? 2.0.squareRoot() : 2
    doubled.start = .default
    doubled.rank *= 2
    doubled.alpha *= factor
    doubled.rankPattern = rankPattern.mapValues { 2 * $0 }
    doubled.alphaPattern = alphaPattern.mapValues { factor * $0 }
    return doubled
  }
}
