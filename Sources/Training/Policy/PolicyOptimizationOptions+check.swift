extension PolicyOptimizationOptions {
  func check() throws {
    try optimizer.check()
    try loop.check()
    func require(_ condition: Bool, _ name: String, _ value: some Any, _ expected: String) throws {
      try TrainingError.require(condition, name, value, expected)
    }
    if let rate = valueLearningRate { try require(rate >= 0, "value_learning_rate", rate, "0 or more") }
    try require(samplesPerPrompt > 0, "samples_per_prompt", samplesPerPrompt, "above 0")
    try require(sampling.maximumNewTokens > 0, "maximum_new_tokens", sampling.maximumNewTokens, "above 0")
    try require(sampling.temperature > 0, "temperature", sampling.temperature, "above 0: a policy must explore")
    try require(!sampling.stopTokens.isEmpty, "stop_tokens", "empty", "the tokens that end an answer")
    try require(optimizationEpochs > 0, "optimization_epochs", optimizationEpochs, "above 0")
    try require(
      (1...loop.batchSize).contains(minibatches), "minibatches", minibatches, "1 to the batch size \(loop.batchSize)")
    try require((0..<1).contains(clip), "clip", clip, "at least 0 and below 1")
    try require(valueClip >= 0, "value_clip", valueClip, "0 or more")
    try require(valueCoefficient >= 0, "value_coefficient", valueCoefficient, "0 or more")
    try require((0...1).contains(gamma), "gamma", gamma, "0 to 1")
    try require((0...1).contains(lambda), "lambda", lambda, "0 to 1")
    try require(klCoefficient >= 0, "kl_coefficient", klCoefficient, "0 or more")
    if let adaptiveKL {
      try require(adaptiveKL.target > 0, "adaptive_kl.target", adaptiveKL.target, "above 0")
      try require(adaptiveKL.horizon > 0, "adaptive_kl.horizon", adaptiveKL.horizon, "above 0")
    }
    if let targetKL { try require(targetKL > 0, "target_kl", targetKL, "above 0") }
    if let rewardClip { try require(rewardClip > 0, "reward_clip", rewardClip, "above 0") }
    if let dualClip { try require(dualClip > 1, "dual_clip", dualClip, "above 1") }
    try require(maximumRatio > 1, "maximum_ratio", maximumRatio, "above 1")
  }
}
