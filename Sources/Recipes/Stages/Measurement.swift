import Labelling
import Models
import Store
import Tokenizers
import Training

/// The measurements of an eval stage.
struct Measurement {
  var evaluator: Evaluator
  var tokenizer: Tokenizer
  var rule: any RuleAnnotator
  var rewardModel: Role?
  var temperature: Float
  var pairs: [Pair]
  var prompts: [Prompt]
  var preferences: [Preference]
  /// The name and the author that identity answers have to say.
  var names: [String]

  /// What can be said about one model alone.
  func alone(_ role: Role, sampled: [SampledAnswer], greedy: [SampledAnswer], sheet: inout ModelSheet) throws {
    if !pairs.isEmpty {
      sheet.perplexity = try evaluator.perplexity(of: role, rows: pairs.map(tokenizer.row)).perplexity
    }
    let finished = sampled.filter { $0.generation.finish == .stopToken }.count
    sheet.finished = Double(finished) / Double(max(1, sampled.count))
    sheet.length = Double(sampled.reduce(0) { $0 + $1.generation.tokens.count }) / Double(max(1, sampled.count))
    if let rewardModel {
      let reward = evaluator.reward(of: sampled, judge: evaluator.judge(rewardModel: rewardModel))
      sheet.reward = ModelSheet.Value(reward.mean, error: reward.standardError)
    }
    countIdentity(greedy, &sheet)
  }

  /// What can be said about a model only next to the reference.
  func against(
    _ reference: Role, answers: [SampledAnswer], _ role: Role, own: [SampledAnswer], sheet: inout ModelSheet
  ) throws {
    let messages = Dictionary(prompts.map { ($0.id, $0.messages) }, uniquingKeysWith: { first, _ in first })
    sheet.winRateByRule = .rate(
      zip(own, answers).map { mine, other in
        switch rule.judge(prompt: messages[mine.prompt.id] ?? [], a: text(mine), b: text(other)) {
        case .a: 1
        case .b: 0
        case .tie, .bothBad, .skip: 0.5
        }
      })
    if let rewardModel {
      let wins = evaluator.winRate(of: own, against: answers, judge: evaluator.judge(rewardModel: rewardModel))
      sheet.winRateByReward = ModelSheet.Value(wins.rate, error: wins.standardError)
    }
    let divergence = try evaluator.divergence(
      policy: role, reference: reference, samples: own, temperature: temperature == 0 ? 1 : temperature)
    sheet.divergence = ModelSheet.Value(divergence.perSequence.mean, error: divergence.perSequence.standardError)
    if !preferences.isEmpty {
      let accuracy = try evaluator.preferenceAccuracy(
        policy: role, reference: reference, rows: preferences.map(tokenizer.row))
      sheet.preferenceAccuracy = ModelSheet.Value(accuracy.accuracy, error: accuracy.standardError)
    }
  }

  /// How often the reward model agrees with held-out judgements.
  func rewardAccuracy() throws -> ModelSheet.Value? {
    guard let rewardModel, !preferences.isEmpty else { return nil }
    let accuracy = try evaluator.preferenceAccuracy(
      ofRewardModel: rewardModel, rows: preferences.map(tokenizer.row))
    return ModelSheet.Value(accuracy.accuracy, error: accuracy.standardError)
  }

  /// Answers of all models to the same questions: identity questions first, languages in turn.
  func examples(_ greedy: [[SampledAnswer]], names: [String], limit: Int) -> [EvaluationResult.Example] {
    let identity = Set(identityPairs.keys)
    let own = prompts.indices.filter { identity.contains(prompts[$0].hash) }
    let others = prompts.indices.filter { !identity.contains(prompts[$0].hash) }
    let chosen = inTurn(own).prefix(limit / 2) + inTurn(others)
    return chosen.prefix(limit).map { index in
      EvaluationResult.Example(
        prompt: prompts[index].messages.last?.content ?? "",
        answers: zip(names, greedy).map { EvaluationResult.Example.Answer(model: $0, text: text($1[index])) })
    }
  }

  private func inTurn(_ indices: [Int]) -> [Int] {
    let byLanguage = Dictionary(grouping: indices) { prompts[$0].language ?? "" }
    let lists = byLanguage.keys.sorted().map { byLanguage[$0] ?? [] }
    let longest = lists.map(\.count).max() ?? 0
    return (0..<longest).flatMap { place in lists.compactMap { place < $0.count ? $0[place] : nil } }
  }

  private func text(_ answer: SampledAnswer) -> String {
    tokenizer.decode(answer.generation.tokens, skippingSpecial: true)
  }

  /// Held-out identity pairs by the hash of their question.
  private var identityPairs: [String: Pair] {
    let found = pairs.filter { $0.origin == .templateIdentity }.map { (Array($0.messages.dropLast()).contentHash, $0) }
    return Dictionary(found, uniquingKeysWith: { first, _ in first })
  }

  /// An identity answer is right when it says every one of the names that the expected answer says.
  private func countIdentity(_ greedy: [SampledAnswer], _ sheet: inout ModelSheet) {
    let expected = identityPairs
    for (prompt, answer) in zip(prompts, greedy) {
      guard let model = expected[prompt.hash]?.messages.last?.content else { continue }
      let wanted = names.filter { model.contains($0) }
      guard !wanted.isEmpty else { continue }
      sheet.identityAsked += 1
      let said = text(answer)
      if wanted.allSatisfy({ said.contains($0) }) { sheet.identityRight += 1 }
    }
  }
}
