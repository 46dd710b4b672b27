import Tensors

/// One block's part of a forward pass.
struct BlockPass {
  let block: Block
  let layer: Int
  /// Whether the block, or one below it, is trained.
  let isRecorded: Bool
  /// Whether anything below the block is trained.
  let inputGradient: Bool
  /// The rows that are read after this block, the last one; nil for all.
  let selection: RowSelection?
  let observer: Block.KeyValueObserver?

  /// The stream after the block: x itself, unless the block is recorded or rows of it are selected.
  func run(_ x: Tensor, _ context: BlockContext) -> Tensor {
    guard isRecorded && context.tape.recomputesBlocks else { return run(x, context, recorded: isRecorded) }
    let workspace = context.workspace
    var input = x
    if selection == nil {
      input = workspace.allocate(x.shape)
      input.copy(from: x)
    }
    let result = run(input, context, recorded: false)
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
      x, context, layer: layer, recorded: recorded, inputGradient: inputGradient, selection: selection,
      observer: observer)
    return block.feedForward(between, context, recorded: recorded, inputGradient: inputGradient || attends)
  }
}
