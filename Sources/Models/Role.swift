import Tensors

/// One part that a model plays: policy, reference, reward or value. The base is shared; adapter and head differ.
public struct Role: Sendable {
  public let model: LanguageModel
  /// Without an adapter the role is the base itself, which is what a reference policy is.
  public let adapter: Adapter?

  public init(_ model: LanguageModel, _ adapter: Adapter? = nil) {
    self.model = model
    self.adapter = adapter
  }

  public var trainableParameters: [Parameter] {
    (model.parameters + (adapter?.parameters ?? [])).filter(\.isTrainable)
  }

  /// Runs the trunk over a packed stream.
  ///
  /// Blocks below the lowest trained one are not recorded; without a recording tape nothing is.
  public func hiddenStates(_ batch: PackedBatch, tape: Tape) -> HiddenStates {
    hiddenStates(batch, tape: tape, observer: nil)
  }

  func hiddenStates(
    _ batch: PackedBatch, tape: Tape, observer: ((_ layer: Int, _ keys: Tensor, _ values: Tensor) -> Void)?
  ) -> HiddenStates {
    let stream = StreamGradient()
    let context = BlockContext(
      batch: batch, attention: model.attention, rotary: model.rotary, epsilon: model.configuration.rmsNormEpsilon,
      adapter: adapter, tape: tape, stream: stream)
    let lowest = tape.isRecording ? lowestTrainedBlock(context) : model.blocks.count
    var x = embed(batch, tape: tape, stream: stream)
    for (index, block) in model.blocks.enumerated() {
      let recorded = index >= lowest
      let below = index > lowest || model.embedding.isTrainable
      let attends = [block.query, block.key, block.value, block.output].contains(where: context.trains)
      x = block.attend(
        x, context, recorded: recorded, inputGradient: below,
        observer: observer.map { observer in { observer(index, $0, $1) } })
      x = block.feedForward(
        x, context, recorded: recorded, inputGradient: below || attends || block.attentionNorm.isTrainable)
    }
    return HiddenStates(role: self, tensor: x, tape: tape, stream: stream)
  }

  private func lowestTrainedBlock(_ context: BlockContext) -> Int {
    if model.embedding.isTrainable { return 0 }
    return model.blocks.firstIndex { block in
      block.linears.contains(where: context.trains) || block.norms.contains(where: \.isTrainable)
    } ?? model.blocks.count
  }

  private func embed(_ batch: PackedBatch, tape: Tape, stream: StreamGradient) -> Tensor {
    let embedding = model.embedding
    let x = tape.workspace.allocate([batch.count, embedding.columns])
    let rows = batch.tokens.map(Int.init)
    embedding.gather(x, rows: rows)
    if let parameter = embedding.parameter, parameter.isTrainable {
      tape.record {
        guard let gradient = stream.tensor else { return }
        RowAccess.scatterAdd(parameter.gradient, from: gradient, rows: rows)
      }
    }
    return x
  }
}
