import Tensors

/// The rows of a stream that are read after its last block, in order.
struct RowSelection {
  /// Rows of the stream, virtual tokens counted.
  let rows: [Int]
  private let places: [Int: Int]

  init(_ rows: [Int]) {
    self.rows = Set(rows).sorted()
    places = Dictionary(uniqueKeysWithValues: self.rows.enumerated().map { ($1, $0) })
  }

  /// Where a row of the stream is among the selected ones.
  func place(of row: Int) -> Int {
    guard let place = places[row] else { preconditionFailure("row \(row) was not selected") }
    return place
  }

  /// [n, C] of x [T, C].
  func gather(_ x: Tensor, _ workspace: Workspace) -> Tensor {
    let y = workspace.allocate([rows.count, x.columns])
    RowAccess.gather(y, from: x, rows: rows)
    return y
  }

  /// [T, C] with zeros where no row of y [n, C] belongs.
  func scatter(_ y: Tensor, count: Int, _ workspace: Workspace) -> Tensor {
    let x = workspace.zeros([count, y.columns])
    RowAccess.scatterAdd(x, from: y, rows: rows)
    return x
  }
}

extension ModelConfiguration {
  /// Weights that the last block applies to rows that are read alone: the output projection's and the feed-forward part's.
  package var weightsAfterAttention: Int { hiddenSize * (headCount * headSize + 3 * intermediateSize) }
}
