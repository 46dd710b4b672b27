extension PreferenceLoss {
  /// Losses over sorted margins of the whole step: the k-th smallest of one side against the k-th of the other.
  func addSorted(_ loss: WeightedLoss, _ pairs: [PairLogProbabilities], to result: inout Result) {
    if loss.kind == .aot {
      let policy = ranks(pairs.map { $0.policyChosen - $0.policyRejected })
      let reference = pairs.map { $0.referenceChosen - $0.referenceRejected }.sorted()
      for (rank, index) in policy.enumerated() {
        let margin = pairs[index].policyChosen - pairs[index].policyRejected
        let (value, derivative) = smoothedLogistic(beta * (margin - reference[rank]))
        result.values[index] += loss.weight * value
        result.chosenGradients[index] += loss.weight * beta * derivative
        result.rejectedGradients[index] -= loss.weight * beta * derivative
      }
    } else {
      let chosen = ranks(pairs.map(\.chosenLogRatio))
      let rejected = ranks(pairs.map(\.rejectedLogRatio))
      for (better, worse) in zip(chosen, rejected) {
        let margin = pairs[better].chosenLogRatio - pairs[worse].rejectedLogRatio
        let (value, derivative) = smoothedLogistic(beta * margin)
        result.values[better] += loss.weight * value
        result.chosenGradients[better] += loss.weight * beta * derivative
        result.rejectedGradients[worse] -= loss.weight * beta * derivative
      }
    }
  }

  /// Indices in ascending order of value; equal values keep their order.
  private func ranks(_ values: [Double]) -> [Int] {
    values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  }
}
