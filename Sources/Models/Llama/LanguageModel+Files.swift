import CKernels
import Foundation
import Tensors

extension LanguageModel {
  /// Opens a Hugging Face folder: config.json and model.safetensors, sharded or not. What needs no rounding stays
  /// mapped: f32 weights, bf16 ones where bf16 is asked for, and weights that are rounded already.
  ///
  /// - Parameter format: what the weights are rounded to, one at a time; nil for what the folder holds, f32 where it
  ///   is not rounded. Only f32 can be trained or saved.
  /// - Throws: `ModelError` naming the file or tensor that is missing, damaged or of the wrong shape, or the folder whose
  ///   weights are rounded to another format.
  public convenience init(folder: URL, format: WeightFormat? = nil) throws {
    try self.init(mapping: FolderWeights(folder), format: format)
  }

  /// - Throws: as `init(folder:format:)`.
  public convenience init(mapping folder: FolderWeights, format: WeightFormat? = nil) throws {
    let asked = format ?? folder.format ?? .f32
    if let stored = folder.format, stored != asked {
      throw ModelError.roundedAlready(
        folder: folder.files.url.path, stored: stored.rawValue, asked: asked.rawValue)
    }
    try self.init(configuration: folder.configuration, format: asked) { weight in
      let wanted = folder.format == nil ? weight.format(in: asked) : nil
      return try folder.matrix(weight, format: wanted)
    }
  }

  /// A model whose weights are made, merged or expanded, one after another, and rounded to `format` in memory.
  ///
  /// - Throws: `ModelError` when the source lacks a weight.
  public convenience init(rounding source: some WeightSource, to format: WeightFormat) throws {
    try self.init(configuration: source.configuration, format: format) { weight in
      let rows = try source.rows(of: weight)
      let format = weight.format(in: format)
      if format != .f32 { return .quantized(rows.quantized(format)) }
      return .dense(Parameter(name: weight.name, value: rows.tensor(shape: weight.shape)))
    }
  }

  /// The same weights as f32, in memory of their own: they can be trained, merged with an adapter and saved.
  public convenience init(expanding model: LanguageModel) throws {
    try self.init(rounding: OpenedWeights(model), to: .f32)
  }

  /// A new model with random weights: N(0, 0.02²), residual projections scaled by 1/√(2 layers) (GPT-2), norms 1.
  public convenience init(configuration: ModelConfiguration, seed: UInt64) {
    let source = RandomWeights(configuration: configuration, seed: seed)
    self.init(configuration: configuration, format: .f32) { weight in
      .dense(Parameter(name: weight.name, value: source.rows(of: weight).tensor(shape: weight.shape)))
    }
  }

  /// Writes config.json and model.safetensors so that a kill leaves either the old or the new files.
  ///
  /// - Throws: `ModelError` when the folder cannot be written.
  public func save(to folder: URL) throws {
    try save(to: folder, as: .float32)
  }
}

extension Tensor {
  /// Normal values that depend on seed, purpose and row alone.
  func fillNormal(deviation: Float, seed: UInt64, purpose: String) {
    NormalRows.fill(data, rows: 0..<rows, columns: columns, deviation: deviation, seed: seed, purpose: purpose)
  }
}

enum ModelFolder {
  /// - Throws: `ModelError.unwritable`.
  static func create(_ folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw ModelError.unwritable(file: folder.path, reason: "the folder cannot be made: \(error.localizedDescription)")
    }
  }
}
