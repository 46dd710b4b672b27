import Foundation
import Tensors

/// Writes a model's weights rounded to a format, as a Hugging Face folder.
///
/// NF4 is laid out as transformers and bitsandbytes do; bf16 is an ordinary folder; int8 is a layout of our own: I8 codes
/// under the weight's name and F32 scales under `NAME.scales`.
public enum RoundedFolder {
  /// Metadata key of model.safetensors: the format.
  public static let formatKey = "touchstone.format"

  /// Weights are made or read, rounded and written a few rows at a time: neither the model nor a large matrix of it is
  /// in memory as a whole. A kill or a full disk leaves no model.safetensors, or the one that was there.
  ///
  /// - Parameters:
  ///   - isPortable: Whether what stays f32 otherwise, norms and matrices of odd widths, is rounded to bf16 with NF4 and
  ///     bf16. transformers opens rounded weights in the type they are stored in, and then needs one type for the rest.
  ///   - metadata: More strings for the header of model.safetensors.
  ///   - progress: Called with the number of weights that are written so far.
  /// - Throws: `ModelError.unwritable` with the system's reason, and what the source throws.
  public static func write(
    _ source: some WeightSource, as format: WeightFormat, to folder: URL, isPortable: Bool = false,
    metadata: [String: String] = [:],
    progress: (_ done: Int) -> Void = { _ in }
  ) throws {
    let weights = source.configuration.weights
    let rest: WeightFormat = isPortable && format != .int8 ? .bf16 : .f32
    func kept(_ weight: WeightDescription) -> WeightFormat {
      let wanted = weight.format(in: format)
      return wanted == .f32 ? rest : wanted
    }
    try ModelFolder.create(folder)
    let dense = weights.filter { $0.kind == .linear && kept($0) != format }
    try source.configuration.save(
      to: folder, quantization: format.quantization(dense: dense.map { String($0.name.dropLast(".weight".count)) }),
      dtype: rest == .bf16 ? "bfloat16" : "float32")
    let file = try SafetensorsDraft(
      weights.flatMap { tensors(of: $0, as: kept($0)) },
      to: folder.appendingPathComponent(SafetensorsFolder.fileName),
      metadata: metadata.merging(["format": "pt", formatKey: format.rawValue]) { $1 })
    for (index, weight) in weights.enumerated() {
      try write(weight, as: kept(weight), rows: source.rows(of: weight), to: file)
      progress(index + 1)
    }
    try file.commit()
  }

  /// What a weight becomes in the file.
  private static func tensors(of weight: WeightDescription, as format: WeightFormat) -> [SafetensorsTensor] {
    let count = weight.rows * weight.columns
    switch format {
    case .f32: return [SafetensorsTensor(name: weight.name, shape: weight.shape)]
    case .bf16: return [SafetensorsTensor(name: weight.name, type: .bfloat16, shape: weight.shape)]
    case .int8:
      return [
        SafetensorsTensor(name: weight.name, type: .int8, shape: weight.shape),
        SafetensorsTensor(name: StoredName.scales(weight.name), shape: [weight.rows, weight.columns / 32]),
      ]
    case .nf4:
      let blocks = count / 64
      return [
        SafetensorsTensor(name: weight.name, type: .uint8, shape: [count / 2, 1]),
        SafetensorsTensor(name: StoredName.blockScales(weight.name), type: .uint8, shape: [blocks]),
        SafetensorsTensor(
          name: StoredName.scaleMaxima(weight.name),
          shape: [(blocks + QuantizedScales.block - 1) / QuantizedScales.block]),
        SafetensorsTensor(name: StoredName.scaleValues(weight.name), shape: [256]),
        SafetensorsTensor(name: StoredName.levels(weight.name), shape: [16]),
        SafetensorsTensor(
          name: StoredName.state(weight.name), type: .uint8, shape: [NormalFloatState.writtenSize]),
      ]
    }
  }

  private static func write(
    _ weight: WeightDescription, as format: WeightFormat, rows: DenseRows, to file: SafetensorsDraft
  ) throws {
    let name = weight.name
    guard format != .f32 else {
      try rows.forEachPart { part, values in
        let bytes = UnsafeRawBufferPointer(start: values, count: 4 * part.count * weight.columns)
        try file.write(name, bytes, at: 4 * part.lowerBound * weight.columns)
      }
      return
    }
    let quantizer = RowQuantizer(rows: weight.rows, columns: weight.columns, format: format)
    var codes: [UInt8] = []
    try rows.forEachPart { part, values in
      let size = part.count * quantizer.rowBytes
      if codes.count < size { codes = [UInt8](repeating: 0, count: size) }
      try codes.withUnsafeMutableBytes { codes in
        quantizer.quantize(values, rows: part, into: codes.baseAddress!)
        try file.write(
          name, UnsafeRawBufferPointer(rebasing: codes[..<size]), at: part.lowerBound * quantizer.rowBytes)
      }
    }
    switch quantizer.scales() {
    case .none: break
    case .plain(let memory): try memory.withBytes { try file.write(StoredName.scales(name), $0) }
    case .quantized(let scales):
      try scales.codes.withBytes { try file.write(StoredName.blockScales(name), $0) }
      try scales.maxima.withBytes { try file.write(StoredName.scaleMaxima(name), $0) }
      try scales.values.withUnsafeBytes { try file.write(StoredName.scaleValues(name), $0) }
      try NormalFloat.levels.withUnsafeBytes { try file.write(StoredName.levels(name), $0) }
      let state = NormalFloatState(shape: weight.shape, offset: scales.mean)
      try state.bytes.withUnsafeBytes { try file.write(StoredName.state(name), $0) }
    }
  }
}
