import Tensors

/// Weights with more rows in the embedding, and in the output matrix where it is another one; each new row is the mean of
/// the others.
public struct GrownWeights: WeightSource {
  private let base: any WeightSource
  public let configuration: ModelConfiguration

  /// - Precondition: the model has at most `vocabularySize` rows.
  public init(_ base: any WeightSource, vocabularySize: Int) {
    let before = base.configuration.vocabularySize
    precondition(vocabularySize >= before, "\(before) rows cannot grow to \(vocabularySize)")
    self.base = base
    var configuration = base.configuration
    configuration.vocabularySize = vocabularySize
    self.configuration = configuration
  }

  public func rows(of weight: WeightDescription) throws -> DenseRows {
    guard weight.kind == .table else { return try base.rows(of: weight) }
    var smaller = weight
    smaller.shape[0] = base.configuration.vocabularySize
    let before = try base.rows(of: smaller).tensor(shape: smaller.shape)
    let grown = Tensor.zeros(weight.shape)
    grown.data.update(from: before.data, count: before.count)
    var sums = [Double](repeating: 0, count: before.columns)
    for row in 0..<before.rows {
      for column in sums.indices { sums[column] += Double(before.row(row)[column]) }
    }
    for row in before.rows..<grown.rows {
      for column in sums.indices { grown.row(row)[column] = Float(sums[column] / Double(before.rows)) }
    }
    return DenseRows(weight, grown)
  }
}
