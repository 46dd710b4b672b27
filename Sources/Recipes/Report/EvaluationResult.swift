import Foundation
import Store

/// What an eval stage found for one model.
public struct ModelSheet: Sendable, Codable, Hashable {
  /// A measured value and its standard error.
  public struct Value: Sendable, Codable, Hashable {
    public var mean: Double
    public var error: Double

    public init(_ mean: Double, error: Double) {
      self.mean = mean
      self.error = error
    }

    /// The mean of outcomes between 0 and 1.
    static func rate(_ outcomes: [Double]) -> Value {
      let count = Double(max(1, outcomes.count))
      let mean = outcomes.reduce(0, +) / count
      let variance = outcomes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, count - 1)
      return Value(mean, error: (variance / count).squareRoot())
    }
  }

  public var name: String
  /// On held-out pairs.
  public var perplexity: Double?
  public var identityAsked = 0
  public var identityRight = 0
  /// Mean score of the reward model, whole answers.
  public var reward: Value?
  /// Against the reference, ties counting half.
  public var winRateByRule: Value?
  public var winRateByReward: Value?
  /// KL from the reference on the model's own answers, nats an answer.
  public var divergence: Value?
  /// How often the implicit reward agrees with held-out judgements.
  public var preferenceAccuracy: Value?
  /// Share of answers that end by themselves, and their mean length in tokens.
  public var finished = 0.0
  public var length = 0.0

  init(name: String) { self.name = name }
}

/// What an eval stage found.
public struct EvaluationResult: Sendable, Codable, Hashable {
  public struct Example: Sendable, Codable, Hashable {
    public struct Answer: Sendable, Codable, Hashable {
      public var model: String
      public var text: String
    }

    public var prompt: String
    public var answers: [Answer]
  }

  /// Held-out questions, and answers drawn to each.
  public var prompts: Int
  public var answers: Int
  public var rewardAccuracy: ModelSheet.Value?
  /// The first is the reference.
  public var models: [ModelSheet]
  public var examples: [Example]

  /// How many standard errors a model's mean reward is above the reference's.
  public func rewardGain(of sheet: ModelSheet) -> Double? {
    guard let own = sheet.reward, let other = models.first?.reward else { return nil }
    let error = (own.error * own.error + other.error * other.error).squareRoot()
    return error > 0 ? (own.mean - other.mean) / error : nil
  }

  /// Every number by the name that the store keeps it under: `dpo/win_rate_rule`.
  var metrics: [String: Double] {
    var metrics: [String: Double] = [:]
    func put(_ name: String, _ value: ModelSheet.Value?) {
      metrics[name] = value?.mean
      metrics[name + "_error"] = value?.error
    }
    put("reward_model/accuracy", rewardAccuracy)
    for sheet in models {
      metrics["\(sheet.name)/perplexity"] = sheet.perplexity
      if sheet.identityAsked > 0 {
        metrics["\(sheet.name)/identity"] = Double(sheet.identityRight) / Double(sheet.identityAsked)
      }
      put("\(sheet.name)/reward", sheet.reward)
      put("\(sheet.name)/win_rate_rule", sheet.winRateByRule)
      put("\(sheet.name)/win_rate_reward", sheet.winRateByReward)
      put("\(sheet.name)/kl", sheet.divergence)
      put("\(sheet.name)/preference_accuracy", sheet.preferenceAccuracy)
      metrics["\(sheet.name)/finished"] = sheet.finished
      metrics["\(sheet.name)/length"] = sheet.length
    }
    return metrics
  }

  /// The result as stored with the stage.
  var json: JSONValue {
    guard let data = try? JSONEncoder().encode(self),
      let value = try? JSONValue(parsing: String(decoding: data, as: UTF8.self))
    else { return [:] }
    return ["evaluation": value]
  }

  /// Reads back what an eval stage stored.
  public init?(stored: JSONValue) {
    guard let value = stored.object?["evaluation"],
      let result = try? JSONDecoder().decode(Self.self, from: Data(value.canonical.utf8))
    else { return nil }
    self = result
  }

  init(
    prompts: Int, answers: Int, rewardAccuracy: ModelSheet.Value?, models: [ModelSheet], examples: [Example]
  ) {
    self.prompts = prompts
    self.answers = answers
    self.rewardAccuracy = rewardAccuracy
    self.models = models
    self.examples = examples
  }
}
