import Foundation

/// The logistic function and its logarithm, without overflow.
enum Logistic {
  static func sigmoid(_ x: Double) -> Double {
    if x >= 0 { return 1 / (1 + exp(-x)) }
    let e = exp(x)
    return e / (1 + e)
  }

  /// log sigmoid(x); its derivative is sigmoid(-x).
  static func logSigmoid(_ x: Double) -> Double {
    min(x, 0) - log1p(exp(-abs(x)))
  }
}
