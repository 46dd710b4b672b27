/// Scales values to unit variance over the entries of a mask.
public enum Whitening {
  private static let epsilon = 1e-8

  /// Mean and variance (Bessel's) of the entries that the mask keeps; nil keeps all.
  public static func moments(_ values: [Double], mask: [Bool]? = nil) -> (mean: Double, variance: Double) {
    let kept = mask.map { mask in values.indices.filter { mask[$0] }.map { values[$0] } } ?? values
    guard !kept.isEmpty else { return (0, 0) }
    let mean = kept.reduce(0, +) / Double(kept.count)
    let squares = kept.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, kept.count > 1 ? squares / Double(kept.count - 1) : 0)
  }

  /// (x - mean) / sqrt(variance + 1e-8), plus the mean when it is kept. Entries outside the mask become 0.
  public static func whiten(_ values: [Double], mask: [Bool]? = nil, keepsMean: Bool = false) -> [Double] {
    let (mean, variance) = moments(values, mask: mask)
    let scale = 1 / (variance + epsilon).squareRoot()
    return values.indices.map { index in
      guard mask?[index] ?? true else { return 0 }
      return (values[index] - mean) * scale + (keepsMean ? mean : 0)
    }
  }
}
