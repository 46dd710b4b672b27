import Foundation
import Tensors

/// One layer of a bidirectional LSTM (Hochreiter & Schmidhuber 1997) over the n rows: y [n, 2 H] = forward | backward.
///
/// Gates are in PyTorch's order: input, forget, cell, output.
struct BidirectionalLSTM: PromptLayer {
  let directions: [Direction]
  var parameters: [Parameter] { directions.flatMap(\.parameters) }

  /// One direction's weights: of the input [4 H, in], of the state before [4 H, H], and their biases [4 H].
  struct Direction: Sendable {
    let parameters: [Parameter]
    fileprivate let input: Linear
    fileprivate let state: Linear
    fileprivate let isReversed: Bool

    init(
      inputWeight: Parameter, stateWeight: Parameter, inputBias: Parameter, stateBias: Parameter, isReversed: Bool
    ) {
      parameters = [inputWeight, stateWeight, inputBias, stateBias]
      input = Linear(name: inputWeight.name, weight: inputWeight, bias: inputBias)
      state = Linear(name: stateWeight.name, weight: stateWeight, bias: stateBias)
      self.isReversed = isReversed
    }

    fileprivate var width: Int { state.inputs }
  }

  func apply(_ x: Tensor, _ workspace: Workspace) -> (y: Tensor, back: (Tensor) -> Tensor) {
    let width = directions[0].width
    let y = workspace.allocate([x.rows, 2 * width])
    let runs = directions.enumerated().map { index, direction in
      LSTMRun(direction, x: x, y: y, column: index * width, workspace: workspace)
    }
    return (
      y,
      { dy in
        let dx = workspace.zeros(x.shape)
        for run in runs { run.pullBack(dy, to: dx) }
        return dx
      }
    )
  }
}

/// A direction's pass over the rows, with what its backward needs.
private struct LSTMRun {
  private let direction: BidirectionalLSTM.Direction
  private let x: Tensor
  private let column: Int
  private let workspace: Workspace
  /// Gates after their activations [n, 4 H], in the order of the rows.
  private let gates: Tensor
  /// Cells [n, H], and the state before each row [n, H].
  private let cells: Tensor
  private let states: Tensor
  /// Rows in the order in which they are read.
  private let order: [Int]
  private let width: Int

  init(_ direction: BidirectionalLSTM.Direction, x: Tensor, y: Tensor, column: Int, workspace: Workspace) {
    self.direction = direction
    self.x = x
    self.column = column
    self.workspace = workspace
    width = direction.width
    gates = workspace.allocate([x.rows, 4 * width])
    cells = workspace.zeros([x.rows, width])
    states = workspace.zeros([x.rows, width])
    order = direction.isReversed ? Array((0..<x.rows).reversed()) : Array(0..<x.rows)
    let (input, state) = (applied(direction.input, x.rows), applied(direction.state, 1))
    LinearGroup.forward([input], to: [gates], x: x, workspace: workspace)
    for (index, row) in order.enumerated() {
      if index > 0 { states.row(row).update(from: y.row(order[index - 1]) + column, count: width) }
      LinearGroup.forward(
        [state], to: [gates.slice(row..<row + 1)], x: states.slice(row..<row + 1), accumulate: true,
        workspace: workspace)
      advance(row, before: index > 0 ? cells.row(order[index - 1]) : nil, out: y.row(row) + column)
    }
  }

  private func applied(_ linear: Linear, _ rows: Int) -> AppliedLinear {
    AppliedLinear(linear, delta: nil, rows: rows, workspace: workspace)
  }

  private func advance(_ row: Int, before: UnsafeMutablePointer<Float>?, out: UnsafeMutablePointer<Float>) {
    let gate = gates.row(row)
    for unit in 0..<width {
      let i = sigmoid(gate[unit])
      let f = sigmoid(gate[width + unit])
      let g = tanh(gate[2 * width + unit])
      let o = sigmoid(gate[3 * width + unit])
      (gate[unit], gate[width + unit], gate[2 * width + unit], gate[3 * width + unit]) = (i, f, g, o)
      let cell = f * (before?[unit] ?? 0) + i * g
      cells.row(row)[unit] = cell
      out[unit] = o * tanh(cell)
    }
  }

  /// Adds the parameters' gradients, and the input's to dx, from dy [n, 2 H].
  func pullBack(_ dy: Tensor, to dx: Tensor) {
    let dgates = workspace.zeros(gates.shape)
    let dstate = workspace.zeros([1, width])
    let dcell = workspace.zeros([1, width])
    for (index, row) in order.enumerated().reversed() {
      let before = index > 0 ? cells.row(order[index - 1]) : nil
      let (gate, dgate) = (gates.row(row), dgates.row(row))
      for unit in 0..<width {
        let (i, f, g, o) = (gate[unit], gate[width + unit], gate[2 * width + unit], gate[3 * width + unit])
        let raised = tanh(cells.row(row)[unit])
        let dh = dy.row(row)[column + unit] + dstate.data[unit]
        let dc = dcell.data[unit] + dh * o * (1 - raised * raised)
        dgate[unit] = dc * g * i * (1 - i)
        dgate[width + unit] = dc * (before?[unit] ?? 0) * f * (1 - f)
        dgate[2 * width + unit] = dc * i * (1 - g * g)
        dgate[3 * width + unit] = dh * raised * o * (1 - o)
        dcell.data[unit] = dc * f
      }
      Products.times(
        dstate.data, dgate, direction.parameters[1].value.data, m: 1, n: width, k: 4 * width)
    }
    let (input, state) = (applied(direction.input, x.rows), applied(direction.state, x.rows))
    LinearGroup.backward([input], dys: [dgates], dx: dx, x: x, accumulate: true, workspace: workspace)
    LinearGroup.backward([state], dys: [dgates], dx: nil, x: states, accumulate: false, workspace: workspace)
  }

  private func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}
