import Foundation
import Tensors

/// Where a model's weights come from as f32, one after another, without the whole of them being in memory.
public protocol WeightSource {
  var configuration: ModelConfiguration { get }
  /// - Throws: `ModelError` when a file lacks the weight or holds it in another shape.
  func rows(of weight: WeightDescription) throws -> DenseRows
}

/// The f32 rows of one weight, made or read when they are asked for; a vector is one row.
public struct DenseRows {
  /// Writes a range of rows, next to each other.
  public typealias Read = (_ rows: Range<Int>, _ values: UnsafeMutablePointer<Float>) -> Void

  public let count: Int
  public let columns: Int
  public let read: Read

  init(_ weight: WeightDescription, read: @escaping Read) {
    count = weight.rows
    columns = weight.columns
    self.read = read
  }

  init(_ weight: WeightDescription, _ tensor: Tensor) {
    self.init(weight) { rows, values in
      let width = tensor.columns
      values.update(from: tensor.data + rows.lowerBound * width, count: rows.count * width)
    }
  }

  func tensor(shape: [Int]) -> Tensor {
    let tensor = Tensor.zeros(shape)
    read(0..<count, tensor.data)
    return tensor
  }

  /// Calls `body` with some tens of megabytes of rows at a time.
  func forEachPart(_ body: (_ rows: Range<Int>, _ values: UnsafePointer<Float>) throws -> Void) rethrows {
    let step = min(count, max(64, (8 << 20) / columns))
    let part = Tensor.zeros([step, columns])
    try withExtendedLifetime(part) {
      for first in stride(from: 0, to: count, by: step) {
        let rows = first..<min(count, first + step)
        read(rows, part.data)
        try body(rows, part.data)
      }
    }
  }

  /// The matrix rounded to a format other than f32, in memory of its own.
  func quantized(_ format: WeightFormat) -> QuantizedMatrix {
    let quantizer = RowQuantizer(rows: count, columns: columns, format: format)
    return quantizer.matrix { codes in
      forEachPart { rows, values in
        quantizer.quantize(values, rows: rows, into: codes + rows.lowerBound * quantizer.rowBytes)
      }
    }
  }
}

/// New random weights: N(0, 0.02²), residual projections scaled by 1/√(2 layers) (GPT-2), norms 1, biases 0.
public struct RandomWeights: WeightSource {
  public let configuration: ModelConfiguration
  public let seed: UInt64

  public init(configuration: ModelConfiguration, seed: UInt64) {
    self.configuration = configuration
    self.seed = seed
  }

  public func rows(of weight: WeightDescription) -> DenseRows {
    let residual = Float(0.02) / Float(2 * configuration.layerCount).squareRoot()
    let isResidual = weight.name.contains("o_proj") || weight.name.contains("down_proj")
    return DenseRows(weight) { [seed] rows, values in
      if weight.kind == .vector {
        values.update(repeating: weight.name.hasSuffix(".bias") ? 0 : 1, count: weight.columns)
      } else {
        NormalRows.fill(
          values, rows: rows, columns: weight.columns, deviation: isResidual ? residual : 0.02, seed: seed,
          purpose: weight.name)
      }
    }
  }
}

/// Normal values that depend on seed, purpose and row alone.
enum NormalRows {
  static func fill(
    _ values: UnsafeMutablePointer<Float>, rows: Range<Int>, columns: Int, deviation: Float, seed: UInt64,
    purpose: String
  ) {
    Threads.ranges(rows.count, grain: 16) { range in
      for index in range {
        var generator = CounterGenerator(seed: seed, purpose: purpose, item: rows.lowerBound + index)
        generator.fillNormals(values + index * columns, count: columns, deviation: deviation)
      }
    }
  }
}

/// The weights of an opened model, expanded where they are rounded.
public struct OpenedWeights: WeightSource {
  private let model: LanguageModel
  private let matrices: [String: WeightMatrix]
  private let vectors: [String: Tensor]

  public init(_ model: LanguageModel) {
    self.model = model
    vectors = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value) })
    matrices = Dictionary(uniqueKeysWithValues: model.matrices)
  }

  public var configuration: ModelConfiguration { model.configuration }

  public func rows(of weight: WeightDescription) throws -> DenseRows {
    if case .quantized(let matrix)? = matrices[weight.name] {
      return DenseRows(weight) { rows, values in matrix.expandRows(rows, into: values) }
    }
    guard let tensor = vectors[weight.name] else {
      throw ModelError.missingTensor(file: "the opened model", tensor: weight.name)
    }
    return DenseRows(weight, tensor)
  }
}

/// Any source, where its kind is not known beforehand.
public struct AnyWeights: WeightSource {
  private let source: any WeightSource

  public init(_ source: any WeightSource) { self.source = source }

  public var configuration: ModelConfiguration { source.configuration }

  public func rows(of weight: WeightDescription) throws -> DenseRows { try source.rows(of: weight) }
}
