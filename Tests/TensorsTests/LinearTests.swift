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

  func forward() -> (y: Tensor, applied: AppliedLinear) {
    let y = Tensor.zeros([9, 7])
    let applied = AppliedLinear(linear, delta: delta, rows: 9, workspace: workspace)
    LinearGroup.forward([applied], to: [y], x: x, workspace: workspace)
    return (y, applied)
  }

  func backward(dx: Tensor, dy: Tensor) {
    LinearGroup.backward(
      [forward().applied], dys: [dy], dx: dx, x: x, accumulate: false, workspace: workspace)
  }

  @Test func gradientsOfEveryPartMatchFiniteDifferences() {
    let weight = linear.weight.parameter!
    for parameter in [weight, linear.bias!, delta.a, delta.b] { parameter.isTrainable = true }
    let weights = randomTensor([9, 7], seed: 6)
    let dx = Tensor.zeros(x.shape)
    backward(dx: dx, dy: weights)
    let loss = { weightedSum(forward().y, weights) }
    expectGradient(dx, of: x, "dx", loss: loss)
    expectGradient(weight.gradient, of: weight.value, "dW", loss: loss)
    expectGradient(linear.bias!.gradient, of: linear.bias!.value, "dbias", loss: loss)
    expectGradient(delta.a.gradient, of: delta.a.value, "dA", loss: loss)
    expectGradient(delta.b.gradient, of: delta.b.value, "dB", loss: loss)
  }

  @Test func frozenPartsGetNoGradient() {
    let dx = Tensor.zeros(x.shape)
    backward(dx: dx, dy: randomTensor([9, 7], seed: 6))
    #expect(linear.weight.parameter!.gradient.toArray().allSatisfy { $0 == 0 })
    #expect(delta.a.gradient.toArray().allSatisfy { $0 == 0 })
    #expect(dx.toArray().contains { $0 != 0 })
  }

  @Test func streamedRowsEqualPackedProductsAndDoNotDependOnTheBatch() {
    let packed = forward().y
    let streamed = stream(x)
    for index in 0..<packed.count { #expect(abs(packed.data[index] - streamed.data[index]) < 1e-5) }
    for row in 0..<9 {
      let one = stream(Tensor(shape: [1, 5], data: x.row(row), owner: x))
      #expect(one.toArray() == (0..<7).map { streamed.row(row)[$0] })
    }
  }

  private func stream(_ x: Tensor) -> Tensor {
    let y = Tensor.zeros([x.rows, 7])
    LinearGroup.stream(
      [AppliedLinear(linear, delta: delta, rows: x.rows, workspace: workspace)], to: [y], x: x,
      workspace: workspace)
    return y
  }

  @Test func layersOfAGroupGiveWhatTheyGiveAlone() {
    let layers = [(out: 40, rank: 4), (24, 0), (70, 9)].enumerated().map { index, shape in
      let linear = Linear(
        name: "\(index)", weight: Parameter(name: "w", value: randomTensor([shape.out, 50], seed: UInt64(10 + index))))
      let delta =
        shape.rank == 0
        ? nil
        : LowRankDelta(
          a: Parameter(name: "a", value: randomTensor([shape.rank, 50], seed: UInt64(20 + index))),
          b: Parameter(name: "b", value: randomTensor([shape.out, shape.rank], seed: UInt64(30 + index))), scale: 2)
      for parameter in [delta?.a, delta?.b, index == 1 ? linear.weight.parameter : nil] {
        parameter?.isTrainable = true
      }
      return (linear, delta)
    }
    let x = randomTensor([130, 50], seed: 40)
    let dys = layers.map { randomTensor([130, $0.0.outputs], seed: 41) }
    func run(_ chosen: [Int]) -> (ys: [[Float]], dx: [Float], gradients: [[Float]]) {
      for (linear, delta) in layers {
        for parameter in [linear.weight.parameter, delta?.a, delta?.b] { parameter?.zeroGradient() }
      }
      let applied = chosen.map {
        AppliedLinear(layers[$0].0, delta: layers[$0].1, rows: 130, workspace: workspace)
      }
      let ys = chosen.map { Tensor.zeros([130, layers[$0].0.outputs]) }
      let dx = Tensor.zeros(x.shape)
      LinearGroup.forward(applied, to: ys, x: x, workspace: workspace)
      LinearGroup.backward(
        applied, dys: chosen.map { dys[$0] }, dx: dx, x: x, accumulate: false, workspace: workspace)
      let gradients = chosen.flatMap { index in
        [layers[index].1?.a, layers[index].1?.b, layers[index].0.weight.parameter].compactMap { $0?.gradient.toArray() }
      }
      return (ys.map { $0.toArray() }, dx.toArray(), gradients)
    }
    let together = run([0, 1, 2])
    let alone = (0..<3).map { run([$0]) }
    #expect(together.ys == alone.flatMap(\.ys))
    #expect(together.gradients == alone.flatMap(\.gradients))
    for index in together.dx.indices {
      #expect(abs(together.dx[index] - alone.reduce(0) { $0 + $1.dx[index] }) < 1e-4)
    }
  }
}
