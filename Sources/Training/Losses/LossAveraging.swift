/// How a loss is averaged. The only place that says so.
///
/// Every loss is a sum over its terms times one weight for the whole step, however the step is cut into micro-batches;
/// so a long row counts by its tokens, and the cut never changes the gradient.
public enum LossAveraging {
  /// Pretraining, supervised, policy and value losses: each target of the step counts the same.
  public static func perToken(targets: Int) -> Double { 1 / Double(max(1, targets)) }

  /// Preference and reward losses: each pair of the step counts the same, whatever its length.
  public static func perPair(pairs: Int) -> Double { 1 / Double(max(1, pairs)) }
}
