import Models

/// Proximal policy optimisation against a reward, held to a reference by a penalty on every token.
public struct PolicyOptimizationOptions: Codable, Sendable, Hashable {
  /// Of the policy; the schedule counts rollout steps.
  public var optimizer: OptimizerOptions
  /// Of the value role; nil takes the policy's.
  public var valueLearningRate: Double?
  /// The batch size counts prompts; epochs and steps count rollouts.
  public var loop: LoopOptions
  public var samplesPerPrompt: Int
  /// Filters other than the temperature would make the samples differ from the policy that is trained.
  public var sampling: SamplingOptions
  /// Passes over each step's rollouts, and parts that each pass is cut into.
  public var optimizationEpochs: Int
  public var minibatches: Int
  public var clip: Double
  public var valueClip: Double
  public var valueCoefficient: Double
  public var gamma: Double
  public var lambda: Double
  public var klCoefficient: Double
  public var klEstimator: KLEstimator
  /// Moves the coefficient towards a target; nil keeps it.
  public var adaptiveKL: AdaptiveKLOptions?
  /// Ends a step's passes when the policy is further than 1.5 times this from the one that sampled, nats a token.
  public var targetKL: Double?
  public var whitensRewards: Bool
  /// Taken off the score of an answer that did not end by itself.
  public var missingEndPenalty: Double
  /// Bounds scores to ± this.
  public var rewardClip: Double?
  public var dualClip: Double?
  /// A minibatch whose mean ratio is larger is skipped.
  public var maximumRatio: Double

  public init(
    optimizer: OptimizerOptions = OptimizerOptions(learningRate: 3e-6, schedule: ScheduleOptions(.constant)),
    valueLearningRate: Double? = nil, loop: LoopOptions = LoopOptions(), samplesPerPrompt: Int = 1,
    sampling: SamplingOptions = SamplingOptions(maximumNewTokens: 53, temperature: 0.7), optimizationEpochs: Int = 4,
    minibatches: Int = 1, clip: Double = 0.2, valueClip: Double = 0.2, valueCoefficient: Double = 0.1,
    gamma: Double = 1, lambda: Double = 0.95, klCoefficient: Double = 0.05, klEstimator: KLEstimator = .k1,
    adaptiveKL: AdaptiveKLOptions? = nil, targetKL: Double? = nil, whitensRewards: Bool = false,
    missingEndPenalty: Double = 0, rewardClip: Double? = nil, dualClip: Double? = nil, maximumRatio: Double = 10
  ) {
    self.optimizer = optimizer
    self.valueLearningRate = valueLearningRate
    self.loop = loop
    self.samplesPerPrompt = samplesPerPrompt
    self.sampling = sampling
    self.optimizationEpochs = optimizationEpochs
    self.minibatches = minibatches
    self.clip = clip
    self.valueClip = valueClip
    self.valueCoefficient = valueCoefficient
    self.gamma = gamma
    self.lambda = lambda
    self.klCoefficient = klCoefficient
    self.klEstimator = klEstimator
    self.adaptiveKL = adaptiveKL
    self.targetKL = targetKL
    self.whitensRewards = whitensRewards
    self.missingEndPenalty = missingEndPenalty
    self.rewardClip = rewardClip
    self.dualClip = dualClip
    self.maximumRatio = maximumRatio
  }
}
