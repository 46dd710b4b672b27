/// Direct preference optimisation: any loss of the DPO family, or a weighted sum of several.
public struct PreferenceOptions: Codable, Sendable, Hashable {
  public var optimizer: OptimizerOptions
  public var loop: LoopOptions
  public var losses: [WeightedLoss]
  public var beta: Double
  public var labelSmoothing: Double
  public var discopopTemperature: Double
  public var divergence: FDivergence
  public var divergenceAlpha: Double
  /// LD-DPO: weight of an answer's tokens beyond the length of the shorter one; nil counts all the same.
  public var lengthAlpha: Double?

  public init(
    optimizer: OptimizerOptions = OptimizerOptions(learningRate: 1e-6), loop: LoopOptions = LoopOptions(),
    losses: [WeightedLoss] = [WeightedLoss(.sigmoid)], beta: Double = 0.1, labelSmoothing: Double = 0,
    discopopTemperature: Double = 0.05, divergence: FDivergence = .reverseKL, divergenceAlpha: Double = 0.5,
    lengthAlpha: Double? = nil
  ) {
    self.optimizer = optimizer
    self.loop = loop
    self.losses = losses
    self.beta = beta
    self.labelSmoothing = labelSmoothing
    self.discopopTemperature = discopopTemperature
    self.divergence = divergence
    self.divergenceAlpha = divergenceAlpha
    self.lengthAlpha = lengthAlpha
  }

  var loss: PreferenceLoss {
    PreferenceLoss(
      losses: losses, beta: beta, labelSmoothing: labelSmoothing, discopopTemperature: discopopTemperature,
      divergence: divergence, divergenceAlpha: divergenceAlpha)
  }

  func check() throws {
    try optimizer.check()
    try loop.check()
    try TrainingError.require(!losses.isEmpty, "losses", "empty", "at least one loss")
    try TrainingError.require(beta > 0, "beta", beta, "above 0")
    let kinds = Set(losses.map(\.kind))
    try TrainingError.require(
      (0..<1).contains(labelSmoothing), "label_smoothing", labelSmoothing, "at least 0 and below 1")
    try TrainingError.require(
      !kinds.contains(.exoPair) || labelSmoothing > 0, "label_smoothing", labelSmoothing, "above 0 with exo_pair")
    try TrainingError.require(
      !kinds.contains(.robust) || labelSmoothing < 0.5, "label_smoothing", labelSmoothing, "below 0.5 with robust")
    try TrainingError.require(discopopTemperature > 0, "discopop_temperature", discopopTemperature, "above 0")
    if let lengthAlpha {
      try TrainingError.require((0...1).contains(lengthAlpha), "length_alpha", lengthAlpha, "0 to 1")
    }
  }
}
