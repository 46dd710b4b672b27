import Testing
import Training

@Suite struct PreferenceLossTests {
  private struct Expected: Decodable {
    struct Loss: Decodable {
      var mean: Double
      var values: [Double]?
      var gradChosen: [Double]
      var gradRejected: [Double]
    }
    var beta: Double
    var labelSmoothing: Double
    var policyChosen: [Double]
    var policyRejected: [Double]
    var referenceChosen: [Double]
    var referenceRejected: [Double]
    var chosenLengths: [Int]
    var rejectedLengths: [Int]
    var losses: [String: Loss]

    var pairs: [PairLogProbabilities] {
      policyChosen.indices.map {
        PairLogProbabilities(
          policyChosen: policyChosen[$0], policyRejected: policyRejected[$0], referenceChosen: referenceChosen[$0],
          referenceRejected: referenceRejected[$0], chosenLength: chosenLengths[$0],
          rejectedLength: rejectedLengths[$0])
      }
    }
  }

  /// The fixture's names: a loss, `loss+divergence`, or `sigmoid_smoothed`.
  private func loss(named name: String, _ expected: Expected) throws -> PreferenceLoss {
    let parts = name.split(separator: "+").map(String.init)
    let isSmoothed = name == "sigmoid_smoothed"
    let kind = try #require(PreferenceLossKind(rawValue: isSmoothed ? "sigmoid" : parts[0]), "\(name)")
    let divergence = parts.count > 1 ? try #require(FDivergence(rawValue: parts[1])) : .reverseKL
    // TRL's "sigmoid" leaves label smoothing out.
    let smoothing = kind == .sigmoid && !isSmoothed ? 0 : expected.labelSmoothing
    return PreferenceLoss(
      losses: [WeightedLoss(kind)], beta: expected.beta, labelSmoothing: smoothing, divergence: divergence)
  }

  @Test func valuesAndGradientsAreThoseOfTRL() throws {
    let expected = try Fixture.decode(Expected.self, "dpo_losses.json")
    let count = Double(expected.pairs.count)
    #expect(expected.losses.count >= 18)
    for (name, wanted) in expected.losses {
      let result = try loss(named: name, expected)(expected.pairs)
      if let values = wanted.values { expectClose(result.values, values, 1e-4, "\(name)") }
      #expect(isClose(result.values.reduce(0, +) / count, wanted.mean, 1e-4), "\(name)")
      expectClose(result.chosenGradients.map { $0 / count }, wanted.gradChosen, 1e-4, "\(name) chosen")
      expectClose(result.rejectedGradients.map { $0 / count }, wanted.gradRejected, 1e-4, "\(name) rejected")
    }
  }

  private static let pairs = [
    PairLogProbabilities(
      policyChosen: -5, policyRejected: -6.5, referenceChosen: -5.4, referenceRejected: -6, chosenLength: 3,
      rejectedLength: 5),
    PairLogProbabilities(
      policyChosen: -9, policyRejected: -4.2, referenceChosen: -8.1, referenceRejected: -4.9, chosenLength: 7,
      rejectedLength: 2),
    PairLogProbabilities(
      policyChosen: -3, policyRejected: -3.7, referenceChosen: -3.2, referenceRejected: -3.1, chosenLength: 2,
      rejectedLength: 4),
  ]

  @Test(arguments: PreferenceLossKind.allCases, FDivergence.allCases)
  func gradientsAgreeWithDifferences(kind: PreferenceLossKind, divergence: FDivergence) {
    let loss = PreferenceLoss(
      losses: [WeightedLoss(kind, weight: 0.7), WeightedLoss(.hinge, weight: 0.3)], beta: 0.3, labelSmoothing: 0.1,
      divergence: divergence)
    let result = loss(Self.pairs)
    for index in Self.pairs.indices {
      func sum(_ change: (inout PairLogProbabilities) -> Void) -> Double {
        var pairs = Self.pairs
        change(&pairs[index])
        return loss(pairs).values.reduce(0, +)
      }
      let chosen = derivative(at: Self.pairs[index].policyChosen) { x in sum { $0.policyChosen = x } }
      let rejected = derivative(at: Self.pairs[index].policyRejected) { x in sum { $0.policyRejected = x } }
      #expect(isClose(result.chosenGradients[index], chosen, 1e-6))
      #expect(isClose(result.rejectedGradients[index], rejected, 1e-6))
    }
  }

  @Test func farMarginsStayFinite() {
    let far = PairLogProbabilities(
      policyChosen: -4000, policyRejected: -1, referenceChosen: -1, referenceRejected: -4000)
    for kind in PreferenceLossKind.allCases where kind != .discopop {
      let result = PreferenceLoss(losses: [WeightedLoss(kind)], beta: 1, labelSmoothing: 0.1)([far])
      #expect(result.values[0].isFinite && result.chosenGradients[0].isFinite, "\(kind)")
    }
  }

  @Test func partsOfAStepMakeTheWholeStep() {
    let loss = PreferenceLoss(losses: [WeightedLoss(.sigmoid), WeightedLoss(.sft, weight: 0.5)])
    let whole = loss(Self.pairs)
    let parts = [0..<1, 1..<3].map { loss(Array(Self.pairs[$0]), chosenTokensPerPair: 4) }
    expectClose(parts.flatMap(\.values), whole.values, 1e-12)
    expectClose(parts.flatMap(\.chosenGradients), whole.chosenGradients, 1e-12)
  }
}
