import CKernels
import Foundation
import Tensors

/// The residual stream after the last block, [T, C] or those of its rows that are read, and the ways to turn chosen rows
/// of it into losses.
///
/// Attach losses (`crossEntropy`, `logProbabilities`, `scores`), set their gradients, then run the tape backward once.
public final class HiddenStates {
  let role: Role
  let tensor: Tensor
  let tape: Tape
  /// Virtual tokens before those of the batch included.
  private let batch: PackedBatch
  private let selection: RowSelection?
  private let stream: StreamGradient

  init(
    role: Role, tensor: Tensor, batch: PackedBatch, selection: RowSelection?, tape: Tape, stream: StreamGradient
  ) {
    self.role = role
    self.tensor = tensor
    self.batch = batch
    self.selection = selection
    self.tape = tape
    self.stream = stream
  }

  /// Rows of the stream, virtual tokens among them included.
  public var rowCount: Int { batch.count }
  /// Rows that the last block computed.
  public var computedRows: Int { tensor.rows }
  /// Where rows of the batch are.
  private func places(_ rows: [Int]) -> [Int] {
    rows.map { row in
      let row = row + batch.rowOffset
      return selection?.place(of: row) ?? row
    }
  }
  private var model: LanguageModel { role.model }
  private var workspace: Workspace { tape.workspace }

  /// Weighted sum of -log p(target), in nats; its gradient is recorded at once, so logits are computed once.
  public func crossEntropy(_ targets: [Target], weights: [Float]) -> Float {
    precondition(targets.count == weights.count, "\(targets.count) targets, \(weights.count) weights")
    let rows = targets.map(\.row)
    let tokens = targets.map(\.token)
    guard tape.isRecording else {
      let values = workspace.scratch { head.forward(x: normed(rows).y, targets: tokens).values }
      return -zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
    attachGradient()
    return workspace.scratch {
      let norm = normed(rows)
      let dx = workspace.allocate(norm.y.shape)
      let result = head.forwardBackward(x: norm.y, targets: tokens, gradient: weights.map { -$0 }, dx: dx)
      pullBack(dx, norm: norm, rows: rows)
      return -zip(result.values, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  /// Log-probabilities of targets under logits / temperature, in nats; set their gradient before the tape goes back.
  public func logProbabilities(
    _ targets: [Target], temperature: Float = 1, entropies: Bool = false
  ) -> TargetLogProbabilities {
    let rows = targets.map(\.row)
    let tokens = targets.map(\.token)
    let kept =
      tape.isRecording && head.keepsLogits(rows.count)
      ? workspace.allocate([rows.count, model.configuration.vocabularySize]) : nil
    let result = workspace.scratch {
      head.forward(x: normed(rows, scale: 1 / temperature).y, targets: tokens, entropies: entropies, keeping: kept)
    }
    let output = TargetLogProbabilities(values: result.values, entropies: result.entropies)
    if tape.isRecording {
      attachGradient()
      tape.record { [self] in
        guard let gradient = output.gradient else { return }
        let norm = normed(rows, scale: 1 / temperature)
        let dx = workspace.allocate(norm.y.shape)
        head.backward(x: norm.y, targets: tokens, result: result, gradient: gradient, dx: dx, logits: kept)
        ck_scale(dx.data, 1 / temperature, dx.count)
        pullBack(dx, norm: norm, rows: rows)
      }
    }
    return output
  }

  /// The role's score of chosen rows: one number each, from the adapter's score head.
  public func scores(rows: [Int]) -> RowScores {
    guard let scoreHead = role.adapter?.scoreHead else {
      preconditionFailure("this role's adapter has no score head")
    }
    let width = tensor.columns
    let values = workspace.scratch {
      let norm = normed(rows)
      return rows.indices.map { Float(ck_dot(norm.y.row($0), scoreHead.value.data, width)) }
    }
    let output = RowScores(values: values)
    if tape.isRecording {
      attachGradient()
      tape.record { [self] in
        guard let gradient = output.gradient else { return }
        let norm = normed(rows)
        let dx = workspace.zeros(norm.y.shape)
        for (index, g) in gradient.enumerated() {
          ck_axpy(dx.row(index), g, scoreHead.value.data, width)
          if scoreHead.isTrainable { ck_axpy(scoreHead.gradient.data, g, norm.y.row(index), width) }
        }
        pullBack(dx, norm: norm, rows: rows)
      }
    }
    return output
  }

  /// Final-norm hidden states of chosen rows times the head: logits [n, V], for scoring and sampling.
  public func logits(rows: [Int]) -> [[Float]] {
    workspace.scratch {
      let x = normed(rows).y
      let logits = workspace.allocate([rows.count, model.configuration.vocabularySize])
      head.logits(logits, x: x)
      return rows.indices.map { Array(UnsafeBufferPointer(start: logits.row($0), count: logits.columns)) }
    }
  }

  private var head: VocabularyHead {
    VocabularyHead(weight: model.head, replaced: role.headRows, workspace: workspace)
  }

  private struct NormedRows {
    let x: Tensor
    let y: Tensor
    let rstd: Tensor
  }

  private func normed(_ rows: [Int], scale: Float = 1) -> NormedRows {
    let shape = [rows.count, tensor.columns]
    let norm = NormedRows(
      x: workspace.allocate(shape), y: workspace.allocate(shape), rstd: workspace.allocate([rows.count]))
    RowAccess.gather(norm.x, from: tensor, rows: places(rows))
    RMSNorm.forward(
      norm.y, rstd: norm.rstd, x: norm.x, weight: model.finalNorm.value, epsilon: model.configuration.rmsNormEpsilon)
    if scale != 1 { ck_scale(norm.y.data, scale, norm.y.count) }
    return norm
  }

  private func attachGradient() {
    stream.attach(rows: tensor.rows, of: rowCount, width: tensor.columns, workspace)
  }

  private func pullBack(_ dy: Tensor, norm: NormedRows, rows: [Int]) {
    guard let gradient = stream.tensor else { return }
    let dx = workspace.zeros(norm.x.shape)
    RMSNorm.backward(
      dx: dx, dy: dy, x: norm.x, weight: model.finalNorm, rstd: norm.rstd, workspace: workspace)
    RowAccess.scatterAdd(gradient, from: dx, rows: places(rows))
  }
}

/// Log-probabilities of a pass's targets; whoever computes the loss hands back its gradient.
public final class TargetLogProbabilities {
  public let values: [Float]
  /// Entropy of the whole distribution at each target, when asked for.
  public let entropies: [Float]
  fileprivate var gradient: [Float]?

  init(values: [Float], entropies: [Float]) {
    self.values = values
    self.entropies = entropies
  }

  /// d loss / d value of each target.
  public func setGradient(_ gradient: [Float]) {
    precondition(gradient.count == values.count, "\(gradient.count) gradients for \(values.count) values")
    self.gradient = gradient
  }
}

/// Scores of a pass's rows; whoever computes the loss hands back its gradient.
public final class RowScores {
  public let values: [Float]
  fileprivate var gradient: [Float]?

  init(values: [Float]) { self.values = values }

  /// d loss / d value of each row.
  public func setGradient(_ gradient: [Float]) {
    precondition(gradient.count == values.count, "\(gradient.count) gradients for \(values.count) values")
    self.gradient = gradient
  }
}
