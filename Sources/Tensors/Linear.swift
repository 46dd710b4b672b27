import CKernels

/// A weight matrix [out, in] with an optional bias [out]; knows how to multiply in both directions.
public final class Linear: Sendable {
  /// Module path as in Hugging Face's checkpoints, without ".weight".
  public let name: String
  public let weight: WeightMatrix
  public let bias: Parameter?

  public init(name: String, weight: WeightMatrix, bias: Parameter? = nil) {
    self.name = name
    self.weight = weight
    self.bias = bias
  }

  public convenience init(name: String, weight: Parameter, bias: Parameter? = nil) {
    self.init(name: name, weight: .dense(weight), bias: bias)
  }

  public var outputs: Int { weight.rows }
  public var inputs: Int { weight.columns }
  public var isTrainable: Bool { weight.isTrainable || bias?.isTrainable == true }
}

extension Linear {
  func addBias(_ y: Tensor, rows: Range<Int>) {
    guard let bias else { return }
    for row in rows { ck_add(y.row(row), bias.value.data, outputs) }
  }

  func addBiasGradient(dy: Tensor) {
    guard let bias, bias.isTrainable else { return }
    let gradient = bias.gradient
    Threads.ranges(outputs, grain: 256) { columns in
      for row in 0..<dy.rows {
        ck_add(gradient.data + columns.lowerBound, dy.row(row) + columns.lowerBound, columns.count)
      }
    }
  }
}
