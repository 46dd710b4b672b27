/// Where a run stands, besides its tensors. With a counter-based generator there is no random state to save.
struct CheckpointState: Codable, Hashable {
  var format = 1
  var kind: String
  /// Steps done.
  var step: Int
  /// Position in the data: the epoch, and the items of it that were read.
  var epoch: Int
  var offset: Int
  var seed: UInt64
  var fingerprint: String
  /// Updates that the optimiser made.
  var updates: Int
  /// Loss of the last step.
  var loss: Double
  var bestStep: Int?
  var bestLoss: Double?
  /// Evaluations since the best one.
  var evaluationsSinceBest: Int
  /// What the kind of training keeps between steps.
  var extra: [String: Double]
  /// SHA-256 of the tensors' file.
  var tensorsHash: String
}
