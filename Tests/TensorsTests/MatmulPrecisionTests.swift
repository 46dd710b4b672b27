import Foundation
import Tensors
import Testing

/// Layers and the output matrix over integer products, against the same over f32.
@Suite struct MatmulPrecisionTests {
  private static let (rows, inputs, outputs) = (150, 224, 130)
  private let x = randomTensor([rows, inputs], seed: 1)
  private let dy = randomTensor([rows, outputs], seed: 2)
  private static let formats: [WeightFormat] = [.f32, .bf16, .int8]

  struct Kind: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var rank = 0
    var magnitude = false
    var start = false
    var dropout: Float = 0
    var trainsWeight = false
  }

  static let kinds = [
    Kind(testDescription: "frozen"), Kind(testDescription: "full", trainsWeight: true),
    Kind(testDescription: "LoRA", rank: 4), Kind(testDescription: "LoRA, dropout", rank: 4, dropout: 0.3),
    Kind(testDescription: "DoRA", rank: 4, magnitude: true),
    Kind(testDescription: "DoRA, dropout", rank: 4, magnitude: true, dropout: 0.3),
    Kind(testDescription: "PiSSA", rank: 4, start: true),
    Kind(testDescription: "PiSSA, DoRA, dropout", rank: 4, magnitude: true, start: true, dropout: 0.3),
  ]

  private func parameter(_ shape: [Int], _ seed: UInt64, isTrainable: Bool = true) -> Parameter {
    let made = Parameter(name: "\(seed)", value: randomTensor(shape, scale: 0.2, seed: seed))
    made.isTrainable = isTrainable
    return made
  }

  private func delta(_ kind: Kind) -> LowRankDelta? {
    guard kind.rank > 0 else { return nil }
    let magnitude = parameter([Self.outputs], 7)
    for index in 0..<Self.outputs { magnitude.value.data[index] = 1 + abs(magnitude.value.data[index]) }
    return LowRankDelta(
      a: parameter([kind.rank, Self.inputs], 5), b: parameter([Self.outputs, kind.rank], 6), scale: 1.5,
      dropout: kind.dropout, magnitude: kind.magnitude ? Magnitude(magnitude) : nil,
      start: kind.start
        ? LowRankFactors(a: parameter([3, Self.inputs], 8), b: parameter([Self.outputs, 3], 9)) : nil)
  }

  /// y, dx and every gradient of one layer.
  private func results(_ kind: Kind, _ format: WeightFormat, _ precision: MatmulPrecision) -> [[Float]] {
    let workspace = Workspace(precision: precision, capacity: 64 << 20)
    let dense = parameter([Self.outputs, Self.inputs], 3, isTrainable: kind.trainsWeight)
    let weight =
      format == .f32 ? WeightMatrix.dense(dense) : .quantized(QuantizedMatrix(dense.value, format: format))
    let (linear, delta) = (Linear(name: "layer", weight: weight), delta(kind))
    let (y, dx) = (Tensor.zeros([Self.rows, Self.outputs]), Tensor.zeros(x.shape))
    let key = DropoutKey(seed: 3, step: 2, firstRow: 0)
    let applied = AppliedLinear(linear, delta: delta, rows: Self.rows, workspace: workspace, dropout: key)
    LinearGroup.forward([applied], to: [y], x: x, workspace: workspace)
    LinearGroup.backward([applied], dys: [dy], dx: dx, x: x, accumulate: false, workspace: workspace)
    let trained = [linear.weight.parameter, delta?.a, delta?.b, delta?.magnitude?.parameter].compactMap { $0 }
    return [y.toArray(), dx.toArray()] + trained.filter(\.isTrainable).map { $0.gradient.toArray() }
  }

  /// |a - b| / |b|.
  private func distance(_ a: [Float], _ b: [Float]) -> Double {
    func norm(_ values: some Sequence<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    return norm(zip(a, b).lazy.map { Double($0) - Double($1) }) / norm(b.lazy.map(Double.init))
  }

  @Test(arguments: kinds, formats) private func layersDifferLittle(_ kind: Kind, _ format: WeightFormat) {
    guard !kind.trainsWeight || format == .f32 else { return }
    let highest = results(kind, format, .highest)
    for (precision, limit) in [(MatmulPrecision.high, 4e-4), (.medium, 0.03)] {
      let lower = results(kind, format, precision)
      #expect(lower.count == highest.count)
      for (index, (lower, highest)) in zip(lower, highest).enumerated() {
        #expect(distance(lower, highest) < limit, "result \(index) at \(precision)")
      }
    }
  }

  /// Frozen weights are packed once, as a whole, trained ones slice by slice in every product: the bits are the same, also
  /// over several slices and pieces and when the packed ones are used again.
  @Test func weightsPackedOnceGiveTheSameBits() {
    let x = randomTensor([100, 1300], seed: 1)
    let dy = randomTensor([100, 1250], seed: 2)
    func results(isTrainable: Bool) -> [[Float]] {
      let workspace = Workspace(precision: .medium, capacity: 64 << 20)
      let linear = Linear(name: "layer", weight: .dense(parameter([1250, 1300], 3, isTrainable: isTrainable)))
      let applied = AppliedLinear(linear, delta: nil, rows: 100, workspace: workspace)
      return (0..<2).flatMap { _ in
        let (y, dx) = (Tensor.zeros(dy.shape), Tensor.zeros(x.shape))
        LinearGroup.forward([applied], to: [y], x: x, workspace: workspace)
        LinearGroup.backward([applied], dys: [dy], dx: dx, x: x, accumulate: false, workspace: workspace)
        return [y.toArray(), dx.toArray()]
      }
    }
    #expect(results(isTrainable: false) == results(isTrainable: true))
  }

  /// As above, over more words than are packed at once.
  @Test func aHeadPackedOnceGivesTheBitsOfAHeadPackedInEveryProduct() {
    let x = randomTensor([100, 192], seed: 1)
    let targets = (0..<100).map { Int32($0 * 47 % 4700) }
    let gradient = randomTensor([100], seed: 2).toArray()
    func results(isTrainable: Bool) -> [[Float]] {
      let head = VocabularyHead(
        weight: .dense(parameter([4700, 192], 3, isTrainable: isTrainable)),
        workspace: Workspace(precision: .medium, capacity: 64 << 20))
      let dx = Tensor.zeros(x.shape)
      let result = head.forwardBackward(x: x, targets: targets, gradient: gradient, dx: dx)
      return [result.values, dx.toArray()]
    }
    #expect(results(isTrainable: false) == results(isTrainable: true))
  }

  /// Generation multiplies by weights packed for training, and a row's result does not depend on how many there are.
  @Test func generationReadsThePackedWeights() {
    let x = randomTensor([32, 192], seed: 1)
    let workspace = Workspace(precision: .medium, capacity: 64 << 20)
    let linear = Linear(name: "layer", weight: .dense(parameter([130, 192], 3, isTrainable: false)))
    func outputs(rows: Range<Int>, streamed: Bool) -> [Float] {
      let part = Tensor(shape: [rows.count, 192], data: x.row(rows.lowerBound), owner: x)
      let y = Tensor.zeros([rows.count, 130])
      let applied = AppliedLinear(linear, delta: nil, rows: rows.count, workspace: workspace)
      if streamed {
        LinearGroup.stream([applied], to: [y], x: part, workspace: workspace)
      } else {
        LinearGroup.forward([applied], to: [y], x: part, workspace: workspace)
      }
      return y.toArray()
    }
    let together = outputs(rows: 0..<32, streamed: true)
    #expect(together == outputs(rows: 0..<32, streamed: false))
    for count in [1, 2, 3, 5, 7, 32] {
      let parts = stride(from: 0, to: 32, by: count).flatMap {
        outputs(rows: $0..<min(32, $0 + count), streamed: true)
      }
      #expect(parts == together, "\(count) rows at a time")
    }
  }

  @Test func theVocabularyHeadDiffersLittle() {
    let weight = parameter([4500, 64], 1)
    let x = randomTensor([200, 64], seed: 2)
    let targets = (0..<200).map { Int32($0 * 16 % 4500) }
    let gradient = randomTensor([200], seed: 3).toArray()
    func results(_ precision: MatmulPrecision) -> (values: [Float], dx: [Float], dw: [Float]) {
      weight.zeroGradient()
      let head = VocabularyHead(
        weight: .dense(weight), workspace: Workspace(precision: precision, capacity: 64 << 20))
      let dx = Tensor.zeros(x.shape)
      let result = head.forwardBackward(x: x, targets: targets, gradient: gradient, dx: dx)
      return (result.values, dx.toArray(), weight.gradient.toArray())
    }
    let highest = results(.highest)
    for (precision, limit) in [(MatmulPrecision.high, 1e-3), (.medium, 0.03)] {
      let lower = results(precision)
      for (a, b) in zip(lower.values, highest.values) { #expect(abs(a - b) < 5 * Float(limit)) }
      #expect(distance(lower.dx, highest.dx) < limit)
      #expect(distance(lower.dw, highest.dw) < limit)
    }
  }
}
