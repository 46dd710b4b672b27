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
  let tape: Tape
  /// The stream's gradient, made when the first loss is attached.
  let stream: StreamGradient

  var workspace: Workspace { tape.workspace }
  func delta(_ linear: Linear) -> LowRankDelta? { adapter?.deltas[linear.name] }
  func trains(_ linear: Linear) -> Bool {
    linear.weight.isTrainable || linear.bias?.isTrainable == true
      || delta(linear).map { $0.a.isTrainable || $0.b.isTrainable } == true
  }
}

/// The gradient of the residual stream, [T, C]: one buffer that every block adds its part to in place.
final class StreamGradient {
  var tensor: Tensor?
}

/// A linear layer inside a recorded pass, with what its delta keeps.
struct AppliedLinear {
  let linear: Linear
  let delta: LowRankDelta?
  let low: Tensor?
  let trains: Bool

  init(_ linear: Linear, _ context: BlockContext, rows: Int) {
    self.linear = linear
    delta = context.delta(linear)
    low = delta.map { context.workspace.allocate([rows, $0.rank]) }
    trains = context.trains(linear)
  }

  func forward(_ y: Tensor, _ x: Tensor, accumulate: Bool = false) {
    linear.forward(y, x: x, delta: delta, low: low, accumulate: accumulate)
  }

  func backward(dx: Tensor?, dy: Tensor, x: Tensor?, accumulate: Bool, _ workspace: Workspace) {
    linear.backward(
      dx: dx, dy: dy, x: x, delta: delta, low: low, accumulate: accumulate, workspace: workspace)
  }
}
