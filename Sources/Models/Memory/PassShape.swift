import Tensors

/// What of a role decides how much memory its passes take: widths, ranks, and which weights are trained.
public struct PassShape: Sendable, Hashable {
  /// A linear layer [outputs, inputs] with the rank of its delta, 0 without one.
  struct Layer: Sendable, Hashable {
    var inputs: Int
    var outputs: Int
    var rank: Int
    var trainsWeight: Bool
    var trainsDelta: Bool
    /// Whether the delta has a magnitude, for which the layer's result is kept.
    var hasMagnitude = false

    var isTrained: Bool { trainsWeight || trainsDelta }
  }

  struct BlockShape: Sendable, Hashable {
    /// Query, key and value, which read the same input; gate and up likewise.
    var inputs: [Layer]
    var output: Layer
    var gates: [Layer]
    var down: Layer
    var trainsNorms: Bool

    var layers: [Layer] { inputs + [output] + gates + [down] }
    var isTrained: Bool { trainsNorms || layers.contains(where: \.isTrained) }
  }

  let configuration: ModelConfiguration
  let blocks: [BlockShape]
  let trainsEmbedding: Bool
  let trainsHead: Bool
  /// Virtual tokens in the stream, or as keys of every layer.
  var prefix = PackedBatch.Prefix.none
  /// Whether what every block stands on is trained: virtual tokens, or rows of the embedding.
  var trainsBelow = false
  /// Whether training passes drop some of what deltas read.
  public var dropsInputs = false

  /// - Parameters:
  ///   - trains: whether the base weight of a Hugging Face name is trained.
  ///   - rank: the rank of the delta over a linear layer, given by its module path; 0 for none.
  ///   - trainsDeltas: whether deltas are trained.
  public init(
    _ configuration: ModelConfiguration, trains: (String) -> Bool, rank: (String) -> Int, trainsDeltas: Bool = true,
    hasMagnitude: (String) -> Bool = { _ in false }
  ) {
    let c = configuration
    let (queries, keys) = (c.headCount * c.headSize, c.keyValueHeadCount * c.headSize)
    func layer(_ name: String, _ outputs: Int, _ inputs: Int) -> Layer {
      let rank = rank(name)
      return Layer(
        inputs: inputs, outputs: outputs, rank: rank, trainsWeight: trains(name + ".weight"),
        trainsDelta: rank > 0 && trainsDeltas, hasMagnitude: rank > 0 && hasMagnitude(name))
    }
    blocks = (0..<c.layerCount).map { index in
      let path = "model.layers.\(index)."
      return BlockShape(
        inputs: [
          layer(path + "self_attn.q_proj", queries, c.hiddenSize), layer(path + "self_attn.k_proj", keys, c.hiddenSize),
          layer(path + "self_attn.v_proj", keys, c.hiddenSize),
        ],
        output: layer(path + "self_attn.o_proj", c.hiddenSize, queries),
        gates: [
          layer(path + "mlp.gate_proj", c.intermediateSize, c.hiddenSize),
          layer(path + "mlp.up_proj", c.intermediateSize, c.hiddenSize),
        ],
        down: layer(path + "mlp.down_proj", c.hiddenSize, c.intermediateSize),
        trainsNorms: trains(path + "input_layernorm.weight") || trains(path + "post_attention_layernorm.weight"))
    }
    trainsEmbedding = trains("model.embed_tokens.weight")
    trainsHead = c.tiesEmbeddings ? trainsEmbedding : trains("lm_head.weight")
    self.configuration = c
  }

  /// The shape of a role as it is.
  public init(_ role: Role) {
    let trained = Set(role.model.parameters.filter(\.isTrainable).map(\.name))
    let deltas = role.adapter?.deltas ?? [:]
    self.init(
      role.model.configuration, trains: trained.contains, rank: { deltas[$0]?.rank ?? 0 },
      trainsDeltas: role.adapter?.isTrainable ?? false, hasMagnitude: { deltas[$0]?.magnitude != nil })
    dropsInputs = deltas.values.contains { $0.dropout > 0 }
    let virtual = role.virtualTokens
    set(virtual?.configuration, trains: virtual?.isTrainable == true || role.adapter?.tokenRows?.isTrainable == true)
  }

  /// Puts virtual tokens before the stream.
  /// - Parameter trains: whether they, or rows of the embedding, are trained.
  public mutating func set(_ prompt: PromptConfiguration?, trains: Bool) {
    prefix = prompt?.prefix ?? .none
    trainsBelow = trains
  }

  /// Blocks that the tape records: those from the lowest trained one on.
  var recordedBlocks: Int {
    if trainsEmbedding || trainsBelow { return blocks.count }
    return blocks.count - (blocks.firstIndex(where: \.isTrained) ?? blocks.count)
  }
}
