import Models
import Tensors

extension Adapter {
  /// Adds the low-rank updates to the weights of `model`, which then needs no adapter.
  package func merge(into model: LanguageModel) throws {
    guard case .lowRank = method else { return }
    let weights = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0) })
    for (name, delta) in deltasByLayer {
      guard let weight = weights[name + ".weight"] else { continue }
      weight.makeWritable()
      delta.merge(into: weight.value, of: Linear(name: name, weight: weight))
    }
  }
}
