import Foundation
import Tensors
import Testing

@Suite struct VocabularyHeadTests {
  // More columns than one slice and more rows than one block, so that slices meet.
  let weight = Parameter(name: "head", value: randomTensor([4500, 4], scale: 0.5, seed: 1))
  let x = randomTensor([200, 4], seed: 2)
  let targets = (0..<200).map { Int32($0 * 16 % 4500) }
  let workspace = Workspace(capacity: 64 << 20)
  var head: VocabularyHead { VocabularyHead(weight: .dense(weight), workspace: workspace) }

  func reference(_ row: Int) -> (logProbability: Double, entropy: Double) {
    let logits = (0..<4500).map { token in
      (0..<4).reduce(0.0) { $0 + Double(x.row(row)[$1]) * Double(weight.value.row(token)[$1]) }
    }
    let lse = log(logits.reduce(0) { $0 + exp($1) })
    return (
      logits[Int(targets[row])] - lse, logits.reduce(0) { $0 - exp($1 - lse) * ($1 - lse) }
    )
  }

  @Test func valuesAndEntropiesEqualTheDefinition() {
    let result = head.forward(x: x, targets: targets, entropies: true)
    for row in stride(from: 0, to: 200, by: 13) {
      let expected = reference(row)
      #expect(abs(Double(result.values[row]) - expected.logProbability) < 1e-5)
      #expect(abs(Double(result.entropies[row]) - expected.entropy) < 1e-4)
    }
  }

  @Test func fusedAndTwoPassGradientsAgreeAndMatchFiniteDifferences() {
    weight.isTrainable = true
    let gradient = randomTensor([200], seed: 3).toArray()
    let (fused, twice) = (Tensor.zeros(x.shape), Tensor.zeros(x.shape))
    let result = head.forwardBackward(x: x, targets: targets, gradient: gradient, dx: fused)
    let fusedWeight = weight.gradient.toArray()
    weight.zeroGradient()
    head.backward(x: x, targets: targets, result: result, gradient: gradient, dx: twice)
    #expect(fused.toArray() == twice.toArray())
    #expect(fusedWeight == weight.gradient.toArray())
    weight.zeroGradient()
    let logits = Tensor.zeros([x.rows, weight.value.rows])
    let kept = head.forward(x: x, targets: targets, keeping: logits)
    head.backward(x: x, targets: targets, result: kept, gradient: gradient, dx: twice, logits: logits)
    #expect(fused.toArray() == twice.toArray())
    #expect(fusedWeight == weight.gradient.toArray())

    let smallWeight = Parameter(name: "small", value: randomTensor([11, 4], seed: 4))
    let small = VocabularyHead(weight: .dense(smallWeight), workspace: workspace)
    smallWeight.isTrainable = true
    let few = randomTensor([3, 4], seed: 5)
    let chosen: [Int32] = [0, 10, 5]
    let weights: [Float] = [1, -2, 0.5]
    let dx = Tensor.zeros(few.shape)
    _ = small.forwardBackward(x: few, targets: chosen, gradient: weights, dx: dx)
    let loss = {
      zip(small.forward(x: few, targets: chosen).values, weights).reduce(0.0) { $0 + Double($1.0 * $1.1) }
    }
    expectGradient(dx, of: few, "dx", loss: loss)
    expectGradient(smallWeight.gradient, of: smallWeight.value, "dW", loss: loss)
  }
}
