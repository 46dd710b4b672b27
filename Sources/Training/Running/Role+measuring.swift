import Models
import Tensors

extension Role {
  /// A pass without gradients, whose memory is given back at its end.
  /// - Parameter rows: the rows of the batch that `body` reads.
  func measure<Result>(
    _ batch: PackedBatch, reading rows: [Int], workspace: Workspace, _ body: (HiddenStates) -> Result
  ) -> Result {
    let tape = Tape(recording: false, workspace: workspace)
    defer { tape.finish() }
    return body(hiddenStates(batch, reading: rows, tape: tape))
  }
}
