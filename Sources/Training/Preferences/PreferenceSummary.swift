/// Means over the pairs of a step, as TRL's DPO trainer names them.
struct PreferenceSummary {
  let loss: Double
  let metrics: [String: Double]

  init(_ pairs: [PairLogProbabilities], loss values: [Double], beta: Double) {
    var summary = PairSummary(pairs: pairs.count)
    let weight = LossAveraging.perPair(pairs: pairs.count)
    var (chosen, rejected) = (0.0, 0.0)
    for (pair, value) in zip(pairs, values) {
      summary.add(loss: value, chosen: beta * pair.chosenLogRatio, rejected: beta * pair.rejectedLogRatio)
      chosen += weight * pair.policyChosen
      rejected += weight * pair.policyRejected
    }
    loss = summary.loss
    metrics = summary.metrics.merging(["logps/chosen": chosen, "logps/rejected": rejected]) { $1 }
  }
}

extension PreferenceLoss.Result {
  /// The pairs of a micro-batch.
  func part(_ range: Range<Int>) -> PreferenceLoss.Result {
    PreferenceLoss.Result(
      values: Array(values[range]), chosenGradients: Array(chosenGradients[range]),
      rejectedGradients: Array(rejectedGradients[range]))
  }
}
