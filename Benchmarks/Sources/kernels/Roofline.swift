import KernelCases

/// What one core of this machine gives, measured: operations a second on registers, and bytes a second by how much
/// memory is gone through.
final class Roofline {
  let operations = roofline_operations()
  private var bandwidths: [[Int]: Double] = [:]

  /// Bytes a second when `bytes` are moved again and again: in a cache where they fit into one.
  func bandwidth(bytes: Double, writes: Bool) -> Double {
    let wanted = min(max(Int(bytes), 16 << 10), 256 << 20)
    // Rounded up by an eighth at most, so that similar sizes share a measurement and stay in the cache they fit.
    let unit = max(4096, (1 << (Int.bitWidth - 1 - wanted.leadingZeroBitCount)) / 8)
    let size = (wanted + unit - 1) / unit * unit
    let key = [size, writes ? 1 : 0]
    if let known = bandwidths[key] { return known }
    let measured = roofline_bandwidth(size, writes)
    bandwidths[key] = measured
    return measured
  }

  /// The least seconds that a call can take. Products read almost all that they move.
  func seconds(_ sizes: kernel_case) -> Double {
    max(sizes.operations / operations, sizes.traffic / bandwidth(bytes: sizes.traffic, writes: sizes.operations == 0))
  }
}
