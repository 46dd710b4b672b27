import Tensors
import Testing

/// The masks of dropout, seen through a layer whose delta copies its input: A and B are unit matrices, W is zero.
@Suite struct DropoutTests {
  private static let width = 256
  private let workspace = Workspace(capacity: 64 << 20)

  /// [rows, width]: the factors that ones are multiplied by.
  private func factors(_ share: Float, _ key: DropoutKey?, layer: String = "layer", rows: Int = 200) -> Tensor {
    let width = Self.width
    let unit = Tensor.zeros([width, width])
    for index in 0..<width { unit.row(index)[index] = 1 }
    let delta = LowRankDelta(
      a: Parameter(name: "a", value: unit), b: Parameter(name: "b", value: unit), scale: 1, dropout: share)
    let linear = Linear(name: layer, weight: Parameter(name: "w", value: .zeros([width, width])))
    let (x, y) = (Tensor.zeros([rows, width]), Tensor.zeros([rows, width]))
    x.fill(1)
    let applied = AppliedLinear(linear, delta: delta, rows: rows, workspace: workspace, dropout: key)
    LinearGroup.forward([applied], to: [y], x: x, workspace: workspace)
    return y
  }

  private func key(seed: UInt64 = 1, step: Int = 1, firstRow: Int = 0) -> DropoutKey {
    DropoutKey(seed: seed, step: step, firstRow: firstRow)
  }

  @Test(arguments: [Float(0.05), 0.3, 0.9]) func dropsTheShareAndKeepsTheMean(_ share: Float) {
    let values = factors(share, key()).toArray()
    let kept = values.filter { $0 != 0 }
    let count = Float(values.count)
    // Four standard deviations of the share, and the same of the mean.
    let deviation = (share * (1 - share) / count).squareRoot()
    #expect(abs(1 - Float(kept.count) / count - share) < 4 * deviation)
    #expect(abs(values.reduce(0, +) / count - 1) < 4 * deviation / (1 - share))
    #expect(kept.allSatisfy { abs($0 - 1 / (1 - share)) < 1e-3 / (1 - share) && $0 == kept[0] })
  }

  @Test func columnsAndRowsAreDroppedAlike() {
    let y = factors(0.5, key())
    let rows = (0..<y.rows).map { row in (0..<y.columns).count { y.row(row)[$0] == 0 } }
    let columns = (0..<y.columns).map { column in (0..<y.rows).count { y.row($0)[column] == 0 } }
    // Five standard deviations of a binomial number.
    #expect(rows.allSatisfy { abs(Float($0) - 128) < 5 * 8 })
    #expect(columns.allSatisfy { abs(Float($0) - 100) < 5 * 7.1 })
  }

  @Test func masksDependOnEveryPartOfTheKeyAndOnNothingElse() {
    let first = factors(0.3, key()).toArray()
    #expect(factors(0.3, key()).toArray() == first)
    #expect(factors(0.3, key(seed: 2)).toArray() != first)
    #expect(factors(0.3, key(step: 2)).toArray() != first)
    #expect(factors(0.3, key(), layer: "other").toArray() != first)
    let threads = Threads.count
    defer { Threads.count = threads }
    Threads.count = 1
    #expect(factors(0.3, key()).toArray() == first)
  }

  @Test func aStepCutIntoPassesKeepsItsMasks() {
    let whole = factors(0.3, key()).toArray()
    let parts = factors(0.3, key(), rows: 70).toArray() + factors(0.3, key(firstRow: 70), rows: 130).toArray()
    #expect(parts == whole)
  }

  @Test func nothingIsDroppedOutsideOfTrainingOrWithAShareOfZero() {
    #expect(factors(0.3, nil).toArray().allSatisfy { $0 == 1 })
    #expect(factors(0, key()).toArray().allSatisfy { $0 == 1 })
  }
}
