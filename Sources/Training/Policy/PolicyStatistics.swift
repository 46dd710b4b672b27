/// Means over the minibatches of a step; every mean is over real tokens only.
struct PolicyStatistics {
  private(set) var minibatches = 0
  private(set) var skipped = 0
  private(set) var policyNorm = 0.0
  private var sums: [String: Double] = [:]

  mutating func add(_ pass: MinibatchPass, norms: [Double]?) {
    guard let norms else {
      skipped += 1
      return
    }
    minibatches += 1
    policyNorm += norms[0]
    for (name, value) in pass.metrics { sums[name, default: 0] += value }
    sums["value/gradient_norm", default: 0] += norms[1]
  }

  var means: [String: Double] { sums.mapValues { $0 / Double(max(1, minibatches)) } }
  var meanPolicyNorm: Double { policyNorm / Double(max(1, minibatches)) }
}

/// What one minibatch added up to.
struct MinibatchPass {
  var policyLoss = 0.0
  var valueLoss = 0.0
  var clipFraction = 0.0
  var valueClipFraction = 0.0
  var meanRatio = 0.0
  /// From the policy that sampled, nats a token.
  var divergence = 0.0
  var entropy = 0.0
  var operations = 0.0

  var metrics: [String: Double] {
    [
      "policy/loss": policyLoss, "value/loss": valueLoss, "policy/clip_fraction": clipFraction,
      "value/clip_fraction": valueClipFraction, "policy/ratio": meanRatio, "policy/approximate_kl": divergence,
      "entropy": entropy,
    ]
  }
}
