import Foundation
import Tensors

/// The weights of a model with an adapter of deltas and token rows merged into them, one matrix after another.
public struct MergedWeights: WeightSource {
  private let base: any WeightSource
  private let adapter: AdapterConfiguration
  private let file: SafetensorsFile

  /// - Parameter adapter: A PEFT folder.
  /// - Throws: `ModelError` naming the file that is missing, damaged or not supported.
  public init(_ base: any WeightSource, adapter folder: URL) throws {
    self.base = base
    adapter = try AdapterConfiguration(folder: folder)
    file = try SafetensorsFile(folder.appendingPathComponent(Adapter.weightsName))
  }

  public var configuration: ModelConfiguration { base.configuration }

  public func rows(of weight: WeightDescription) throws -> DenseRows {
    let rows = try base.rows(of: weight)
    let module = String(weight.name.dropLast(".weight".count))
    if weight.kind == .table {
      let isEmbedding = weight.name == "model.embed_tokens.weight" || configuration.tiesEmbeddings
      return isEmbedding && !adapter.trainedTokens.isEmpty ? try replacing(rows, of: weight) : rows
    }
    guard weight.kind == .linear, adapter.targets(module) else { return rows }
    // The whole matrix at once, as an adapter is merged in memory: the same bits.
    let merged = rows.tensor(shape: weight.shape)
    let linear = Linear(name: module, weight: Parameter(name: weight.name, value: merged))
    try delta(of: linear).merge(into: merged, of: linear)
    return DenseRows(weight, merged)
  }

  private func delta(of linear: Linear) throws -> LowRankDelta {
    func parameter(_ name: String, _ shape: [Int]) throws -> Parameter {
      Parameter(name: name, value: try file.tensor(name, shape: shape), ownsValue: false)
    }
    let rank = adapter.rank(forModule: linear.name)
    return LowRankDelta(
      a: try parameter(AdapterTensorName.down(linear.name), [rank, linear.inputs]),
      b: try parameter(AdapterTensorName.up(linear.name), [linear.outputs, rank]),
      scale: adapter.scale(forModule: linear.name),
      magnitude: try adapter.usesMagnitudes
        ? Magnitude(parameter(AdapterTensorName.magnitude(linear.name), [linear.outputs])) : nil)
  }

  private func replacing(_ rows: DenseRows, of weight: WeightDescription) throws -> DenseRows {
    let name = AdapterTensorName.tokens
    let known = file.names.contains(name) ? name : AdapterTensorName.alternative(name)
    let values = try file.tensor(known, shape: [adapter.trainedTokens.count, weight.columns])
    let merged = rows.tensor(shape: weight.shape)
    for (index, token) in adapter.trainedTokens.enumerated() where (0..<merged.rows).contains(token) {
      merged.row(token).update(from: values.row(index), count: weight.columns)
    }
    return DenseRows(weight, merged)
  }
}
