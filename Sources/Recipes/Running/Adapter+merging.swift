import Models
import Tensors

extension Adapter {
  /// Adds the low-rank updates to the weights of `model`, which then needs no adapter: W += scale · B · A.
  package func merge(into model: LanguageModel) throws {
    guard case .lowRank(let configuration) = method else { return }
    let weights = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0) })
    let factors = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    for (name, a) in factors where name.hasSuffix(".lora_A.weight") {
      let module = String(name.dropFirst("base_model.model.".count).dropLast(".lora_A.weight".count))
      guard let b = factors["base_model.model.\(module).lora_B.weight"], let weight = weights[module + ".weight"] else {
        continue
      }
      weight.makeWritable()
      let scale = configuration.scale(forModule: module)
      let scaled = Tensor.zeros(b.shape)
      for index in 0..<b.count { scaled.data[index] = b.data[index] * scale }
      Products.times(
        weight.value.data, scaled.data, a.data, m: b.shape[0], n: a.shape[1], k: a.shape[0], accumulate: true)
    }
  }
}
