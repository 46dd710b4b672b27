import Tensors

/// One block's part of a forward pass.
struct BlockPass {
  let block: Block
  let layer: Int
  /// Whether the block, or one below it, is trained.
  let isRecorded: Bool
  /// Whether anything below the block is trained.
  let inputGradient: Bool
  let observer: Block.KeyValueObserver?

  /// The stream after the block: x itself, unless the block is recorded.
  func run(_ x: Tensor, _ context: BlockContext) -> Tensor {
    guard isRecorded && context.tape.recomputesBlocks else { return run(x, context, recorded: isRecorded) }
    let workspace = context.workspace
    let result = workspace.allocate(x.shape)
    result.copy(from: x)
    _ = run(result, context, recorded: false)
    context.tape.record {
      let again = Tape(recording: true, workspace: workspace, dropout: context.tape.dropout)
      _ = run(x, context.on(again), recorded: true)
      again.backward()
    }
    return result
  }

  private func run(_ x: Tensor, _ context: BlockContext, recorded: Bool) -> Tensor {
    let attends =
      [block.query, block.key, block.value, block.output].contains(where: context.trains)
      || block.attentionNorm.isTrainable || context.prefix?.isTrained == true
    let between = block.attend(
      x, context, layer: layer, recorded: recorded, inputGradient: inputGradient, observer: observer)
    return block.feedForward(between, context, recorded: recorded, inputGradient: inputGradient || attends)
  }
}
