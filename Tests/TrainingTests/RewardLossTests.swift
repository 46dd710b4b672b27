import Foundation
import Testing
import Training

@Suite struct RewardLossTests {
  @Test(arguments: [(1.2, -0.4, 0.0), (-2.0, 3.0, 0.5), (0.1, 0.1, 1.0)])
  func gradientAgreesWithDifferences(chosen: Double, rejected: Double, margin: Double) {
    let loss = RewardLoss(centering: 0.03)
    let result = loss(chosen: chosen, rejected: rejected, margin: margin)
    let byChosen = derivative(at: chosen) { loss(chosen: $0, rejected: rejected, margin: margin).value }
    let byRejected = derivative(at: rejected) { loss(chosen: chosen, rejected: $0, margin: margin).value }
    #expect(isClose(result.chosenGradient, byChosen, 1e-8))
    #expect(isClose(result.rejectedGradient, byRejected, 1e-8))
  }

  @Test func equalScoresCostLogTwo() {
    #expect(isClose(RewardLoss(centering: 0)(chosen: 3, rejected: 3).value, log(2), 1e-12))
  }
}
