import KernelCases

/// What one core of this machine gives, measured: operations a second on registers, and bytes a second by how much
/// memory is gone through.
final class Roofline {
  let operations = roofline_operations()
  private var bandwidths: [Int: Double] = [:]

  /// Bytes a second when `bytes` are read again and again: from a cache where they fit into one.
  func bandwidth(bytes: Double) -> Double {
    var size = 16 << 10
    while Double(size) < bytes && size < 256 << 20 { size *= 2 }
    if let known = bandwidths[size] { return known }
    let measured = roofline_bandwidth(size)
    bandwidths[size] = measured
    return measured
  }

  /// The least seconds that a call can take.
  func seconds(_ sizes: kernel_case) -> Double {
    max(sizes.operations / operations, sizes.traffic / bandwidth(bytes: sizes.traffic))
  }
}
