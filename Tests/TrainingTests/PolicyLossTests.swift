import Foundation
import Testing
import Training

@Suite struct PolicyLossTests {
  private struct Expected: Decodable {
    struct Input: Decodable {
      var last: [Int]
      var scores: [Double]
      var klCoef: Double
      var logprobs: [[Double]]
      var refLogprobs: [[Double]]
      var values: [[Double]]
      var clip: Double
      var valueClip: Double
      var vfCoef: Double
    }
    struct Loss: Decodable {
      var newLogprobs: [[Double]]
      var newValues: [[Double]]
      var advantages: [[Double]]
      var returns: [[Double]]
      var policyLoss: Double
      var valueLoss: Double
      var gradLogprobs: [[Double]]
      var gradValues: [[Double]]
      var policyClipFraction: Double
      var valueClipFraction: Double
    }
    struct Estimate: Decodable {
      var gamma: Double
      var lambda: Double
      var advantages: [[Double]]
      var returns: [[Double]]
      var advantagesWhitened: [[Double]]
    }
    var input: Input
    var mask: [[Int]]
    var maskValue: [[Int]]
    var kl: [String: [[Double]]]
    var rewards: [String: [[Double]]]
    var rewardsWhitened: [String: [[Double]]]
    var gae: [Estimate]
    var loss: Loss

    func kept(_ rows: [[Double]], _ mask: [[Int]]) -> [Double] {
      zip(rows.joined(), mask.joined()).filter { $0.1 == 1 }.map(\.0)
    }
  }

  private let expected: Expected
  init() throws { expected = try Fixture.decode(Expected.self, "ppo_functions.json") }

