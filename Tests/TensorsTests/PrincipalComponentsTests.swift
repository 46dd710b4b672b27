import Tensors
import Testing

@Suite struct PrincipalComponentsTests {
  /// Q diag(values) Pᵀ with orthogonal columns, made by reflections, so that the singular values are known.
  private func matrix(_ rows: Int, _ columns: Int, values: [Double]) -> Tensor {
    var entries = [[Double]](repeating: [Double](repeating: 0, count: columns), count: rows)
    for (index, value) in values.enumerated() { entries[index][index] = value }
    func reflect(_ count: Int, _ seed: UInt64, get: (Int, Int) -> Double, set: (Int, Int, Double) -> Void, width: Int) {
      let normal = randomTensor([count], seed: seed).toArray().map(Double.init)
      let square = normal.reduce(0) { $0 + $1 * $1 }
      for other in 0..<width {
        let factor = 2 * (0..<count).reduce(0.0) { $0 + normal[$1] * get($1, other) } / square
        for index in 0..<count { set(index, other, get(index, other) - factor * normal[index]) }
      }
    }
    for seed in 0..<3 as Range<UInt64> {
      reflect(rows, seed, get: { entries[$0][$1] }, set: { entries[$0][$1] = $2 }, width: columns)
      reflect(columns, 10 + seed, get: { entries[$1][$0] }, set: { entries[$1][$0] = $2 }, width: rows)
    }
    return Tensor(shape: [rows, columns], values: entries.flatMap { $0.map(Float.init) })
  }

  private static let values = [5, 2.5, 2.4, 1, 0.9, 0.1, 0.01]

  @Test(arguments: [(40, 70), (70, 40), (7, 600), (600, 7)]) func findsTheLargestValuesAndTheirPart(
    rows: Int, columns: Int
  ) throws {
    let dense = matrix(rows, columns, values: Self.values)
    let parts = try PrincipalComponents(of: .dense(Parameter(name: "w", value: dense)), rank: 5)
    for (value, expected) in zip(parts.values, Self.values) { #expect(abs(value - expected) < 1e-5) }
    // What is left of W when its principal part is gone has the norm of the values that are left.
    var left = 0.0
    for row in 0..<rows {
      for column in 0..<columns {
        let part = (0..<5).reduce(0.0) {
          $0 + Double(parts.u.row(row)[$1]) * parts.values[$1] * Double(parts.v.row($1)[column])
        }
        let difference = Double(dense.row(row)[column]) - part
        left += difference * difference
      }
    }
    #expect(abs(left - (0.1 * 0.1 + 0.01 * 0.01)) < 1e-4)
    for (i, j) in [(0, 0), (1, 1), (1, 2), (0, 4)] {
      let product = (0..<columns).reduce(0.0) { $0 + Double(parts.v.row(i)[$1]) * Double(parts.v.row(j)[$1]) }
      #expect(abs(product - (i == j ? 1 : 0)) < 1e-5)
    }
  }

  @Test func readsRoundedWeights() throws {
    let dense = matrix(64, 128, values: Self.values)
    let quantized = QuantizedMatrix(dense, format: .nf4)
    let expanded = Tensor.zeros(dense.shape)
    WeightMatrix.quantized(quantized).gather(expanded, rows: Array(0..<64))
    let ours = try PrincipalComponents(of: .quantized(quantized), rank: 3)
    let same = try PrincipalComponents(of: .dense(Parameter(name: "w", value: expanded)), rank: 3)
    #expect(ours.values == same.values)
    #expect(ours.u.toArray() == same.u.toArray())
  }
}
