/// Q4_K: 256 weights as 8 parts of 32, each x ≈ (d s) q - (e m) with q in 0...15 and s, m in 0...63; d and e are f16.
///
/// Of many candidate scales of a part the one with the least weighted squared error is taken, scale and offset both
/// fitted by least squares to the codes that the candidate gives; larger weights count more. That is how ggml chooses
/// them (`make_qkx2_quants`), and its steps are kept: 21 candidates, from 14 to 16 steps over the range.
enum GGUFSuperBlock {
  private typealias Part = SIMD32<Float>
  private static let levels: Float = 15

  /// A part as scale * q - offset, offset not negative.
  private struct Fit {
    var scale: Float
    var offset: Float
  }

  static func write(_ x: UnsafePointer<Float>, _ y: UnsafeMutableRawPointer) -> Bool {
    for index in 0..<256 where !x[index].isFinite { return false }
    let parts = (0..<8).map { part in
      UnsafeRawPointer(x + 32 * part).loadUnaligned(as: Part.self)
    }
    let fits = parts.map(fit)
    let (largestScale, largestOffset) = (fits.map(\.scale).max() ?? 0, fits.map(\.offset).max() ?? 0)
    let scales = fits.map { sixBits($0.scale, of: largestScale) }
    let offsets = fits.map { sixBits($0.offset, of: largestOffset) }
    let fitsHalf = GGUFRows.store(largestScale / 63, y) && GGUFRows.store(largestOffset / 63, y + 2)
    pack(scales, offsets, to: y + 4)
    let (d, e) = (float(y), float(y + 2))
    for pair in 0..<4 {
      let low = codes(parts[2 * pair], d * Float(scales[2 * pair]), e * Float(offsets[2 * pair]))
      let high = codes(parts[2 * pair + 1], d * Float(scales[2 * pair + 1]), e * Float(offsets[2 * pair + 1]))
      for index in 0..<32 {
        let byte = UInt8(low[index]) | UInt8(high[index]) << 4
        y.storeBytes(of: byte, toByteOffset: 16 + 32 * pair + index, as: UInt8.self)
      }
    }
    return fitsHalf
  }

  private static func sixBits(_ value: Float, of largest: Float) -> UInt8 {
    largest > 0 ? UInt8(min(63, (63 / largest * value).rounded(.toNearestOrEven))) : 0
  }

  /// The f16 at a place as f32.
  private static func float(_ y: UnsafeMutableRawPointer) -> Float {
    GGUFRows.float(UInt16(littleEndian: y.load(as: UInt16.self)))
  }

  /// Scales and offsets of parts 0 to 3 take six bits of bytes 0 to 7; those of parts 4 to 7 their low four bits in
  /// bytes 8 to 11 and their upper two in the upper two of bytes 0 to 7.
  private static func pack(_ scales: [UInt8], _ offsets: [UInt8], to y: UnsafeMutableRawPointer) {
    for part in 0..<4 {
      let (s, m) = (scales[part + 4], offsets[part + 4])
      y.storeBytes(of: scales[part] | (s >> 4) << 6, toByteOffset: part, as: UInt8.self)
      y.storeBytes(of: offsets[part] | (m >> 4) << 6, toByteOffset: part + 4, as: UInt8.self)
      y.storeBytes(of: s & 15 | (m & 15) << 4, toByteOffset: part + 8, as: UInt8.self)
    }
  }

  /// The codes of a part under its final scale and offset; all zero where the scale is.
  private static func codes(_ x: Part, _ scale: Float, _ offset: Float) -> Part {
    scale == 0 ? Part() : nearest((x + offset) / scale)
  }

  /// The nearest codes, ties to even: adding 1.5 · 2²³ leaves no bits below one.
  private static func nearest(_ x: Part) -> Part {
    let shift: Float = 12_582_912
    let bounded = x.clamped(lowerBound: Part(repeating: 0), upperBound: Part(repeating: levels))
    return (bounded + shift) - shift
  }

  private static func fit(_ x: Part) -> Fit {
    // Offsets are subtracted, so that the range always reaches up to zero from below.
    var lowest = min(0, x.min())
    let highest = x.max()
    guard highest > lowest else { return Fit(scale: 0, offset: -lowest) }
    let deviation = ((x * x).sum() / 32).squareRoot()
    let weights = x.replacing(with: -x, where: x .< 0) + deviation
    let sums = Sums(x: x, weights: weights)

    var best = Fit(scale: (highest - lowest) / levels, offset: -lowest)
    var least = error(x, weights, nearest((x - lowest) * (levels / (highest - lowest))), best)
    for step in 0...20 {
      let candidate = nearest((x - lowest) * ((levels - 1 + 0.1 * Float(step)) / (highest - lowest)))
      guard let fitted = sums.fit(candidate) else { continue }
      let error = error(x, weights, candidate, fitted)
      // Later candidates span the range from the better offset on, as ggml's do.
      if error < least { (best, least, lowest) = (fitted, error, -fitted.offset) }
    }
    return best
  }

  private static func error(_ x: Part, _ weights: Part, _ codes: Part, _ fit: Fit) -> Float {
    let difference = codes * fit.scale - fit.offset - x
    return (weights * difference * difference).sum()
  }

  /// Weighted least squares of x on codes.
  private struct Sums {
    let x: Part
    let weights: Part
    let total: Float
    let ofX: Float

    init(x: Part, weights: Part) {
      self.x = x
      self.weights = weights
      total = weights.sum()
      ofX = (weights * x).sum()
    }

    /// Nil where all codes are the same, which leaves the scale open.
    func fit(_ codes: Part) -> Fit? {
      let weighted = weights * codes
      let (ofCodes, ofSquares, ofProducts) = (weighted.sum(), (weighted * codes).sum(), (weighted * x).sum())
      let determinant = total * ofSquares - ofCodes * ofCodes
      guard determinant > 0 else { return nil }
      let lowest = (ofSquares * ofX - ofCodes * ofProducts) / determinant
      guard lowest <= 0 else { return Fit(scale: ofProducts / ofSquares, offset: 0) }
      return Fit(scale: (total * ofProducts - ofX * ofCodes) / determinant, offset: -lowest)
    }
  }
}
