/// What one step did.
public struct StepReport: Codable, Sendable, Hashable {
  /// Counted from 1.
  public var step: Int
  public var totalSteps: Int
  public var epoch: Double
  public var loss: Double
  public var learningRate: Double
  /// Before clipping.
  public var gradientNorm: Double
  /// Tokens that had a loss, and all tokens read.
  public var targetTokens: Int
  public var totalTokens: Int
  public var seconds: Double
  /// Model operations of the step, without recomputation.
  public var floatingPointOperations: Double
  /// The process's largest resident memory so far, bytes.
  public var peakMemory: Int
  /// What only this kind of training measures.
  public var metrics: [String: Double]
  /// Empty when the step was not followed by an evaluation.
  public var validation: [String: Double]
  /// Whether the evaluation was the best so far.
  public var isBest: Bool
  /// Ids of the rows that were read.
  public var rows: [String]

  public var tokensPerSecond: Double { seconds > 0 ? Double(totalTokens) / seconds : 0 }

  /// Everything measured, by the names that the store keeps curves under.
  public var allMetrics: [String: Double] {
    var all = metrics
    all["loss"] = loss
    all["epoch"] = epoch
    all["learning_rate"] = learningRate
    all["gradient_norm"] = gradientNorm
    all["target_tokens"] = Double(targetTokens)
    all["total_tokens"] = Double(totalTokens)
    all["tokens_per_second"] = tokensPerSecond
    all["seconds"] = seconds
    all["floating_point_operations"] = floatingPointOperations
    all["peak_memory"] = Double(peakMemory)
    for (name, value) in validation { all["validation/" + name] = value }
    return all
  }
}

/// A checkpoint on disk.
public struct CheckpointRecord: Codable, Sendable, Hashable {
  public var step: Int
  public var path: String
  /// SHA-256 of its state, which holds the hash of its tensors.
  public var hash: String
}

/// One answer that a policy gave while it was optimised, and what it earned.
public struct RolloutReport: Codable, Sendable, Hashable {
  /// The prompt row's id.
  public var prompt: String
  public var response: [Int32]
  public var endedByStop: Bool
  /// The reward model's score, less penalties.
  public var reward: Double
  /// Summed over the answer, nats.
  public var kl: Double
  /// Length, and means of value, advantage and return.
  public var statistics: [String: Double]
}
