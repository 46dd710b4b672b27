/// A mean and how sure it is.
public struct Estimate: Codable, Sendable, Hashable {
  public var mean: Double
  /// Standard deviation of the values (Bessel's).
  public var deviation: Double
  public var count: Int

  /// deviation / sqrt(count)
  public var standardError: Double { count > 0 ? deviation / Double(count).squareRoot() : 0 }

  public init(_ values: [Double]) {
    let (mean, variance) = Whitening.moments(values)
    self.mean = mean
    deviation = variance.squareRoot()
    count = values.count
  }
}
