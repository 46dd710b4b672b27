import Foundation
import Tensors

/// What is trained beside a frozen model: low-rank deltas of its linear layers or virtual tokens, rows of its embedding,
/// and for reward and value roles a score head.
///
/// Source: PEFT's LoRA (Hu et al. 2021) with scale alpha / r (rsLoRA: alpha / √r), and on request DoRA's magnitudes and
/// PiSSA's start.
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
  /// What token rows took the place of when they were merged.
  var replacedRows: Tensor?
  /// [1, C], no bias.
  public let scoreHead: Parameter?
  /// Token rows; A, B and the magnitude of every target in the order of the network, or an encoder's parameters; then
  /// the score head.
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

  /// The same parameters, which train or stand still in both, under another score head, which is trained.
  init(_ adapter: Adapter, scoreHead: Parameter) {
    method = adapter.method
    deltas = adapter.deltas
    virtualTokens = adapter.virtualTokens
    tokenRows = adapter.tokenRows
    self.scoreHead = scoreHead
    parameters = adapter.parameters.filter { $0 !== adapter.scoreHead } + [scoreHead]
    scoreHead.isTrainable = true
  }

  /// The settings of low-rank deltas and token rows; nil for virtual tokens.
  public var lowRank: AdapterConfiguration? {
    if case .lowRank(let configuration) = method { configuration } else { nil }
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
}
