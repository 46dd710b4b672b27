import Foundation
import Tensors
import Testing

@Suite struct QuantizedMatrixTests {
  static let formats: [WeightFormat] = [.bf16, .int8, .nf4]
  let dense = randomTensor([70, 192], scale: 0.05, seed: 1)
  let workspace = Workspace(capacity: 64 << 20)

  private func expanded(_ matrix: QuantizedMatrix) -> Tensor {
    let back = Tensor.zeros([70, 192])
    matrix.expand(rows: 0..<70, columns: 0..<192, into: back.data)
    return back
  }

  @Test(arguments: zip(formats, [0.004, 0.01, 0.2])) func staysNearTheDenseMatrix(_ format: WeightFormat, error: Double)
  {
    let back = expanded(QuantizedMatrix(dense, format: format))
    let distance = zip(back.toArray(), dense.toArray()).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }.squareRoot()
    #expect(distance / weightedSum(dense, dense).squareRoot() < error)
  }

  @Test(arguments: zip(formats, [2.0, 1.125, 0.53])) func takesTheBytesItPromises(_ format: WeightFormat, bytes: Double)
  {
    #expect(Double(QuantizedMatrix(dense, format: format).byteCount) <= bytes * Double(dense.count))
  }

  @Test(arguments: formats) func partsThatCutGroupsAreTheSameNumbers(_ format: WeightFormat) {
    let matrix = QuantizedMatrix(dense, format: format)
    let whole = expanded(matrix)
    let part = Tensor.zeros([5, 77])
    matrix.expand(rows: 3..<8, columns: 41..<118, into: part.data)
    for row in 0..<5 { for column in 0..<77 { #expect(part.row(row)[column] == whole.row(3 + row)[41 + column]) } }
  }

  /// Products in both directions, streamed rows and gathered rows are those of the expanded matrix.
  @Test(arguments: formats) func multipliesLikeItsExpandedSelf(_ format: WeightFormat) {
    let quantized = QuantizedMatrix(dense, format: format)
    let same = Parameter(name: "same", value: expanded(quantized))
    let x = randomTensor([50, 192], seed: 2)
    let dy = randomTensor([50, 70], seed: 3)
    func products(_ weight: WeightMatrix) -> (y: [Float], dx: [Float], streamed: [Float], rows: [Float]) {
      let layer = AppliedLinear(Linear(name: "l", weight: weight), delta: nil, rows: 50, workspace: workspace)
      let (y, dx) = (Tensor.zeros([50, 70]), Tensor.zeros(x.shape))
      LinearGroup.forward([layer], to: [y], x: x, workspace: workspace)
      LinearGroup.backward([layer], dys: [dy], dx: dx, x: nil, accumulate: false, workspace: workspace)
      let streamed = Tensor.zeros([3, 70])
      LinearGroup.stream(
        [layer], to: [streamed], x: Tensor(shape: [3, 192], data: x.data, owner: x), workspace: workspace)
      let rows = Tensor.zeros([2, 192])
      weight.gather(rows, rows: [69, 4])
      return (y.toArray(), dx.toArray(), streamed.toArray(), rows.toArray())
    }
    let (ours, reference) = (products(.quantized(quantized)), products(.dense(same)))
    #expect(ours.y == reference.y)
    #expect(ours.dx == reference.dx)
    #expect(ours.rows == reference.rows)
    // Integer kernels round x to 16 bits.
    for (a, b) in zip(ours.streamed, reference.streamed) { #expect(abs(a - b) < 1e-4) }
  }

  /// Codes and both levels of scales, bit for bit, as bitsandbytes computes them (`make_fixtures.py`).
  @Test func normalFloatEqualsBitsandbytes() throws {
    let url = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/nf4.json")
    let cases = try JSONDecoder().decode([NormalFloatCase].self, from: Data(contentsOf: url))
    #expect(!cases.isEmpty)
    for expected in cases {
      let values = expected.bits.map(Float.init(bitPattern:))
      let dense = Tensor(shape: [expected.rows, expected.columns], values: values)
      #expect(QuantizedMatrix(dense, format: .nf4).codes.array == expected.codes, "\(expected.name): codes")
      let scales = stride(from: 0, to: values.count, by: 64).map { first in
        values[first..<first + 64].reduce(0) { max($0, abs($1)) }
      }
      scales.withUnsafeBufferPointer { scales in
        let mean = Float(bitPattern: expected.scaleMean)
        // Their mean is a sum in f32 whose order depends on the processor, so it may be off by its last bits.
        #expect(abs(QuantizedScales(scales).mean / mean - 1) < 1e-6, "\(expected.name): mean")
        let quantized = QuantizedScales(scales, mean: mean)
        #expect(quantized.codes.array == expected.scaleCodes, "\(expected.name): codes of the scales")
        #expect(
          quantized.maxima.withBytes { Array($0.bindMemory(to: UInt32.self)) } == expected.scaleMaxima,
          "\(expected.name): maxima of the scales")
      }
    }
  }

  /// A matrix as trained weights are: bf16, columns of different size, single weights far larger than their block.
  @Test func normalFloatOfOutliersEqualsBitsandbytes() throws {
    let url = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/nf4-outliers.json")
    let expected = try JSONDecoder().decode(OutlierCase.self, from: Data(contentsOf: url))
    let halves = expected.weights.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }
    let dense = Tensor(
      shape: [expected.rows, expected.columns], values: halves.map { Float(bitPattern: UInt32($0) << 16) })
    let ours = QuantizedMatrix(dense, format: .nf4)
    #expect(Data(ours.codes.array) == expected.codes)
    guard case .quantized(let scales) = ours.scales else {
      Issue.record("NF4 has quantised scales")
      return
    }
    let mean = Float(bitPattern: expected.scaleMean)
    #expect(abs(scales.mean / mean - 1) < 1e-6)
    #expect(Data(scales.codes.array) == expected.scaleCodes)
    #expect(scales.values.withUnsafeBytes { Data($0) } == expected.scaleValues)
    // The maxima depend on the last bits of the mean.
    let maxima = scales.maxima.withBytes { Array($0.bindMemory(to: Float.self)) }
    let wanted = expected.scaleMaxima.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    #expect(maxima.count == wanted.count && zip(maxima, wanted).allSatisfy { abs($0 / $1 - 1) < 1e-6 })
  }

  private struct OutlierCase: Decodable {
    let rows: Int
    let columns: Int
    let weights: Data
    let codes: Data
    let scaleCodes: Data
    let scaleMaxima: Data
    let scaleMean: UInt32
    let scaleValues: Data
  }

  /// Rows quantised a few at a time, in any order, are those of the whole.
  @Test(arguments: formats) func rowsQuantisedInPartsAreTheSame(_ format: WeightFormat) {
    let whole = QuantizedMatrix(dense, format: format)
    let quantizer = RowQuantizer(rows: 70, columns: 192, format: format)
    let parts = quantizer.matrix { codes in
      for range in [33..<70, 0..<1, 1..<33] {
        quantizer.quantize(
          dense.row(range.lowerBound), rows: range, into: codes + range.lowerBound * quantizer.rowBytes)
      }
    }
    #expect(parts.codes.array == whole.codes.array)
    #expect(expanded(parts).toArray() == expanded(whole).toArray())
  }

  /// Codes and scales may lie anywhere: in another's memory, at addresses that are aligned to an element and no more.
  @Test(arguments: formats) func memoryOfOthersGivesTheSameNumbers(_ format: WeightFormat) {
    let own = QuantizedMatrix(dense, format: format)
    func moved(_ memory: FixedMemory, by bytes: Int) -> FixedMemory {
      let copy = [UInt8](repeating: 0, count: memory.byteCount + bytes).withUnsafeBytes { FixedMemory(copying: $0) }
      UnsafeMutableRawPointer(mutating: copy.start + bytes)
        .copyMemory(from: memory.start, byteCount: memory.byteCount)
      return FixedMemory(start: copy.start + bytes, byteCount: memory.byteCount, owner: KeptAlive(copy))
    }
    let scales: QuantizedMatrix.Scales =
      switch own.scales {
      case .none: .none
      case .plain(let memory): .plain(moved(memory, by: 4))
      case .quantized(let scales):
        .quantized(
          QuantizedScales(
            count: 70 * 3, codes: moved(scales.codes, by: 1), maxima: moved(scales.maxima, by: 4), mean: scales.mean))
      }
    let theirs = QuantizedMatrix(
      rows: 70, columns: 192, format: format, codes: moved(own.codes, by: format == .bf16 ? 2 : 1), scales: scales)
    #expect(expanded(theirs).toArray() == expanded(own).toArray())
    let x = randomTensor([3, 192], seed: 2)
    let streamed = [own, theirs].map { matrix in
      let layer = AppliedLinear(
        Linear(name: "l", weight: .quantized(matrix)), delta: nil, rows: 3, workspace: workspace)
      let y = Tensor.zeros([3, 70])
      LinearGroup.stream([layer], to: [y], x: x, workspace: workspace)
      return y.toArray()
    }
    #expect(streamed[0] == streamed[1])
  }

  private final class KeptAlive {
    let memory: FixedMemory
    init(_ memory: FixedMemory) { self.memory = memory }
  }

  /// NF4 without double quantisation: the same codes, and a scale as it is.
  @Test func plainScalesAreUsedAsTheyAre() {
    let own = QuantizedMatrix(dense, format: .nf4)
    let absmax = stride(from: 0, to: dense.count, by: 64).map { first in
      (first..<first + 64).reduce(Float(0)) { max($0, abs(dense.data[$1])) }
    }
    let plain = QuantizedMatrix(
      rows: 70, columns: 192, format: .nf4, codes: own.codes,
      scales: .plain(absmax.withUnsafeBytes { FixedMemory(copying: $0) }))
    let back = expanded(plain)
    for index in 0..<dense.count where abs(dense.data[index]) == absmax[index / 64] {
      #expect(back.data[index] == dense.data[index])
    }
    for (a, b) in zip(back.toArray(), expanded(own).toArray()) { #expect(abs(a - b) < 0.001) }
  }

  private struct NormalFloatCase: Decodable {
    let name: String
    let rows: Int
    let columns: Int
    let bits: [UInt32]
    let codes: [UInt8]
    let scaleCodes: [UInt8]
    let scaleMaxima: [UInt32]
    let scaleMean: UInt32
  }
}
