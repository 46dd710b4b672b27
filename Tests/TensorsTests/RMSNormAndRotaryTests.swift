import Tensors
import Testing

@Suite struct RMSNormAndRotaryTests {
  let workspace = Workspace(capacity: 16 << 20)

  @Test func normGradientsMatchFiniteDifferences() {
    let x = randomTensor([70, 6], seed: 1)
    let weight = Parameter(name: "norm", value: randomTensor([6], seed: 2))
    weight.isTrainable = true
    let rstd = Tensor.zeros([70])
    func forward() -> Tensor {
      let y = Tensor.zeros(x.shape)
      RMSNorm.forward(y, rstd: rstd, x: x, weight: weight.value, epsilon: 1e-5)
      return y
    }
    _ = forward()
    let weights = randomTensor([70, 6], seed: 3)
    let dx = Tensor.zeros(x.shape)
    RMSNorm.backward(dx: dx, dy: weights, x: x, weight: weight, rstd: rstd, workspace: workspace)
    let loss = { weightedSum(forward(), weights) }
    expectGradient(dx, of: x, step: 3e-3, tolerance: 1e-2, "dx", loss: loss)
    expectGradient(weight.gradient, of: weight.value, "dweight", loss: loss)
  }

  @Test func rotationKeepsLengthsAndTurnsBack() {
    let table = RotaryTable(headSize: 8, theta: 10000, positions: 64)
    let x = randomTensor([5, 16], seed: 4)
    let original = x.toArray()
    let positions: [Int32] = [0, 1, 7, 33, 63]
    table.rotate(x, positions: positions, heads: 2)
    #expect(Array(x.toArray().prefix(16)) == Array(original.prefix(16)), "position 0 is not turned")
    #expect(x.toArray() != original)
    for row in 0..<5 {
      let before = original[row * 16..<row * 16 + 8].reduce(0) { $0 + $1 * $1 }
      let after = (0..<8).reduce(Float(0)) { $0 + x.row(row)[$1] * x.row(row)[$1] }
      #expect(abs(before - after) < 1e-4)
    }
    table.rotate(x, positions: positions, heads: 2, inverse: true)
    for (a, b) in zip(x.toArray(), original) { #expect(abs(a - b) < 1e-5) }
  }

  @Test func permutationsAreKeyedAndComplete() {
    let order = CounterGenerator.permutation(count: 100, seed: 1, epoch: 0)
    #expect(order.sorted() == Array(0..<100))
    #expect(order == CounterGenerator.permutation(count: 100, seed: 1, epoch: 0))
    #expect(order != CounterGenerator.permutation(count: 100, seed: 1, epoch: 1))
    #expect(order != CounterGenerator.permutation(count: 100, seed: 2, epoch: 0))
  }
}
