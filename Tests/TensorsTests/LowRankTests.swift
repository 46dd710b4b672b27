import Foundation
import Tensors
import Testing

/// DoRA, PiSSA's start and dropout: outputs against the plain formula, gradients against finite differences, over dense
/// and rounded weights.
@Suite struct LowRankTests {
  static let formats: [WeightFormat] = [.f32, .bf16, .int8, .nf4]
  private static let (rows, inputs, outputs) = (9, 64, 6)
  private let workspace = Workspace(capacity: 64 << 20)
  private let x = randomTensor([rows, inputs], seed: 5)
  private let key = DropoutKey(seed: 3, step: 2, firstRow: 7)

  /// What the delta has besides A and B.
  struct Kind: Sendable, CustomTestStringConvertible {
    var magnitude = false
    var start = false
    var dropout: Float = 0
    var testDescription: String { "magnitude \(magnitude), start \(start), dropout \(dropout)" }
  }

  static let kinds = [
    Kind(magnitude: true), Kind(start: true), Kind(magnitude: true, start: true), Kind(dropout: 0.4),
    Kind(magnitude: true, dropout: 0.4), Kind(start: true, dropout: 0.4),
    Kind(magnitude: true, start: true, dropout: 0.4),
  ]

  private func dense(_ seed: UInt64 = 1) -> Tensor {
    randomTensor([Self.outputs, Self.inputs], scale: 0.2, seed: seed)
  }

  private func weight(_ format: WeightFormat) -> WeightMatrix {
    format == .f32
      ? .dense(Parameter(name: "w", value: dense())) : .quantized(QuantizedMatrix(dense(), format: format))
  }

  private func expanded(_ weight: WeightMatrix) -> Tensor {
    let y = Tensor.zeros([weight.rows, weight.columns])
    weight.gather(y, rows: Array(0..<weight.rows))
    return y
  }

  private func parameter(_ name: String, _ shape: [Int], _ seed: UInt64) -> Parameter {
    let made = Parameter(name: name, value: randomTensor(shape, scale: 0.3, seed: seed))
    made.isTrainable = true
    return made
  }

  private func delta(_ kind: Kind, seed: UInt64 = 10) -> LowRankDelta {
    let magnitude = parameter("m", [Self.outputs], seed + 2)
    for index in 0..<Self.outputs { magnitude.value.data[index] = 1 + abs(magnitude.value.data[index]) }
    return LowRankDelta(
      a: parameter("a", [3, Self.inputs], seed), b: parameter("b", [Self.outputs, 3], seed + 1), scale: 1.5,
      dropout: kind.dropout, magnitude: kind.magnitude ? Magnitude(magnitude) : nil,
      start: kind.start
        ? LowRankFactors(
          a: Parameter(name: "a0", value: randomTensor([2, Self.inputs], scale: 0.3, seed: seed + 3)),
          b: Parameter(name: "b0", value: randomTensor([Self.outputs, 2], scale: 0.3, seed: seed + 4))) : nil)
  }

  private func linear(_ weight: WeightMatrix) -> Linear {
    Linear(name: "layer", weight: weight, bias: Parameter(name: "bias", value: randomTensor([Self.outputs], seed: 2)))
  }

  private func forward(_ linear: Linear, _ delta: LowRankDelta) -> (y: Tensor, applied: AppliedLinear) {
    let y = Tensor.zeros([Self.rows, linear.outputs])
    let applied = AppliedLinear(linear, delta: delta, rows: Self.rows, workspace: workspace, dropout: key)
    LinearGroup.forward([applied], to: [y], x: x, workspace: workspace)
    return (y, applied)
  }

  /// The same in f64 and as the papers write it, with W + scale * B A formed.
  private func formula(_ linear: Linear, _ delta: LowRankDelta) -> [[Double]] {
    let base = expanded(linear.weight)
    let (a, b) = delta.combined
    let inputs = Self.inputs
    return (0..<Self.rows).map { row in
      (0..<Self.outputs).map { output in
        let whole = (0..<inputs).map { column in
          Double(base.row(output)[column]) + Double(delta.scale)
            * (0..<a.rows).reduce(0.0) { $0 + Double(b.row(output)[$1]) * Double(a.row($1)[column]) }
        }
        let z = (0..<inputs).reduce(0.0) { $0 + whole[$1] * Double(x.row(row)[$1]) }
        let norm = whole.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let gain = delta.magnitude.map { Double($0.parameter.value.data[output]) / norm } ?? 1
        return gain * z + Double(linear.bias!.value.data[output])
      }
    }
  }

