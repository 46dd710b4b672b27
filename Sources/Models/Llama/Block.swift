import CKernels
import Tensors

/// One transformer block of the Llama family: x += attention(norm(x)); x += feedForward(norm(x)).
///
/// What the tape keeps a token: the stream twice (C each), q, k, v, the attention's output, and gate and up (2F).
/// Norms and activations are computed again in the backward: they are cheap and would double the memory.
struct Block: Sendable {
  let attentionNorm: Parameter
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear
  let feedForwardNorm: Parameter
  let gate: Linear
  let up: Linear
  let down: Linear

  var norms: [Parameter] { [attentionNorm, feedForwardNorm] }
  var linears: [Linear] { [query, key, value, output, gate, up, down] }
}

/// What every block of one forward pass shares.
struct BlockContext {
  let batch: PackedBatch
  let attention: Attention
  let rotary: RotaryTable
  let epsilon: Float
  let adapter: Adapter?
  /// Virtual tokens that are keys and values of every layer.
  let prefix: VirtualPass?
  let tape: Tape
  /// The stream's gradient, made when the first loss is attached.
  let stream: StreamGradient

  var workspace: Workspace { tape.workspace }

  /// The same pass with its records on another tape.
  func on(_ tape: Tape) -> BlockContext {
    BlockContext(
      batch: batch, attention: attention, rotary: rotary, epsilon: epsilon, adapter: adapter, prefix: prefix,
      tape: tape,
      stream: stream)
  }

  func delta(_ linear: Linear) -> LowRankDelta? { adapter?.deltas[linear.name] }
  func trains(_ linear: Linear) -> Bool { linear.isTrainable || delta(linear)?.isTrainable == true }
  func applied(_ linear: Linear, rows: Int) -> AppliedLinear {
    AppliedLinear(linear, delta: delta(linear), rows: rows, workspace: workspace, dropout: tape.dropout)
  }
}

/// The gradient of the residual stream, [T, C]: one buffer that every block adds its part to in place.
final class StreamGradient {
  /// Until the last block has gone back, of the rows that are read alone.
  private(set) var tensor: Tensor?
  private var whole: Tensor?

  /// Makes zeros for so many rows that are read, and for all rows of the stream, unless there is a gradient already.
  func attach(rows: Int, of all: Int, width: Int, _ workspace: Workspace) {
    guard tensor == nil else { return }
    tensor = workspace.zeros([rows, width])
    whole = rows == all ? tensor : workspace.zeros([all, width])
  }

  /// Goes on with all rows; those that were not read have had no gradient.
  func widen(_ selection: RowSelection) {
    guard let tensor, let whole else { return }
    RowAccess.scatterAdd(whole, from: tensor, rows: selection.rows)
    self.tensor = whole
  }
}
