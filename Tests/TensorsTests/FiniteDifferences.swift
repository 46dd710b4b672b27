import Tensors
import Testing

/// Compares an analytic gradient with central differences of a scalar function of one tensor.
///
/// - Parameters:
///   - tensor: changed in place, element by element, and put back.
///   - loss: the scalar, computed anew from the tensor's current values.
func expectGradient(
  _ gradient: Tensor, of tensor: Tensor, step: Float = 1e-2, tolerance: Float = 2e-3, _ label: String,
  sourceLocation: SourceLocation = #_sourceLocation, loss: () -> Double
) {
  let scale = max(1e-3, gradient.toArray().map(abs).max() ?? 0)
  for index in 0..<tensor.count {
    let original = tensor.data[index]
    tensor.data[index] = original + step
    let above = loss()
    tensor.data[index] = original - step
    let below = loss()
    tensor.data[index] = original
    let numeric = Float((above - below) / Double(2 * step))
    let difference = abs(numeric - gradient.data[index])
    #expect(
      difference <= tolerance * scale, "\(label)[\(index)]: analytic \(gradient.data[index]), numeric \(numeric)",
      sourceLocation: sourceLocation)
  }
}

/// Seeded values in ±scale.
func randomTensor(_ shape: [Int], scale: Float = 1, seed: UInt64) -> Tensor {
  var generator = CounterGenerator(seed: seed, purpose: "test")
  return Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { _ in generator.nextNormal() * scale })
}

func weightedSum(_ tensor: Tensor, _ weights: Tensor) -> Double {
  (0..<tensor.count).reduce(0) { $0 + Double(tensor.data[$1]) * Double(weights.data[$1]) }
}
