import CKernels
import Tensors

extension Block {
  /// Keys (rotated) and values of one layer's rows, [T, G * D] each, for whoever keeps a cache.
  typealias KeyValueObserver = (_ keys: Tensor, _ values: Tensor) -> Void

  /// x + attention(norm(x)), [T, C]: a new tensor when recorded or of selected rows, x itself otherwise.
  ///
  /// - Parameters:
  ///   - inputGradient: whether anything below x is trained.
  ///   - selection: the rows of the result, which see all keys; all rows when nil.
  func attend(
    _ x: Tensor, _ context: BlockContext, layer: Int, recorded: Bool, inputGradient: Bool,
    selection: RowSelection? = nil, observer: KeyValueObserver? = nil
  ) -> Tensor {
    let workspace = context.workspace
    let rows = x.rows
    let result = selection?.gather(x, workspace) ?? (recorded ? workspace.allocate(x.shape) : x)
    let start = workspace.mark
    let q = workspace.allocate([rows, query.outputs])
    let offset = context.batch.keyOffset
    let k = workspace.allocate([offset + rows, key.outputs])
    let v = workspace.allocate([offset + rows, value.outputs])
    let (ownKeys, ownValues) = (k.slice(offset..<offset + rows), v.slice(offset..<offset + rows))
    let attended = workspace.allocate([rows, output.inputs])
    let lse = workspace.allocate([context.attention.heads, rows])
    let rstd = workspace.allocate([rows])
    let inputs = [query, key, value].map { context.applied($0, rows: rows) }
    let projection = context.applied(output, rows: result.rows)

    workspace.scratch {
      let normed = workspace.allocate(x.shape)
      RMSNorm.forward(normed, rstd: rstd, x: x, weight: attentionNorm.value, epsilon: context.epsilon)
      LinearGroup.forward(inputs, to: [q, ownKeys, ownValues], x: normed, workspace: workspace)
    }
    context.rotary.rotate(q, positions: context.batch.positions, heads: context.attention.heads)
    context.rotary.rotate(ownKeys, positions: context.batch.positions, heads: context.attention.keyHeads)
    observer?(ownKeys, ownValues)
    context.prefix?.copy(layer: layer, keys: k, values: v)
    context.attention.forward(attended, lse: lse, q: q, k: k, v: v, batch: context.batch, workspace: workspace)
    let projected = selection?.gather(attended, workspace) ?? attended
    if recorded && selection == nil { result.copy(from: x) }
    LinearGroup.forward([projection], to: [result], x: projected, accumulate: true, workspace: workspace)

    guard recorded else {
      workspace.release(to: start)
      return result
    }
    context.tape.record {
      attendBackward(
        x, context, layer: layer, inputGradient: inputGradient, selection: selection,
        saved: SavedAttention(
          q: q, k: k, v: v, attended: attended, projected: projected, lse: lse, rstd: rstd, inputs: inputs,
          projection: projection))
    }
    return result
  }

  private struct SavedAttention {
    let q: Tensor
    let k: Tensor
    let v: Tensor
    let attended: Tensor
    /// Its rows that the output projection reads.
    let projected: Tensor
    let lse: Tensor
    let rstd: Tensor
    let inputs: [AppliedLinear]
    let projection: AppliedLinear
  }

  private func attendBackward(
    _ x: Tensor, _ context: BlockContext, layer: Int, inputGradient: Bool, selection: RowSelection?,
    saved: SavedAttention
  ) {
    guard let dresult = context.stream.tensor else { return }
    let workspace = context.workspace
    let rows = x.rows
    let inputsTrain = saved.inputs.contains(where: \.isTrainable) || attentionNorm.isTrainable
    let needsInput = inputGradient || inputsTrain || context.prefix?.isTrained == true
    let dprojected = needsInput ? workspace.allocate(saved.projected.shape) : nil
    LinearGroup.backward(
      [saved.projection], dys: [dresult], dx: dprojected, x: saved.projected, accumulate: false, workspace: workspace)
    if let selection { context.stream.widen(selection) }
    guard let dprojected, let gradient = context.stream.tensor else { return }
    let dattended = selection?.scatter(dprojected, count: rows, workspace) ?? dprojected

    let dq = workspace.allocate(saved.q.shape)
    let dk = workspace.zeros(saved.k.shape)
    let dv = workspace.zeros(saved.v.shape)
    context.attention.backward(
      dq: dq, dk: dk, dv: dv, dout: dattended, out: saved.attended, lse: saved.lse, q: saved.q, k: saved.k,
      v: saved.v, batch: context.batch, workspace: workspace)
    context.prefix?.addGradient(layer: layer, keys: dk, values: dv)
    guard inputGradient || inputsTrain else { return }
    let offset = context.batch.keyOffset
    let (ownKeys, ownValues) = (dk.slice(offset..<offset + rows), dv.slice(offset..<offset + rows))
    context.rotary.rotate(dq, positions: context.batch.positions, heads: context.attention.heads, inverse: true)
    context.rotary.rotate(
      ownKeys, positions: context.batch.positions, heads: context.attention.keyHeads, inverse: true)

    var normed: Tensor?
    if inputsTrain {
      normed = workspace.allocate(x.shape)
      RMSNorm.forward(normed!, rstd: saved.rstd, x: x, weight: attentionNorm.value, epsilon: context.epsilon)
    }
    let dnormed = inputGradient || attentionNorm.isTrainable ? workspace.allocate([rows, x.columns]) : nil
    LinearGroup.backward(
      saved.inputs, dys: [dq, ownKeys, ownValues], dx: dnormed, x: normed, accumulate: false, workspace: workspace)
    if let dnormed {
      RMSNorm.backward(
        dx: gradient, dy: dnormed, x: x, weight: attentionNorm, rstd: saved.rstd, workspace: workspace)
    }
  }
}
