/// One sampled answer, what it earned, and what it is to be trained towards.
///
/// L is the index of the answer's last token. Policy positions are 0...L. Value positions go one further, to the state
/// after the last token, unless the answer filled the whole length.
package struct Rollout {
  /// Index of the prompt among the step's prompts.
  let prompt: Int
  /// Tokens sampled, the stop token included.
  let answer: [Int32]
  let endedByStop: Bool
  let hasFinalValue: Bool
  /// Log-probabilities when sampled, or as training computes them before its first step, and under the reference; one a
  /// token, nats.
  package var logProbabilities: [Double]
  package var referenceLogProbabilities: [Double] = []
  /// Value of the state before each token, and after the last where there is such a position.
  package var values: [Double] = []
  package var score = 0.0
  /// Filled by `AdvantageEstimation`: one a policy position, one a value position.
  package var advantages: [Double] = []
  package var returns: [Double] = []
  /// The penalty for leaving the reference, summed over the answer.
  var penalty = 0.0

  /// - Parameter maximumTokens: the longest answer, after which there is no further state.
  package init(prompt: Int, answer: [Int32], endedByStop: Bool, logProbabilities: [Double], maximumTokens: Int) {
    self.prompt = prompt
    self.answer = answer
    self.endedByStop = endedByStop
    self.logProbabilities = logProbabilities
    hasFinalValue = answer.count < maximumTokens
  }

  var valueCount: Int { answer.count + (hasFinalValue ? 1 : 0) }

  /// Σ log p - log q: how far the answer went from the reference, nats.
  var divergence: Double { zip(logProbabilities, referenceLogProbabilities).reduce(0) { $0 + $1.0 - $1.1 } }
}
