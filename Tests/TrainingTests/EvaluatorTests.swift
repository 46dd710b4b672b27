import Foundation
import Models
import Tensors
import Testing
import Training

@Suite struct EvaluatorTests {
  private let pairs = PreferenceRow.small(count: 5)

  /// Answers in memory, and how often they were asked for.
  private final class Cache: ReferenceCache {
    var kept: [String: [Float]] = [:]
    var computed = 0
    func values(for keys: [String]) -> [String: [Float]] { kept.filter { keys.contains($0.key) } }
    func keep(_ values: [String: [Float]]) {
      computed += values.count
      kept.merge(values) { $1 }
    }
  }

  @Test func perplexityIsTheTokenMean() throws {
    let role = Role(try Fixture.model())
    let rows = pairs.map { TrainingRow(id: $0.id, document: $0.prompt + $0.chosen) }
    let whole = try Evaluator(microbatchTokens: 1000).perplexity(of: role, rows: rows)
    let cut = try Evaluator(microbatchTokens: 8).perplexity(of: role, rows: rows)
    #expect(whole.tokens == 5 * 6 && whole.rows == 5 && isClose(whole.loss, cut.loss, 1e-6))
    #expect(isClose(whole.perplexity, exp(whole.loss), 1e-12))
  }

  @Test func aSharedPromptGivesWhatSeparateRowsGive() throws {
    let role = try Fixture.role(adapter: "adapter")
    let cache = Cache()
    _ = try Evaluator().preferenceAccuracy(policy: role, reference: role, rows: pairs, cache: cache)
    let sum = cache.kept.values.joined().reduce(0) { $0 + Double($1) }
    var separate = 0.0
    for pair in pairs {
      for answer in [pair.chosen, pair.rejected] {
        let row = TrainingRow(id: pair.id, prompt: pair.prompt, answer: answer)
        let measured = try Evaluator().perplexity(of: role, rows: [row])
        separate -= measured.loss * Double(measured.tokens)
      }
    }
    #expect(isClose(sum, separate, 1e-5))
  }

  @Test func referencesAreComputedOnce() throws {
    let role = try Fixture.role(adapter: "dpo-start")
    let cache = Cache()
    for _ in 0..<2 {
      let accuracy = try Evaluator().preferenceAccuracy(
        policy: role, reference: Role(role.model), rows: pairs, cache: cache)
      // The adapter changes nothing yet, so policy and reference agree.
      #expect(abs(accuracy.margin) < 1e-4 && accuracy.pairs == 5)
    }
    #expect(cache.computed == 10)
  }

  /// A run that is stopped while references are computed goes on with the same bits.
  @Test func aHalfFilledCacheChangesNothing() throws {
    let role = try Fixture.role(adapter: "adapter")
    func fill(_ cache: Cache) throws -> [String: [Float]] {
      _ = try Evaluator(microbatchTokens: 24).preferenceAccuracy(
        policy: role, reference: role, rows: pairs, cache: cache)
      return cache.kept
    }
    let whole = try fill(Cache())
    let half = Cache()
    half.kept = Dictionary(uniqueKeysWithValues: whole.sorted { $0.key < $1.key }.prefix(3).map { ($0.key, $0.value) })
    #expect(try fill(half) == whole)
  }

  @Test func trainingRaisesPreferenceAccuracy() throws {
    let role = try Fixture.role(adapter: "dpo-start")
    let options = PreferenceOptions(
      optimizer: OptimizerOptions(learningRate: 0.01), loop: LoopOptions(epochs: 5, batchSize: 5), beta: 0.5)
    _ = try PreferenceTrainer(policy: role, reference: Role(role.model), rows: pairs, options: options).train()
    let after = try Evaluator().preferenceAccuracy(policy: role, reference: Role(role.model), rows: pairs)
    #expect(after.accuracy == 1 && after.margin > 0.1)
  }

  @Test func winRatesCountTiesHalf() throws {
    let prompt = PromptRow(id: "p", tokens: [1])
    func answers(_ lengths: [Int]) -> [SampledAnswer] {
      lengths.map { length in
        var generation = Generation()
        generation.sampled = [Int32](repeating: 5, count: length)
        return SampledAnswer(prompt: prompt, generation: generation)
      }
    }
    let rate = Evaluator().winRate(of: answers([3, 2, 1, 4]), against: answers([1, 2, 3, 1])) { Double($1.count) }
    #expect(rate.wins == 2 && rate.ties == 1 && rate.losses == 1 && rate.rate == 0.625)
    let reward = Evaluator().reward(of: answers([1, 3])) { Double($1.count) }
    #expect(reward.mean == 2 && isClose(reward.standardError, 1, 1e-12))
  }

  @Test func samplesOfTheReferenceDoNotDiverge() throws {
    let role = try Fixture.role(adapter: "adapter")
    let evaluator = Evaluator()
    let prompts = pairs.map { PromptRow(id: $0.id, tokens: $0.prompt) }
    let sampling = SamplingOptions(maximumNewTokens: 6, temperature: 0.8, stopTokens: [2], seed: 4)
    let samples = try evaluator.sample(role, prompts: prompts, options: sampling, samplesPerPrompt: 3)
    #expect(samples.count == 15 && samples[3].prompt.id == "pair1")
    let none = try evaluator.divergence(policy: role, reference: role, samples: samples, temperature: 0.8)
    #expect(none.perSequence.mean == 0)
    let some = try evaluator.divergence(policy: role, reference: Role(role.model), samples: samples, temperature: 0.8)
    #expect(some.perSequence.mean > 0 && some.perToken > 0 && some.perSequence.count == 15)
    // What the sampler kept is what the trainer's pass computes.
    let kept = samples.reduce(0.0) { $0 + $1.generation.logProbabilities.reduce(0) { $0 + Double($1) } }
    #expect(kept.isFinite && kept < 0)
  }

  @Test func aRewardModelJudgesTheLastToken() throws {
    let role = try Fixture.role(adapter: "reward-start")
    let judge = Evaluator().judge(rewardModel: role)
    let pair = pairs[0]
    let prompt = PromptRow(id: pair.id, tokens: pair.prompt)
    let margin = judge(prompt, pair.chosen) - judge(prompt, pair.rejected)
    let accuracy = try Evaluator().preferenceAccuracy(ofRewardModel: role, rows: [pair])
    #expect(isClose(accuracy.margin, margin, 1e-5) && accuracy.accuracy == (margin > 0 ? 1 : 0))
  }
}
