import Tensors

extension LanguageModel {
  /// The same weights with more rows in the embedding, and in the output matrix where it is another one; each new row is
  /// the mean of the others.
  ///
  /// - Precondition: the model is not rounded and has at most `vocabularySize` rows.
  public convenience init(growing model: LanguageModel, vocabularySize: Int) {
    let before = model.configuration.vocabularySize
    precondition(model.format == .f32 && vocabularySize >= before, "\(before) rows cannot grow to \(vocabularySize)")
    let values = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value) })
    var configuration = model.configuration
    configuration.vocabularySize = vocabularySize
    self.init(
      configuration: configuration,
      weight: { name, shape in
        guard let value = values[name] else { preconditionFailure("\(name) is not among the model's weights") }
        return Parameter(name: name, value: value.shape == shape ? value : value.grown(to: shape), ownsValue: false)
      })
  }
}

extension Tensor {
  fileprivate func grown(to shape: [Int]) -> Tensor {
    let result = Tensor.zeros(shape)
    result.data.update(from: data, count: count)
    var mean = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { mean[column] += Double(self.row(row)[column]) }
    }
    for row in rows..<shape[0] {
      for column in 0..<columns { result.row(row)[column] = Float(mean[column] / Double(rows)) }
    }
    return result
  }
}
