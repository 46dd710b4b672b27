/// AdamW, its learning-rate schedule, and gradient clipping.
public struct OptimizerOptions: Codable, Sendable, Hashable {
  /// How the moments are kept.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// In f32: 8 bytes a weight.
    case adamw
    /// In 8-bit codes, block by block (8-bit Optimizers via Block-wise Quantization, Dettmers et al. 2022): 2.03 bytes.
    case adamw8bit
  }

  /// Where the moments are kept; results do not depend on it.
  public enum State: String, Codable, Sendable, CaseIterable {
    case memory
    /// In a file beside the checkpoints, of which little is in memory at once.
    case file
  }

  public var kind: Kind
  public var state: State
  public var learningRate: Double
  public var schedule: ScheduleOptions
  /// Decoupled decay of matrices; norms and biases are left alone.
  public var weightDecay: Double
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  /// Gradients with a larger global norm are scaled down to it; 0 turns clipping off.
  public var maximumGradientNorm: Double

  public init(
    learningRate: Double = 1e-4, schedule: ScheduleOptions = ScheduleOptions(), weightDecay: Double = 0,
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, maximumGradientNorm: Double = 1,
    kind: Kind = .adamw, state: State = .memory
  ) {
    self.kind = kind
    self.state = state
    self.learningRate = learningRate
    self.schedule = schedule
    self.weightDecay = weightDecay
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.maximumGradientNorm = maximumGradientNorm
  }

  func learningRate(step: Int, totalSteps: Int) -> Double {
    learningRate * schedule.factor(step: step, totalSteps: totalSteps)
  }

  func check() throws {
    try TrainingError.require(learningRate > 0, "learning_rate", learningRate, "above 0")
    try TrainingError.require((0..<1).contains(beta1), "beta1", beta1, "at least 0 and below 1")
    try TrainingError.require((0..<1).contains(beta2), "beta2", beta2, "at least 0 and below 1")
    try TrainingError.require(epsilon > 0, "epsilon", epsilon, "above 0")
    try TrainingError.require(weightDecay >= 0, "weight_decay", weightDecay, "0 or more")
    try TrainingError.require(maximumGradientNorm >= 0, "maximum_gradient_norm", maximumGradientNorm, "0 or more")
    try TrainingError.require(schedule.warmupSteps >= 0, "warmup_steps", schedule.warmupSteps, "0 or more")
    try TrainingError.require((0...1).contains(schedule.warmupRatio), "warmup_ratio", schedule.warmupRatio, "0 to 1")
    try TrainingError.require((0...1).contains(schedule.minimumRatio), "minimum_ratio", schedule.minimumRatio, "0 to 1")
  }
}
