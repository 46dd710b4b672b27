import Foundation
import Tensors

/// The weights of a model with a low-rank adapter added to them, one matrix after another: W + scale · B · A.
public struct MergedWeights: WeightSource {
  private let base: any WeightSource
  private let adapter: AdapterConfiguration
  private let file: SafetensorsFile

  /// - Parameter adapter: A PEFT folder.
  /// - Throws: `ModelError` naming the file that is missing, damaged or not supported.
  public init(_ base: any WeightSource, adapter folder: URL) throws {
    self.base = base
    adapter = try AdapterConfiguration(folder: folder)
    file = try SafetensorsFile(folder.appendingPathComponent("adapter_model.safetensors"))
    if adapter.usesMagnitudes {
      throw ModelError.unsupported(file: folder.path, feature: "DoRA (use_dora)", supported: "LoRA and rsLoRA")
    }
  }

  public var configuration: ModelConfiguration { base.configuration }

  public func rows(of weight: WeightDescription) throws -> DenseRows {
    let rows = try base.rows(of: weight)
    let module = String(weight.name.dropLast(".weight".count))
    guard weight.kind == .linear, adapter.targets(module) else { return rows }
    let rank = adapter.rank(forModule: module)
    let a = try file.tensor(AdapterTensorName.down(module), shape: [rank, weight.columns])
    let b = try file.tensor(AdapterTensorName.up(module), shape: [weight.rows, rank])
    // The whole matrix at once, as an adapter is merged in memory: the same bits.
    let merged = rows.tensor(shape: weight.shape)
    let scale = adapter.scale(forModule: module)
    let scaled = Tensor.zeros(b.shape)
    for index in 0..<b.count { scaled.data[index] = b.data[index] * scale }
    withExtendedLifetime((scaled, a)) {
      Products.times(
        merged.data, scaled.data, a.data, m: weight.rows, n: weight.columns, k: rank, accumulate: true)
    }
    return DenseRows(weight, merged)
  }
}
