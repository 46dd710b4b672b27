import CKernels
import Foundation
import Tensors

extension LanguageModel {
  /// Opens a Hugging Face folder: config.json and model.safetensors, sharded or not. f32 weights stay mapped;
  /// bf16 and f16 are widened.
  ///
  /// - Parameter format: what the weights are rounded to in memory, one at a time; only f32 can be trained or saved.
  /// - Throws: `ModelError` naming the file or tensor that is missing, damaged or of the wrong shape.
  public convenience init(folder: URL, format: WeightFormat = .f32) throws {
    let configuration = try ModelConfiguration(folder: folder)
    let files = try SafetensorsFolder(folder)
    try self.init(
      configuration: configuration, format: format,
      weight: { name, shape in
        Parameter(name: name, value: try files.tensor(name, shape: shape), ownsValue: false)
      }, done: { name in try? files.entry(name).releasePages() })
  }

  /// The same model with its weights rounded to a format.
  public convenience init(rounding model: LanguageModel, to format: WeightFormat) {
    let values = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value) })
    self.init(
      configuration: model.configuration, format: format,
      weight: { name, _ in
        guard let value = values[name] else { preconditionFailure("\(name) is rounded already") }
        return Parameter(name: name, value: value, ownsValue: false)
      })
  }

  /// A new model with random weights: N(0, 0.02²), residual projections scaled by 1/√(2 layers) (GPT-2), norms 1.
  public convenience init(configuration: ModelConfiguration, seed: UInt64) {
    let residual = Float(0.02) / Float(2 * configuration.layerCount).squareRoot()
    self.init(
      configuration: configuration,
      weight: { name, shape in
        let value = Tensor.zeros(shape)
        if name.hasSuffix("norm.weight") {
          value.fill(1)
        } else if !name.hasSuffix(".bias") {
          let isResidual = name.contains("o_proj") || name.contains("down_proj")
          value.fillNormal(deviation: isResidual ? residual : 0.02, seed: seed, purpose: name)
        }
        return Parameter(name: name, value: value)
      })
  }

  /// Writes config.json and model.safetensors so that a kill leaves either the old or the new files.
  ///
  /// - Throws: `ModelError` when the folder cannot be written.
  public func save(to folder: URL) throws {
    precondition(format == .f32, "a model rounded to \(format.rawValue) has no f32 weights to save")
    try ModelFolder.create(folder)
    try SafetensorsWriter.write(parameters, toFolder: folder)
    try configuration.save(to: folder)
  }
}

extension Tensor {
  /// Normal values that depend on seed, purpose and row alone.
  func fillNormal(deviation: Float, seed: UInt64, purpose: String) {
    Threads.ranges(rows, grain: 64) { range in
      for row in range {
        var generator = CounterGenerator(seed: seed, purpose: purpose, item: row)
        for column in 0..<columns { self.row(row)[column] = generator.nextNormal() * deviation }
      }
    }
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
