import CKernels
import Tensors

/// The virtual tokens of an adapter, and what they are computed from.
struct VirtualTokens: Sendable {
  let configuration: PromptConfiguration
  let encoder: any PromptEncoder
  /// The shape of the model that they stand before.
  let model: ModelConfiguration

  var isTrainable: Bool { encoder.parameters.contains(where: \.isTrainable) }
}

/// Virtual tokens in one forward pass, [n, width], and their gradient.
final class VirtualPass {
  let isTrained: Bool
  private let value: Tensor
  private let gradient: Tensor?

  /// Computes the tokens; the first to be recorded, the encoder's backward is the last to run.
  init(_ tokens: VirtualTokens, tape: Tape) {
    let (value, pullBack) = tokens.encoder.encode(tape.workspace)
    self.value = value
    isTrained = tape.isRecording && tokens.isTrainable
    gradient = isTrained ? tape.workspace.zeros(value.shape) : nil
    if let gradient { tape.record { pullBack(gradient) } }
  }

  /// A prefix's keys and values of a layer, each [n, width], are the columns of its two parts of a row.
  func copy(layer: Int, keys: Tensor, values: Tensor) {
    let width = keys.columns
    for row in 0..<value.rows {
      keys.row(row).update(from: value.row(row) + 2 * layer * width, count: width)
      values.row(row).update(from: value.row(row) + (2 * layer + 1) * width, count: width)
    }
  }

  func addGradient(layer: Int, keys: Tensor, values: Tensor) {
    guard let gradient else { return }
    let width = keys.columns
    for row in 0..<gradient.rows {
      ck_add(gradient.row(row) + 2 * layer * width, keys.row(row), width)
      ck_add(gradient.row(row) + (2 * layer + 1) * width, values.row(row), width)
    }
  }

  /// The first rows of the stream x [n + T, C] are the virtual tokens.
  func copy(to x: Tensor) { x.data.update(from: value.data, count: value.count) }

  func addGradient(of x: Tensor) {
    guard let gradient else { return }
    ck_add(gradient.data, x.data, gradient.count)
  }
}
