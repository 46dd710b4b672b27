import Foundation
import Tensors

/// What makes virtual tokens [n, width] from trained parameters.
///
/// Source: `PrefixEncoder`, `PromptEncoder` and `PromptEmbedding` of PEFT; parameters have the names they have there.
protocol PromptEncoder: Sendable {
  var parameters: [Parameter] { get }
  /// The virtual tokens, and what hands their gradient down to the parameters' gradients.
  func encode(_ workspace: Workspace) -> (value: Tensor, pullBack: (_ gradient: Tensor) -> Void)
}

/// Virtual tokens that are trained themselves.
struct DirectPrompt: PromptEncoder {
  let embedding: Parameter
  var parameters: [Parameter] { [embedding] }

  func encode(_ workspace: Workspace) -> (value: Tensor, pullBack: (Tensor) -> Void) {
    let value = workspace.allocate(embedding.value.shape)
    value.copy(from: embedding.value)
    return (
      value,
      { gradient in
        for index in 0..<gradient.count { embedding.gradient.data[index] += gradient.data[index] }
      }
    )
  }
}

/// An embedding [n, width] under a stack of layers.
struct EncodedPrompt: PromptEncoder {
  let embedding: Parameter
  let layers: [any PromptLayer]
  var parameters: [Parameter] { [embedding] + layers.flatMap(\.parameters) }

  func encode(_ workspace: Workspace) -> (value: Tensor, pullBack: (Tensor) -> Void) {
    var value = workspace.allocate(embedding.value.shape)
    value.copy(from: embedding.value)
    var backs: [(Tensor) -> Tensor] = []
    for layer in layers {
      let (next, back) = layer.apply(value, workspace)
      value = next
      backs.append(back)
    }
    return (
      value,
      { gradient in
        let below = backs.reversed().reduce(gradient) { $1($0) }
        for index in 0..<below.count { embedding.gradient.data[index] += below.data[index] }
      }
    )
  }
}

/// One layer of an encoder: y [n, out] of x [n, in], and dx of dy, which adds to the parameters' gradients.
protocol PromptLayer: Sendable {
  var parameters: [Parameter] { get }
  func apply(_ x: Tensor, _ workspace: Workspace) -> (y: Tensor, back: (_ dy: Tensor) -> Tensor)
}

/// y = x Wᵀ + b.
struct DenseLayer: PromptLayer {
  let weight: Parameter
  let bias: Parameter
  var parameters: [Parameter] { [weight, bias] }
  private let linear: Linear

  init(weight: Parameter, bias: Parameter) {
    self.weight = weight
    self.bias = bias
    linear = Linear(name: weight.name, weight: weight, bias: bias)
  }

  func apply(_ x: Tensor, _ workspace: Workspace) -> (y: Tensor, back: (Tensor) -> Tensor) {
    let layers = [AppliedLinear(linear, delta: nil, rows: x.rows, workspace: workspace)]
    let y = workspace.allocate([x.rows, linear.outputs])
    LinearGroup.forward(layers, to: [y], x: x, workspace: workspace)
    return (
      y,
      { dy in
        let dx = workspace.allocate(x.shape)
        LinearGroup.backward(layers, dys: [dy], dx: dx, x: x, accumulate: false, workspace: workspace)
        return dx
      }
    )
  }
}

/// tanh or ReLU, element by element.
enum Activation: PromptLayer {
  case tanh
  case relu

  var parameters: [Parameter] { [] }

  func apply(_ x: Tensor, _ workspace: Workspace) -> (y: Tensor, back: (Tensor) -> Tensor) {
    let y = workspace.allocate(x.shape)
    for index in 0..<x.count { y.data[index] = value(x.data[index]) }
    return (
      y,
      { dy in
        let dx = workspace.allocate(x.shape)
        for index in 0..<x.count { dx.data[index] = dy.data[index] * slope(y.data[index]) }
        return dx
      }
    )
  }

  private func value(_ x: Float) -> Float {
    switch self {
    case .tanh: Foundation.tanh(x)
    case .relu: max(0, x)
    }
  }

  /// The derivative, from the result.
  private func slope(_ y: Float) -> Float {
    switch self {
    case .tanh: 1 - y * y
    case .relu: y > 0 ? 1 : 0
    }
  }
}
