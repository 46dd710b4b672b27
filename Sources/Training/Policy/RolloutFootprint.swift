import Models

/// What decides the memory of rollouts: how many sequences are continued at once, and how long they may become.
public struct RolloutFootprint: Sendable {
  private let sequences: Int
  /// Tokens of a prompt, on average, with the longest answer.
  private let length: Int
  /// Of the updates that follow.
  public let batch: Microbatch

  /// - Parameters:
  ///   - prompts: of one step, each continued `samples` times.
  ///   - lengths: of prompts, tokens; empty where they are not known.
  ///   - answer: the longest answer, tokens.
  ///   - budget: tokens that are computed at once.
  public init(prompts: Int, samples: Int, lengths: [Int], answer: Int, budget: Int) {
    sequences = min(Generator.usualBatch, prompts * samples)
    let mean = lengths.reduce(0, +) / max(1, lengths.count)
    length = mean + answer
    // Samples of a prompt stay together; as many prompts as fit the budget, and at most a step's.
    let family = mean + samples * answer
    let families = max(1, min(prompts, budget / max(1, family)))
    let longest = (lengths.max() ?? 0) + answer
    batch = Microbatch(
      tokens: max(families * family, (lengths.max() ?? 0) + samples * answer), targets: families * samples * answer,
      longest: longest)
  }

  /// Bytes of the keys and values of all sequences.
  public func cacheBytes(_ configuration: ModelConfiguration) -> Int {
    let width = configuration.keyValueHeadCount * configuration.headSize
    return sequences * length * configuration.layerCount * 2 * width * MemoryLayout<Float>.size
  }
}
