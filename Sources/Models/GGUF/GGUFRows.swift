import CKernels

/// Turns rows of f32 into the bytes of a GGUF type.
///
/// Source: the formats of ggml (ggml-common.h); Q8_0, Q4_0 and Q5_0 give the bits of `gguf.quants` (gguf-py 0.19.0).
package enum GGUFRows {
  /// Writes one row.
  ///
  /// - Returns: false for a row that the type cannot hold: with a value that is not finite or whose scale f16 cannot hold.
  package static func write(
    _ x: UnsafePointer<Float>, columns: Int, as type: GGUFType, to y: UnsafeMutableRawPointer
  ) -> Bool {
    switch type {
    case .f32:
      y.copyMemory(from: x, byteCount: columns * MemoryLayout<Float>.size)
      return true
    case .bf16:
      ck_f32_to_bf16(y.assumingMemoryBound(to: UInt16.self), x, columns)
      return true
    case .f16:
      ck_f32_to_f16(y.assumingMemoryBound(to: UInt16.self), x, columns)
      return (0..<columns).allSatisfy { abs(x[$0]) <= 65504 }
    case .q80: return blocks(x, columns, type, y, eightBits)
    case .q40: return blocks(x, columns, type, y, fourBits)
    case .q50: return blocks(x, columns, type, y, fiveBits)
    case .q4K: return blocks(x, columns, type, y, GGUFSuperBlock.write)
    }
  }

  private static func blocks(
    _ x: UnsafePointer<Float>, _ columns: Int, _ type: GGUFType, _ y: UnsafeMutableRawPointer,
    _ write: (UnsafePointer<Float>, UnsafeMutableRawPointer) -> Bool
  ) -> Bool {
    for block in 0..<columns / type.blockSize
    where !write(x + block * type.blockSize, y + block * type.blockBytes) { return false }
    return true
  }

  /// A scale as f16, at the place given.
  /// - Returns: whether f16 can hold it.
  static func store(_ scale: Float, _ y: UnsafeMutableRawPointer) -> Bool {
    let half = half(scale)
    y.storeBytes(of: half.littleEndian, as: UInt16.self)
    return half & 0x7C00 != 0x7C00
  }

  static func half(_ value: Float) -> UInt16 {
    var (value, half) = (value, UInt16(0))
    ck_f32_to_f16(&half, &value, 1)
    return half
  }

  static func float(_ half: UInt16) -> Float {
    var (value, half) = (Float(0), half)
    ck_f16_to_f32(&value, &half, 1)
    return value
  }

  /// The value that is farthest from zero, the first of equals; nil where one is not finite.
  private static func extreme(_ x: UnsafePointer<Float>) -> Float? {
    var found: Float = 0
    for index in 0..<32 {
      guard x[index].isFinite else { return nil }
      if abs(x[index]) > abs(found) { found = x[index] }
    }
    return found
  }

  /// 1 / d, and 0 where that is beyond f32: such a block is as good as zero.
  private static func inverse(_ d: Float) -> Float {
    let inverse = 1 / d
    return inverse.isFinite ? inverse : 0
  }

  /// d = max|x| / 127, q = x / d to the nearest, ties away from zero.
  private static func eightBits(_ x: UnsafePointer<Float>, _ y: UnsafeMutableRawPointer) -> Bool {
    guard let extreme = extreme(x) else { return false }
    let d = abs(extreme) / 127
    let inverse = inverse(d)
    for index in 0..<32 {
      y.storeBytes(of: Int8((x[index] * inverse).rounded()), toByteOffset: 2 + index, as: Int8.self)
    }
    return store(d, y)
  }

  /// d = extreme / -8, so that the extreme itself is q = 0; byte i holds weights i and i + 16.
  private static func fourBits(_ x: UnsafePointer<Float>, _ y: UnsafeMutableRawPointer) -> Bool {
    guard let extreme = extreme(x) else { return false }
    let d = extreme / -8
    let inverse = inverse(d)
    func code(_ index: Int) -> UInt8 { UInt8(min(15, x[index] * inverse + 8.5)) }
    for index in 0..<16 {
      y.storeBytes(of: code(index) | code(index + 16) << 4, toByteOffset: 2 + index, as: UInt8.self)
    }
    return store(d, y)
  }

  /// d = extreme / -16; the fifth bits stand in 32 bits before the others.
  private static func fiveBits(_ x: UnsafePointer<Float>, _ y: UnsafeMutableRawPointer) -> Bool {
    guard let extreme = extreme(x) else { return false }
    let d = extreme / -16
    let inverse = inverse(d)
    func code(_ index: Int) -> UInt8 { UInt8(min(31, x[index] * inverse + 16.5)) }
    var high: UInt32 = 0
    for index in 0..<16 {
      let (low, upper) = (code(index), code(index + 16))
      y.storeBytes(of: low & 15 | (upper & 15) << 4, toByteOffset: 6 + index, as: UInt8.self)
      high |= UInt32(low >> 4) << index | UInt32(upper >> 4) << (index + 16)
    }
    y.storeBytes(of: high.littleEndian, toByteOffset: 2, as: UInt32.self)
    return store(d, y)
  }
}
