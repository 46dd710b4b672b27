/// Means over the pairs of a step: the loss, and how far the chosen answers' rewards are ahead.
struct PairSummary {
  private let weight: Double
  private(set) var loss = 0.0
  private var chosen = 0.0
  private var rejected = 0.0
  private var correct = 0.0

  init(pairs: Int) { weight = LossAveraging.perPair(pairs: pairs) }

  mutating func add(loss: Double, chosen: Double, rejected: Double) {
    self.loss += weight * loss
    self.chosen += weight * chosen
    self.rejected += weight * rejected
    if chosen > rejected { correct += weight }
  }

  var metrics: [String: Double] {
    [
      "rewards/chosen": chosen, "rewards/rejected": rejected, "rewards/margins": chosen - rejected,
      "rewards/accuracies": correct,
    ]
  }
}
