import Dispatch

/// Work on all cores with results in the order of the input, whatever finishes first.
enum Parallel {
  static func map<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ transform: @Sendable (Input) -> Output
  ) -> [Output] {
    if inputs.count <= 1 { return inputs.map(transform) }
    var results = [Output?](repeating: nil, count: inputs.count)
    results.withUnsafeMutableBufferPointer { slots in
      // Each iteration writes to its own slot only.
      nonisolated(unsafe) let slots = slots
      DispatchQueue.concurrentPerform(iterations: inputs.count) { index in
        slots[index] = transform(inputs[index])
      }
    }
    return results.map { $0! }
  }
}