  @Test(arguments: formats, kinds.filter { $0.dropout == 0 })
  func outputsAreThoseOfTheFormula(_ format: WeightFormat, _ kind: Kind) {
    let (linear, delta) = (linear(weight(format)), delta(kind))
    let expected = formula(linear, delta)
    let packed = forward(linear, delta).y
    let streamed = Tensor.zeros(packed.shape)
    LinearGroup.stream(
      [AppliedLinear(linear, delta: delta, rows: Self.rows, workspace: workspace)], to: [streamed], x: x,
      workspace: workspace)
    for row in 0..<Self.rows {
      for column in 0..<Self.outputs {
        #expect(abs(Double(packed.row(row)[column]) - expected[row][column]) < 2e-5)
        // Integer kernels round x to 16 bits.
        #expect(abs(Double(streamed.row(row)[column]) - expected[row][column]) < 2e-4)
      }
    }
  }

  @Test(arguments: formats, kinds)
  func gradientsMatchFiniteDifferences(_ format: WeightFormat, _ kind: Kind) {
    let (linear, delta) = (linear(weight(format)), delta(kind))
    let weights = randomTensor([Self.rows, Self.outputs], seed: 6)
    let dx = Tensor.zeros(x.shape)
    LinearGroup.backward(
      [forward(linear, delta).applied], dys: [weights], dx: dx, x: x, accumulate: false, workspace: workspace)
    let loss = { weightedSum(forward(linear, delta).y, weights) }
    expectGradient(dx, of: x, "dx", loss: loss)
    if let magnitude = delta.magnitude?.parameter {
      expectGradient(magnitude.gradient, of: magnitude.value, "dm", loss: loss)
      // The norms are constants to the gradient, so differences hold them still: m moves as much as the norm does.
      let held = Held(linear: linear, delta: delta, magnitudes: magnitude.value.toArray(), norms: self.norms)
      let still = { held.loss { weightedSum(forward(linear, delta).y, weights) } }
      expectGradient(delta.a.gradient, of: delta.a.value, "dA", loss: still)
      expectGradient(delta.b.gradient, of: delta.b.value, "dB", loss: still)
    } else {
      expectGradient(delta.a.gradient, of: delta.a.value, "dA", loss: loss)
      expectGradient(delta.b.gradient, of: delta.b.value, "dB", loss: loss)
    }
  }

  /// ‖W + scale * B A‖ of each row in f64.
  private func norms(_ linear: Linear, _ delta: LowRankDelta) -> [Double] {
    let base = expanded(linear.weight)
    let (a, b) = delta.combined
    return (0..<Self.outputs).map { output in
      (0..<Self.inputs).reduce(0.0) { sum, column in
        let update = (0..<a.rows).reduce(0.0) { $0 + Double(b.row(output)[$1]) * Double(a.row($1)[column]) }
        let value = Double(base.row(output)[column]) + Double(delta.scale) * update
        return sum + value * value
      }.squareRoot()
    }
  }

  /// Computes a loss with the gains of before A and B were moved.
  private struct Held {
    let linear: Linear
    let delta: LowRankDelta
    let magnitudes: [Float]
    let norms: (Linear, LowRankDelta) -> [Double]
    let before: [Double]

    init(
      linear: Linear, delta: LowRankDelta, magnitudes: [Float], norms: @escaping (Linear, LowRankDelta) -> [Double]
    ) {
      (self.linear, self.delta, self.magnitudes, self.norms) = (linear, delta, magnitudes, norms)
      before = norms(linear, delta)
    }

    func loss(_ body: () -> Double) -> Double {
      let value = delta.magnitude!.parameter.value
      for (index, now) in norms(linear, delta).enumerated() {
        value.data[index] = Float(Double(magnitudes[index]) * now / before[index])
      }
      defer { for (index, magnitude) in magnitudes.enumerated() { value.data[index] = magnitude } }
      return body()
    }
  }

