import CKernels

/// The 16 levels of NF4.
public enum NormalFloat {
  public static let levels: [Float] = {
    // One block with the scale 1, whose first codes are 0 to 15, two a byte.
    var codes = [UInt8](repeating: 0, count: 32)
    for index in 0..<8 { codes[index] = UInt8(index * 32 + index * 2 + 1) }
    var levels = [Float](repeating: 0, count: 64)
    ck_expand_nf4(&levels, codes, [1], 64)
    return Array(levels[..<16])
  }()
}
