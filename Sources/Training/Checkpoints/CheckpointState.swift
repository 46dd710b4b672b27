/// Where a run stands, besides its tensors. With a counter-based generator there is no random state to save.
package struct CheckpointState: Codable, Hashable {
  package var format = 1
  package var kind: String
  /// Steps done.
  package var step: Int
  /// Position in the data: the epoch, and the items of it that were read.
  package var epoch: Int
  package var offset: Int
  package var seed: UInt64
  package var fingerprint: String
  /// Updates that the optimiser made.
  package var updates: Int
  /// Loss of the last step.
  package var loss: Double
  package var bestStep: Int?
  package var bestLoss: Double?
  /// Evaluations since the best one.
  package var evaluationsSinceBest: Int
  /// Of the last evaluation.
  package var validation: [String: Double]
  /// What the kind of training keeps between steps.
  package var extra: [String: Double]
  /// SHA-256 of the tensors' file.
  package var tensorsHash: String
}
