import Foundation
import Tensors

/// Trainable low-rank deltas over a model's linear layers, and for reward and value roles a score head.
///
/// Source: LoRA (Hu et al. 2021) as in PEFT: A ~ U(±1/√in), B = 0, scale alpha / r (rsLoRA: alpha / √r).
public final class Adapter: @unchecked Sendable {
  public let configuration: AdapterConfiguration
  let deltas: [String: LowRankDelta]
  /// [1, C], no bias.
  public let scoreHead: Parameter?
  /// A and B of every target in the order of the network, then the score head.
  public let parameters: [Parameter]

  init(
    configuration: AdapterConfiguration, model: LanguageModel, scoreHead: Bool,
    weight: (_ name: String, _ shape: [Int]) throws -> Parameter
  ) throws {
    var deltas: [String: LowRankDelta] = [:]
    var parameters: [Parameter] = []
    for linear in model.linears where configuration.targets(linear.name) {
      let rank = configuration.rank(forModule: linear.name)
      let a = try weight(AdapterTensorName.down(linear.name), [rank, linear.inputs])
      let b = try weight(AdapterTensorName.up(linear.name), [linear.outputs, rank])
      deltas[linear.name] = LowRankDelta(a: a, b: b, scale: configuration.scale(forModule: linear.name))
      parameters += [a, b]
    }
    if configuration.usesMagnitudes {
      throw ModelError.unsupported(file: "adapter", feature: "DoRA (use_dora)", supported: "LoRA and rsLoRA")
    }
    guard !deltas.isEmpty else {
      throw ModelError.noTargets(configuration.targetDescription, model.linears.prefix(7).map(\.name))
    }
    self.scoreHead = scoreHead ? try weight(AdapterTensorName.score, [1, model.configuration.hiddenSize]) : nil
    self.configuration = configuration
    self.deltas = deltas
    self.parameters = parameters + (self.scoreHead.map { [$0] } ?? [])
    for parameter in self.parameters { parameter.isTrainable = true }
  }

  /// A new adapter that changes nothing yet.
  ///
  /// - Throws: `ModelError` when the configuration targets no layer of the model.
  public convenience init(
    _ configuration: AdapterConfiguration, model: LanguageModel, seed: UInt64, scoreHead: Bool = false
  ) throws {
    if configuration.dropout != 0 {
      throw ModelError.unsupported(
        file: "adapter", feature: "training with dropout \(configuration.dropout)", supported: "0")
    }
    try self.init(configuration: configuration, model: model, scoreHead: scoreHead) { name, shape in
      let value = Tensor.zeros(shape)
      if name.hasSuffix("lora_A.weight") {
        var generator = CounterGenerator(seed: seed, purpose: name)
        let bound = 1 / Float(shape[1]).squareRoot()
        for index in 0..<value.count { value.data[index] = (generator.nextUniform() * 2 - 1) * bound }
      } else if name.hasSuffix("score.weight") {
        value.fillNormal(deviation: 0.02, seed: seed, purpose: name)
      }
      return Parameter(name: name, value: value)
    }
  }

  /// Opens a PEFT adapter folder.
  ///
  /// - Throws: `ModelError` naming the file or tensor that is missing, damaged or of the wrong shape.
  public convenience init(folder: URL, model: LanguageModel) throws {
    let file = try SafetensorsFile(folder.appendingPathComponent("adapter_model.safetensors"))
    try self.init(
      configuration: AdapterConfiguration(folder: folder), model: model,
      scoreHead: file.names.contains(AdapterTensorName.score)
    ) { name, shape in
      let parameter = Parameter(name: name, value: try file.tensor(name, shape: shape), ownsValue: false)
      parameter.makeWritable()
      return parameter
    }
  }

  /// A new adapter with the same configuration and values, to be trained on its own.
  public func copy(model: LanguageModel) throws -> Adapter {
    let values = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    return try Adapter(configuration: configuration, model: model, scoreHead: scoreHead != nil) { name, shape in
      let value = Tensor.zeros(shape)
      if let source = values[name] { value.copy(from: source) }
      return Parameter(name: name, value: value)
    }
  }

  /// Whether gradients are computed for this adapter.
  public var isTrainable: Bool {
    get { parameters.contains(where: \.isTrainable) }
    set { for parameter in parameters { parameter.isTrainable = newValue } }
  }

  /// Writes adapter_config.json and adapter_model.safetensors in PEFT's layout.
  ///
  /// - Throws: `ModelError` when the folder cannot be written.
  public func save(to folder: URL) throws {
    try ModelFolder.create(folder)
    try SafetensorsWriter.write(parameters, to: folder.appendingPathComponent("adapter_model.safetensors"))
    try configuration.save(to: folder)
  }
}
