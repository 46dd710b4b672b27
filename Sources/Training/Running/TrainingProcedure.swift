/// What one kind of training does in a step; `TrainingLoop` does the rest.
protocol TrainingProcedure: AnyObject {
  /// Computes gradients and updates the parameters. Steps count from 0.
  func step(_ step: Int, learningRate: Double) throws -> StepResult
  /// Measures on held-out rows; "loss" decides which step is the best. Empty when there are no such rows.
  func validate() throws -> [String: Double]
  /// Numbers that a checkpoint must keep besides tensors.
  var state: [String: Double] { get set }
}

extension TrainingProcedure {
  var state: [String: Double] {
    get { [:] }
    set {}
  }
}

struct StepResult {
  var loss: Double
  var gradientNorm: Double
  var targetTokens: Int
  var totalTokens: Int
  var floatingPointOperations: Double
  var metrics: [String: Double] = [:]
  var rows: [String]
  var rollouts: [RolloutReport] = []
}