  @Test(arguments: formats) func magnitudesStartAsNorms(_ format: WeightFormat) {
    let weight = weight(format)
    let delta = LowRankDelta(
      a: parameter("a", [3, Self.inputs], 1), b: Parameter(name: "b", value: .zeros([Self.outputs, 3])), scale: 2,
      magnitude: Magnitude(Parameter(name: "m", value: Magnitude.norms(of: weight))))
    let plain = LowRankDelta(a: delta.a, b: delta.b, scale: 2)
    let (with, without) = (forward(linear(weight), delta).y, forward(linear(weight), plain).y)
    #expect(with.toArray() == without.toArray())
  }

  @Test func normsFollowTheFactorsAndRestWhileTheseDo() {
    let (linear, delta) = (linear(weight(.f32)), delta(Kind(magnitude: true)))
    let first = forward(linear, delta).y.toArray()
    delta.b.value.data[0] += 1
    let expected = formula(linear, delta)
    let second = forward(linear, delta).y
    #expect(second.toArray() != first)
    for parameter in [delta.a, delta.b, delta.magnitude!.parameter] { parameter.isTrainable = false }
    let frozen = forward(linear, delta).y
    #expect(frozen.toArray() == second.toArray())
    for column in 0..<Self.outputs { #expect(abs(Double(frozen.row(0)[column]) - expected[0][column]) < 2e-5) }
  }

  @Test func groupsGiveWhatTheirLayersGiveAlone() {
    let layers = Self.kinds.enumerated().map { index, kind in
      (
        Linear(name: "\(index)", weight: .dense(Parameter(name: "w", value: dense(UInt64(50 + index))))),
        delta(kind, seed: UInt64(100 + 10 * index))
      )
    }
    let dy = randomTensor([Self.rows, Self.outputs], seed: 41)
    func run(_ chosen: [Int]) -> (ys: [[Float]], dx: [Float], gradients: [[Float]]) {
      let parameters = chosen.flatMap { index -> [Parameter] in
        let delta = layers[index].1
        return [delta.a, delta.b, delta.magnitude?.parameter].compactMap { $0 }
      }
      for parameter in parameters { parameter.zeroGradient() }
      let applied = chosen.map {
        AppliedLinear(layers[$0].0, delta: layers[$0].1, rows: Self.rows, workspace: workspace, dropout: key)
      }
      let ys = chosen.map { _ in Tensor.zeros([Self.rows, Self.outputs]) }
      let dx = Tensor.zeros(x.shape)
      LinearGroup.forward(applied, to: ys, x: x, workspace: workspace)
      LinearGroup.backward(
        applied, dys: chosen.map { _ in dy }, dx: dx, x: x, accumulate: false, workspace: workspace)
      return (ys.map { $0.toArray() }, dx.toArray(), parameters.map { $0.gradient.toArray() })
    }
    let together = run(Array(layers.indices))
    let alone = layers.indices.map { run([$0]) }
    #expect(together.ys == alone.flatMap(\.ys))
    #expect(together.gradients == alone.flatMap(\.gradients))
    for index in together.dx.indices {
      #expect(abs(together.dx[index] - alone.reduce(0) { $0 + $1.dx[index] }) < 1e-4)
    }
  }

  @Test(arguments: kinds.filter { $0.dropout == 0 }) func mergedWeightsGiveTheSame(_ kind: Kind) {
    let (linear, delta) = (linear(weight(.f32)), delta(kind))
    let expected = forward(linear, delta).y
    let merged = expanded(linear.weight)
    delta.merge(into: merged, of: linear)
    let y = Tensor.zeros(expected.shape)
    let layer = Linear(name: "merged", weight: Parameter(name: "w", value: merged), bias: linear.bias)
    LinearGroup.forward(
      [AppliedLinear(layer, delta: nil, rows: Self.rows, workspace: workspace)], to: [y], x: x, workspace: workspace)
    for index in 0..<y.count { #expect(abs(y.data[index] - expected.data[index]) < 1e-5) }
  }
}
