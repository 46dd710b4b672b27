import Foundation

/// How the learning rate moves over a run: a linear warm-up from 0, then a constant, linear or cosine course.
///
/// The factors are those of `transformers.get_scheduler`, with a floor that the course falls to instead of 0.
public struct ScheduleOptions: Codable, Sendable, Hashable {
  public enum Kind: String, Codable, Sendable, CaseIterable { case constant, linear, cosine }

  public var kind: Kind
  /// Steps of warm-up; when 0, `warmupRatio` of all steps, rounded up.
  public var warmupSteps: Int
  public var warmupRatio: Double
  /// The lowest learning rate after the warm-up, as a share of the highest.
  public var minimumRatio: Double

  public init(_ kind: Kind = .linear, warmupSteps: Int = 0, warmupRatio: Double = 0, minimumRatio: Double = 0) {
    self.kind = kind
    self.warmupSteps = warmupSteps
    self.warmupRatio = warmupRatio
    self.minimumRatio = minimumRatio
  }

  /// What the learning rate is multiplied by in a step (from 0) of a run of `totalSteps`.
  public func factor(step: Int, totalSteps: Int) -> Double {
    let warmup = warmupSteps > 0 ? warmupSteps : Int((Double(totalSteps) * warmupRatio).rounded(.up))
    if step < warmup { return Double(step) / Double(max(1, warmup)) }
    let course = Double(max(1, totalSteps - warmup))
    let factor =
      switch kind {
      case .constant: 1.0
      case .linear: max(0, Double(totalSteps - step) / course)
      case .cosine: max(0, 0.5 * (1 + cos(.pi * Double(step - warmup) / course)))
      }
    return minimumRatio + (1 - minimumRatio) * factor
  }
}
