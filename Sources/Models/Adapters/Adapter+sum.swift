import Tensors

/// How several adapters of one base become one; the names are PEFT's.
public enum AdapterCombination: String, Sendable, Hashable, CaseIterable {
  /// Factors side by side: exactly the weighted sum of the updates; ranks add up.
  case cat
  /// Weighted sums of the As and of the Bs, each by √|weight · scale|: the rank stays, and products of A of one with
  /// B of another come in.
  case linear
}

extension Adapter {
  /// One adapter for the weighted sum of several over the same base.
  ///
  /// Source: `add_weighted_adapter` of PEFT 0.21.2. The result has the scale 1 whatever the parts have.
  /// - Parameter model: the base; its layers' names and shapes are what is read.
  /// - Throws: `ModelError` for no adapters, ones with a score head or of DoRA, a weight that is not finite, or with
  ///   `linear` different ranks.
  package static func weightedSum(
    _ terms: [(adapter: Adapter, weight: Float)], by combination: AdapterCombination = .cat, model: LanguageModel
  ) throws -> Adapter {
    try check(terms, combination)
    let ranks = terms.map { $0.adapter.largestRank }
    let rank = combination == .cat ? ranks.reduce(0, +) : ranks[0]
    let sum = try Adapter(sumConfiguration(of: terms.map(\.adapter), rank: rank), model: model, seed: 0)
    for (layer, delta) in sum.deltas {
      let (a, b) = (delta.a.value, delta.b.value)
      a.fill(0)
      b.fill(0)
      var first = 0
      for (adapter, weight) in terms {
        guard let delta = adapter.deltas[layer] else { continue }
        let part = delta.combined
        let scaled = weight * delta.scale
        let root = abs(scaled).squareRoot()
        switch combination {
        case .cat:
          add(part, to: a, b, first: first, ofA: scaled, ofB: 1)
          first += part.a.rows
        case .linear: add(part, to: a, b, first: 0, ofA: scaled < 0 ? -root : root, ofB: root)
        }
      }
    }
    return sum
  }

  /// Adds a part's factors to the rows of A and columns of B from `first` on.
  private static func add(
    _ part: (a: Tensor, b: Tensor), to a: Tensor, _ b: Tensor, first: Int, ofA: Float, ofB: Float
  ) {
    for r in 0..<part.a.rows {
      for column in 0..<a.columns { a.row(first + r)[column] += part.a.row(r)[column] * ofA }
      for row in 0..<b.rows { b.row(row)[first + r] += part.b.row(row)[r] * ofB }
    }
  }

  private var largestRank: Int { deltas.values.map { $0.combined.a.rows }.max() ?? 0 }

  private static func check(_ terms: [(adapter: Adapter, weight: Float)], _ combination: AdapterCombination) throws {
    func refuse(_ feature: String, _ supported: String) throws {
      throw ModelError.unsupported(file: "sum of adapters", feature: feature, supported: supported)
    }
    if terms.isEmpty { try refuse("no adapters", "one or more") }
    if let bad = terms.first(where: { !$0.weight.isFinite }) { try refuse("the weight \(bad.weight)", "numbers") }
    if terms.contains(where: { $0.adapter.scoreHead != nil }) {
      try refuse("an adapter with a score head", "adapters of language models")
    }
    if terms.contains(where: { $0.adapter.lowRank?.usesMagnitudes == true }) {
      try refuse("an adapter of DoRA, whose updates do not add up", "LoRA and rsLoRA")
    }
    if terms.contains(where: { $0.adapter.lowRank?.trainedTokens.isEmpty != true }) {
      try refuse("an adapter of virtual tokens or token rows", "LoRA and rsLoRA")
    }
    guard combination == .linear else { return }
    for layer in Set(terms.flatMap { $0.adapter.deltas.keys }).sorted() {
      let ranks = terms.compactMap { $0.adapter.deltas[layer]?.combined.a.rows }
      if Set(ranks).count > 1 {
        try refuse(
          "linear over ranks \(ranks.map(String.init).joined(separator: " and ")) (\(layer))",
          "equal ranks; cat takes any")
      }
    }
  }

  /// Every layer that one of the adapters has, under one rank and the scale 1.
  private static func sumConfiguration(of adapters: [Adapter], rank: Int) -> AdapterConfiguration {
    let first = adapters[0].lowRank ?? AdapterConfiguration()
    let layers = Set(adapters.flatMap(\.deltas.keys)).sorted()
    let names = Set(adapters.map { Set($0.deltas.keys) })
    var sum = AdapterConfiguration(
      rank: rank, alpha: Double(rank), targets: .modules(layers), task: first.task, baseModel: first.baseModel)
    if names.count == 1 {
      // The same layers, said as shortly as the first adapter says it.
      sum.targets = first.targets
      sum.layers = first.layers
      sum.excludedModules = first.excludedModules
    }
    return sum
  }
}
