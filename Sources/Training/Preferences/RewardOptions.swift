/// Training of a reward model on preferences.
public struct RewardOptions: Codable, Sendable, Hashable {
  public var optimizer: OptimizerOptions
  public var loop: LoopOptions
  /// Weight of the term that keeps scores around 0.
  public var centering: Double

  public init(
    optimizer: OptimizerOptions = OptimizerOptions(learningRate: 1e-4), loop: LoopOptions = LoopOptions(),
    centering: Double = 0.01
  ) {
    self.optimizer = optimizer
    self.loop = loop
    self.centering = centering
  }
}
