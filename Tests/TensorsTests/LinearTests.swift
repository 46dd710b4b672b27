import Tensors
import Testing

@Suite struct LinearTests {
  let linear = Linear(
    name: "layer", weight: Parameter(name: "layer.weight", value: randomTensor([7, 5], seed: 1)),
    bias: Parameter(name: "layer.bias", value: randomTensor([7], seed: 2)))
  let delta = LowRankDelta(
    a: Parameter(name: "a", value: randomTensor([3, 5], seed: 3)),
    b: Parameter(name: "b", value: randomTensor([7, 3], seed: 4)), scale: 0.5)
  let x = randomTensor([9, 5], seed: 5)
  let workspace = Workspace(capacity: 16 << 20)

  func forward() -> (y: Tensor, low: Tensor) {
    let y = Tensor.zeros([9, 7])
    let low = Tensor.zeros([9, 3])
    linear.forward(y, x: x, delta: delta, low: low)
    return (y, low)
  }

  @Test func gradientsOfEveryPartMatchFiniteDifferences() {
    for parameter in [linear.weight, linear.bias!, delta.a, delta.b] { parameter.isTrainable = true }
    let weights = randomTensor([9, 7], seed: 6)
    let dx = Tensor.zeros(x.shape)
    linear.backward(
      dx: dx, dy: weights, x: x, delta: delta, low: forward().low, accumulate: false, workspace: workspace)
    let loss = { weightedSum(forward().y, weights) }
    expectGradient(dx, of: x, "dx", loss: loss)
    expectGradient(linear.weight.gradient, of: linear.weight.value, "dW", loss: loss)
    expectGradient(linear.bias!.gradient, of: linear.bias!.value, "dbias", loss: loss)
    expectGradient(delta.a.gradient, of: delta.a.value, "dA", loss: loss)
    expectGradient(delta.b.gradient, of: delta.b.value, "dB", loss: loss)
  }

  @Test func frozenPartsGetNoGradient() {
    let dx = Tensor.zeros(x.shape)
    linear.backward(
      dx: dx, dy: randomTensor([9, 7], seed: 6), x: x, delta: delta, low: forward().low, accumulate: false,
      workspace: workspace)
    #expect(linear.weight.gradient.toArray().allSatisfy { $0 == 0 })
    #expect(delta.a.gradient.toArray().allSatisfy { $0 == 0 })
    #expect(dx.toArray().contains { $0 != 0 })
  }

  @Test func streamedRowsEqualPackedProductsAndDoNotDependOnTheBatch() {
    let packed = forward().y
    let streamed = Tensor.zeros([9, 7])
    linear.stream(streamed, x: x, delta: delta, low: Tensor.zeros([9, 3]))
    for index in 0..<packed.count { #expect(abs(packed.data[index] - streamed.data[index]) < 1e-5) }
    for row in 0..<9 {
      let one = Tensor.zeros([1, 7])
      linear.stream(
        one, x: Tensor(shape: [1, 5], data: x.row(row), owner: x), delta: delta, low: Tensor.zeros([1, 3]))
      #expect(one.toArray() == (0..<7).map { streamed.row(row)[$0] })
    }
  }
}