  @Test(arguments: [KLEstimator.k1, .k3]) func divergenceIsThatOfTRL(estimator: KLEstimator) throws {
    let ours = zip(expected.input.logprobs.joined(), expected.input.refLogprobs.joined()).map {
      estimator(policy: $0, reference: $1)
    }
    expectClose(ours, Array(try #require(expected.kl[estimator.rawValue]).joined()), 1e-5)
  }

  @Test func advantagesAreThoseOfTRL() throws {
    #expect(!expected.gae.isEmpty)
    let rewards = try #require(expected.rewards["k1"])
    for wanted in expected.gae {
      let ours = zip(rewards, expected.input.values).map {
        Advantages(rewards: $0, values: $1, gamma: wanted.gamma, lambda: wanted.lambda)
      }
      expectClose(ours.flatMap(\.advantages), Array(wanted.advantages.joined()), 1e-5)
      expectClose(ours.flatMap(\.returns), Array(wanted.returns.joined()), 1e-5)
      let mask = expected.mask.joined().map { $0 == 1 }
      let whitened = Whitening.whiten(ours.flatMap(\.advantages), mask: mask)
      expectClose(whitened, Array(wanted.advantagesWhitened.joined()), 1e-4)
    }
  }

  @Test(arguments: [KLEstimator.k1, .k3]) func rolloutsAreEstimatedAsByTRL(estimator: KLEstimator) throws {
    let input = expected.input
    let length = input.values[0].count
    for wanted in expected.gae {
      let options = PolicyOptimizationOptions(gamma: wanted.gamma, lambda: wanted.lambda, klEstimator: estimator)
      let estimation = AdvantageEstimation(options: options, klCoefficient: input.klCoef)
      var rollouts = input.last.indices.map { index in
        let count = input.last[index] + 1
        var rollout = Rollout(
          prompt: index, answer: [Int32](repeating: 5, count: count), endedByStop: true,
          logProbabilities: Array(input.logprobs[index].prefix(count)), maximumTokens: length)
        rollout.referenceLogProbabilities = Array(input.refLogprobs[index].prefix(count))
        rollout.values = Array(input.values[index].prefix(min(length, count + 1)))
        rollout.score = input.scores[index]
        return rollout
      }
      let rewards = try #require(expected.rewards[estimator.rawValue])
      expectClose(rollouts.flatMap { estimation.rewards($0) }, expected.kept(rewards, expected.maskValue), 1e-6)
      guard estimator == .k1 else { continue }
      estimation.fill(&rollouts)
      expectClose(rollouts.flatMap(\.advantages), expected.kept(wanted.advantagesWhitened, expected.mask), 1e-4)
      expectClose(rollouts.flatMap(\.returns), expected.kept(wanted.returns, expected.maskValue), 1e-5)
    }
  }

  @Test func whiteningRewardsKeepsTheirMean() throws {
    let mask = expected.maskValue.joined().map { $0 == 1 }
    for (name, rewards) in expected.rewards {
      let ours = Whitening.whiten(Array(rewards.joined()), mask: mask, keepsMean: true)
      expectClose(ours, Array(try #require(expected.rewardsWhitened[name]).joined()), 1e-4, "\(name)")
    }
  }

  @Test func lossesAreThoseOfTRL() {
    let loss = expected.loss
    let new = expected.kept(loss.newLogprobs, expected.mask)
    let policy = PolicyLoss(clip: expected.input.clip)(
      new: new, old: expected.kept(expected.input.logprobs, expected.mask),
      advantages: expected.kept(loss.advantages, expected.mask), weight: LossAveraging.perToken(targets: new.count))
    #expect(isClose(policy.loss, loss.policyLoss, 1e-5))
    expectClose(policy.gradient, expected.kept(loss.gradLogprobs, expected.mask), 1e-5)
    #expect(isClose(Double(policy.clipped) / Double(new.count), loss.policyClipFraction, 1e-6))
    let values = expected.kept(loss.newValues, expected.maskValue)
    let value = ValueLoss(clip: expected.input.valueClip)(
      new: values, old: expected.kept(expected.input.values, expected.maskValue),
      returns: expected.kept(loss.returns, expected.maskValue),
      weight: LossAveraging.perToken(targets: values.count))
    #expect(isClose(value.loss, loss.valueLoss, 1e-5))
    expectClose(
      value.gradient.map { $0 * expected.input.vfCoef }, expected.kept(loss.gradValues, expected.maskValue), 1e-5)
    #expect(isClose(Double(value.clipped) / Double(values.count), loss.valueClipFraction, 1e-6))
  }

  @Test(arguments: [nil, 1.5]) func policyGradientAgreesWithDifferences(dualClip: Double?) {
    let loss = PolicyLoss(clip: 0.2, dualClip: dualClip)
    let (new, old, advantages) = (
      [-1.0, -2.1, -0.4, -3.0, -1.0], [-1.1, -1.5, -0.9, -3.05, -3.0], [1.0, -0.7, 0.9, -2.0, -1]
    )
    let result = loss(new: new, old: old, advantages: advantages, weight: 0.25)
    for index in new.indices {
      let slope = derivative(at: new[index]) { x in
        var moved = new
        moved[index] = x
        return loss(new: moved, old: old, advantages: advantages, weight: 0.25).loss
      }
      #expect(isClose(result.gradient[index], slope, 1e-6))
    }
  }

  @Test func valueGradientAgreesWithDifferences() {
    let loss = ValueLoss(clip: 0.2)
    let (new, old, returns) = ([0.5, -1.0, 2.0, 0.1], [0.45, 0.0, 1.0, 0.0], [1.0, 0.5, 3.0, -4.0])
    let result = loss(new: new, old: old, returns: returns, weight: 0.25)
    for index in new.indices {
      let slope = derivative(at: new[index]) { x in
        var moved = new
        moved[index] = x
        return loss(new: moved, old: old, returns: returns, weight: 0.25).loss
      }
      #expect(isClose(result.gradient[index], slope, 1e-6))
    }
  }

  @Test func estimatorsAgreeOnSmallSteps() {
    let (policy, reference) = (-1.2, -1.25)
    #expect(isClose(KLEstimator.k1(policy: policy, reference: reference), 0.05, 1e-12))
    #expect(isClose(KLEstimator.k2(policy: policy, reference: reference), 0.00125, 1e-12))
    #expect(abs(KLEstimator.k3(policy: policy, reference: reference) - 0.00125) < 1e-4)
  }

  @Test func coefficientFollowsTheTarget() {
    let adaptive = AdaptiveKLOptions(target: 6, horizon: 1000)
    #expect(adaptive.updated(0.2, divergence: 12, episodes: 100) == 0.2 * (1 + 0.2 * 0.1))
    #expect(adaptive.updated(0.2, divergence: 0, episodes: 100) == 0.2 * (1 - 0.2 * 0.1))
    #expect(adaptive.updated(0.2, divergence: 6, episodes: 100) == 0.2)
  }
}
