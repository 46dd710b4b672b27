import Models

/// How often a role agrees with preferences.
public struct PreferenceAccuracy: Codable, Sendable, Hashable {
  /// Share of pairs whose chosen answer has the higher reward.
  public var accuracy: Double
  /// Of the accuracy.
  public var standardError: Double
  /// Mean reward of chosen less rejected.
  public var margin: Double
  public var pairs: Int

  init(margins: [Double]) {
    let correct = Estimate(margins.map { $0 > 0 ? 1 : 0 })
    accuracy = correct.mean
    standardError = correct.standardError
    margin = Estimate(margins).mean
    pairs = margins.count
  }
}

extension Evaluator {
  /// Agreement of a reward model's scores.
  /// - Throws: `TrainingError` when no pair is left, or the role has no score head.
  public func preferenceAccuracy(ofRewardModel role: Role, rows: [PreferenceRow]) throws -> PreferenceAccuracy {
    try role.requireScoreHead("reward model")
    let pairs = try kept(rows, role)
    let margins = TokenBudget.ranges(costs: pairs.map(\.cost), budget: microbatchTokens).flatMap { range in
      let stream = AnswerStream(pairs[range], keepsLastTokens: true)
      let scores = forward(role, stream.batch, reading: stream.lastRows) { $0.scores(rows: stream.lastRows).values }
      return range.indices.map { Double(scores[2 * ($0 - range.lowerBound)] - scores[2 * ($0 - range.lowerBound) + 1]) }
    }
    return PreferenceAccuracy(margins: margins)
  }

  /// Agreement of a policy's implicit rewards, beta log(policy / reference), summed over an answer.
  /// - Throws: `TrainingError` when no pair is left; what the cache throws.
  public func preferenceAccuracy(
    policy: Role, reference: Role, beta: Double = 0.1, rows: [PreferenceRow], cache: (any ReferenceCache)? = nil
  ) throws -> PreferenceAccuracy {
    let pairs = try kept(rows, policy)
    func sums(_ role: Role, _ cache: (any ReferenceCache)?) throws -> [(chosen: Double, rejected: Double)] {
      let pass = ReferencePass(
        reference: role, workspace: workspace, microbatchTokens: microbatchTokens, cache: cache)
      return try pass.values(pairs)!.map { values in
        (values.chosen.reduce(0) { $0 + Double($1) }, values.rejected.reduce(0) { $0 + Double($1) })
      }
    }
    let margins = zip(try sums(policy, nil), try sums(reference, cache)).map { policy, reference in
      beta * ((policy.chosen - reference.chosen) - (policy.rejected - reference.rejected))
    }
    return PreferenceAccuracy(margins: margins)
  }

  private func kept(_ rows: [PreferenceRow], _ role: Role) throws -> [PreferenceRow] {
    let prepared = try RowLimits(role, maximumLength: maximumLength).prepare(rows)
    _ = try prepared.report.requireRows("no pair to evaluate on")
    return prepared.rows
  }
}
