import Foundation
import Tensors

/// Trainable low-rank deltas over a model's linear layers, and for reward and value roles a score head.
///
/// Source: PEFT's LoRA (Hu et al. 2021) with scale alpha / r (rsLoRA: alpha / √r), and on request DoRA's magnitudes and
/// PiSSA's start.
public final class Adapter: @unchecked Sendable {
  public let configuration: AdapterConfiguration
  let deltas: [String: LowRankDelta]
  /// [1, C], no bias.
  public let scoreHead: Parameter?
  /// A, B and the magnitude of every target in the order of the network, then the score head.
  public let parameters: [Parameter]

  /// - Parameter starts: what is taken off the base, by layer.
  init(
    configuration: AdapterConfiguration, model: LanguageModel, scoreHead: Bool, starts: [String: LowRankFactors],
    weight: (_ name: String, _ shape: [Int]) throws -> Parameter
  ) throws {
    var deltas: [String: LowRankDelta] = [:]
    var parameters: [Parameter] = []
    for linear in model.linears where configuration.targets(linear.name) {
      let rank = configuration.rank(forModule: linear.name)
      let a = try weight(AdapterTensorName.down(linear.name), [rank, linear.inputs])
      let b = try weight(AdapterTensorName.up(linear.name), [linear.outputs, rank])
      let magnitude =
        try configuration.usesMagnitudes
        ? weight(AdapterTensorName.magnitude(linear.name), [linear.outputs]) : nil
      deltas[linear.name] = LowRankDelta(
        a: a, b: b, scale: configuration.scale(forModule: linear.name), dropout: Float(configuration.dropout),
        magnitude: magnitude.map(Magnitude.init), start: starts[linear.name])
      parameters += [a, b] + (magnitude.map { [$0] } ?? [])
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

  /// Opens a PEFT adapter folder.
  ///
  /// A PiSSA folder that PEFT did not convert stands on the base without its principal part, which is computed anew.
  /// - Throws: `ModelError` naming the file or tensor that is missing, damaged or of the wrong shape.
  public convenience init(folder: URL, model: LanguageModel) throws {
    let file = try SafetensorsFile(folder.appendingPathComponent("adapter_model.safetensors"))
    let configuration = try AdapterConfiguration(folder: folder)
    try self.init(
      configuration: configuration, model: model, scoreHead: file.names.contains(AdapterTensorName.score),
      starts: Self.starts(configuration, model: model)
    ) { name, shape in
      let parameter = Parameter(name: name, value: try file.tensor(name, shape: shape), ownsValue: false)
      parameter.makeWritable()
      return parameter
    }
  }

  /// A new adapter with the same configuration and values, to be trained on its own.
  public func copy(model: LanguageModel) throws -> Adapter {
    let values = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    return try Adapter(
      configuration: configuration, model: model, scoreHead: scoreHead != nil,
      starts: deltas.compactMapValues(\.start)
    ) { name, shape in
      let value = Tensor.zeros(shape)
      if let source = values[name] { value.copy(from: source) }
      return Parameter(name: name, value: value)
    }
  }

  /// The deltas by the path of their layer.
  public var deltasByLayer: [String: LowRankDelta] { deltas }

  /// Whether gradients are computed for this adapter.
  public var isTrainable: Bool {
    get { parameters.contains(where: \.isTrainable) }
    set { for parameter in parameters { parameter.isTrainable = newValue } }
  }

  /// LoRA+ (Hayou et al. 2024): B, and the magnitudes, learn faster than A by this factor.
  ///
  /// Source: `create_loraplus_optimizer` of PEFT, which puts every vector into B's group.
  public func setLearningRateRatio(_ ratio: Double) {
    for delta in deltas.values {
      delta.b.learningRateScale = Float(ratio)
      delta.magnitude?.parameter.learningRateScale = Float(ratio)
    }
  }

  /// Writes adapter_config.json and adapter_model.safetensors in PEFT's layout.
  ///
  /// With a start the folder holds the plain LoRA of twice the rank that does the same on the whole base.
  /// - Throws: `ModelError` when the folder cannot be written.
  public func save(to folder: URL) throws {
    try ModelFolder.create(folder)
    try SafetensorsWriter.write(savedParameters, to: folder.appendingPathComponent("adapter_model.safetensors"))
    try savedConfiguration.save(to: folder)
  }
}
