import CKernels
import Tensors

extension Block {
  /// x + down(silu(gate(norm(x))) * up(norm(x))), [T, C]: a new tensor when recorded, x itself otherwise.
  func feedForward(_ x: Tensor, _ context: BlockContext, recorded: Bool, inputGradient: Bool) -> Tensor {
    let workspace = context.workspace
    let rows = x.rows
    let result = recorded ? workspace.allocate(x.shape) : x
    let start = workspace.mark
    let gated = workspace.allocate([rows, gate.outputs])
    let raised = workspace.allocate([rows, up.outputs])
    let rstd = workspace.allocate([rows])
    let inputs = [gate, up].map { context.applied($0, rows: rows) }
    let projection = context.applied(down, rows: rows)

    workspace.scratch {
      let normed = workspace.allocate(x.shape)
      RMSNorm.forward(normed, rstd: rstd, x: x, weight: feedForwardNorm.value, epsilon: context.epsilon)
      LinearGroup.forward(inputs, to: [gated, raised], x: normed, workspace: workspace)
    }
    if recorded { result.copy(from: x) }
    workspace.scratch {
      let activated = workspace.allocate(gated.shape)
      activate(activated, gated, raised)
      LinearGroup.forward([projection], to: [result], x: activated, accumulate: true, workspace: workspace)
    }

    guard recorded else {
      workspace.release(to: start)
      return result
    }
    context.tape.record {
      feedForwardBackward(
        x, context, inputGradient: inputGradient, gated: gated, raised: raised, rstd: rstd, inputs: inputs,
        projection: projection)
    }
    return result
  }

  private func activate(_ y: Tensor, _ gated: Tensor, _ raised: Tensor) {
    Threads.ranges(y.count, grain: 1 << 15) { range in
      let first = range.lowerBound
      ck_swiglu_forward(y.data + first, gated.data + first, raised.data + first, range.count)
    }
  }

  private func feedForwardBackward(
    _ x: Tensor, _ context: BlockContext, inputGradient: Bool, gated: Tensor, raised: Tensor, rstd: Tensor,
    inputs: [AppliedLinear], projection: AppliedLinear
  ) {
    guard let gradient = context.stream.tensor else { return }
    let workspace = context.workspace
    let inputsTrain = inputs.contains(where: \.isTrainable) || feedForwardNorm.isTrainable
    let needsInput = inputGradient || inputsTrain
    let dactivated = needsInput ? workspace.allocate(gated.shape) : nil
    workspace.scratch {
      var activated: Tensor?
      if projection.isTrainable {
        activated = workspace.allocate(gated.shape)
        activate(activated!, gated, raised)
      }
      LinearGroup.backward(
        [projection], dys: [gradient], dx: dactivated, x: activated, accumulate: false, workspace: workspace)
    }
    guard let dactivated else { return }

    // Gate and up are not needed after this, so their gradients take their place.
    Threads.ranges(gated.count, grain: 1 << 15) { range in
      let first = range.lowerBound
      ck_swiglu_backward(
        gated.data + first, raised.data + first, dactivated.data + first, gated.data + first, raised.data + first,
        range.count)
    }
    var normed: Tensor?
    if inputsTrain {
      normed = workspace.allocate(x.shape)
      RMSNorm.forward(normed!, rstd: rstd, x: x, weight: feedForwardNorm.value, epsilon: context.epsilon)
    }
    let dnormed = inputGradient || feedForwardNorm.isTrainable ? workspace.allocate(x.shape) : nil
    LinearGroup.backward(
      inputs, dys: [gated, raised], dx: dnormed, x: normed, accumulate: false, workspace: workspace)
    if let dnormed {
      RMSNorm.backward(dx: gradient, dy: dnormed, x: x, weight: feedForwardNorm, rstd: rstd, workspace: workspace)
    }
  }
}
