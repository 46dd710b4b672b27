import Foundation
import Tensors

/// What is trained beside a frozen model: low-rank deltas of its linear layers or virtual tokens, rows of its embedding,
/// and for reward and value roles a score head.
///
/// Source: LoRA (Hu et al. 2021) as in PEFT: A ~ U(±1/√in), B = 0, scale alpha / r (rsLoRA: alpha / √r).
public final class Adapter: @unchecked Sendable {
  /// Which of PEFT's kinds of adapter it is.
  public enum Method: Sendable, Hashable {
    case lowRank(AdapterConfiguration)
    case prompt(PromptConfiguration)
  }

  public let method: Method
  let deltas: [String: LowRankDelta]
  let virtualTokens: VirtualTokens?
  let tokenRows: ReplacedRows?
  /// [1, C], no bias.
  public let scoreHead: Parameter?
  /// Token rows, A and B of every target in the order of the network or an encoder's parameters, then the score head.
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
    tokenRows = try Self.tokenRows(configuration, model: model, weight: weight)
    guard !deltas.isEmpty || tokenRows != nil else {
      throw ModelError.noTargets(configuration.targetDescription, model.linears.prefix(7).map(\.name))
    }
    self.scoreHead = scoreHead ? try weight(AdapterTensorName.score, [1, model.configuration.hiddenSize]) : nil
    method = .lowRank(configuration)
    virtualTokens = nil
    self.deltas = deltas
    self.parameters = (tokenRows.map { [$0.rows] } ?? []) + parameters + (self.scoreHead.map { [$0] } ?? [])
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
      } else if name == AdapterTensorName.tokens {
        model.embedding.gather(value, rows: configuration.trainedTokens)
      }
      return Parameter(name: name, value: value)
    }
  }

  init(
    _ configuration: PromptConfiguration, encoder: any PromptEncoder, model: ModelConfiguration, scoreHead: Parameter?
  ) {
    method = .prompt(configuration)
    virtualTokens = VirtualTokens(configuration: configuration, encoder: encoder, model: model)
    deltas = [:]
    tokenRows = nil
    self.scoreHead = scoreHead
    parameters = encoder.parameters + (scoreHead.map { [$0] } ?? [])
    for parameter in parameters { parameter.isTrainable = true }
  }

  /// Whether gradients are computed for this adapter.
  public var isTrainable: Bool {
    get { parameters.contains(where: \.isTrainable) }
    set { for parameter in parameters { parameter.isTrainable = newValue } }
  }
}
