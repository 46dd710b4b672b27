import Foundation
import Synchronization
import Tensors
import Tokenizers

/// What a GGUF file says of its model besides shape and vocabulary.
public struct GGUFDescription: Sendable, Hashable {
  public var name: String
  /// An SPDX identifier or a name.
  public var license: String?

  public init(name: String, license: String? = nil) {
    self.name = name
    self.license = license
  }
}

extension LanguageModel {
  /// Writes the model as a GGUF file for llama.cpp, with its tokenizer and chat template; all at once.
  ///
  /// Keys and names are those of llama.cpp's convert_hf_to_gguf.py.
  /// - Throws: `TokenizerError` for a tokenizer that llama.cpp has no name for, `ModelError` for a value that
  ///   `precision` cannot hold or a file that cannot be written.
  public func saveGGUF(
    to url: URL, precision: GGUFPrecision, tokenizer: Tokenizer, description: GGUFDescription
  ) throws {
    precondition(format == .f32, "a model rounded to \(format.rawValue) has no f32 weights to save")
    let vocabulary = try tokenizer.ggufVocabulary(size: configuration.vocabularySize, file: url.path)
    let metadata = ggufMetadata(precision: precision, vocabulary: vocabulary, description: description)
    var sources: [String: Parameter] = [:]
    let tensors = parameters.map { parameter in
      let name = GGUFName.tensor(parameter.name)
      sources[name] = parameter
      let isOutput = name == "output.weight" || (configuration.tiesEmbeddings && name == "token_embd.weight")
      return GGUFTensor(
        name: name, type: precision.type(shape: parameter.value.shape, isOutput: isOutput),
        shape: parameter.value.shape)
    }
    try GGUFWriter.write(tensors, metadata: metadata, to: url) { tensor, sink in
      guard let source = sources[tensor.name] else { preconditionFailure("\(tensor.name) has no values") }
      try write(tensor, source, file: url.path, sink)
    }
  }

  private func ggufMetadata(
    precision: GGUFPrecision, vocabulary: GGUFVocabulary, description: GGUFDescription
  ) -> [(key: String, value: GGUFValue)] {
    let c = configuration
    var all: [(key: String, value: GGUFValue)] = [
      ("general.architecture", .string("llama")), ("general.type", .string("model")),
      ("general.name", .string(description.name)),
      ("general.size_label", .string(GGUFName.size(c.parameterCount))),
    ]
    if let license = description.license { all.append(("general.license", .string(license))) }
    all += [
      ("llama.block_count", .uint32(UInt32(c.layerCount))),
      ("llama.context_length", .uint32(UInt32(c.maximumPositions))),
      ("llama.embedding_length", .uint32(UInt32(c.hiddenSize))),
      ("llama.feed_forward_length", .uint32(UInt32(c.intermediateSize))),
      ("llama.attention.head_count", .uint32(UInt32(c.headCount))),
      ("llama.attention.head_count_kv", .uint32(UInt32(c.keyValueHeadCount))),
      ("llama.rope.freq_base", .float32(Float(c.ropeTheta))),
      ("llama.attention.layer_norm_rms_epsilon", .float32(c.rmsNormEpsilon)),
      ("llama.attention.key_length", .uint32(UInt32(c.headSize))),
      ("llama.attention.value_length", .uint32(UInt32(c.headSize))),
      ("general.file_type", .uint32(precision.fileType)),
      ("llama.vocab_size", .uint32(UInt32(c.vocabularySize))),
      ("llama.rope.dimension_count", .uint32(UInt32(c.headSize))),
    ]
    all += vocabulary.metadata(end: c.endOfSequence.first, begin: c.beginningOfSequence)
    all.append(("general.quantization_version", .uint32(2)))
    return all
  }

  /// Turns a tensor into bytes, some megabytes of rows at a time.
  private func write(
    _ tensor: GGUFTensor, _ source: Parameter, file: String, _ sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let order = rowOrder(of: tensor)
    // A vector is a column here, so that biases take the order of their layer's rows.
    let (rows, columns) = tensor.shape.count == 1 ? (tensor.columns, 1) : (tensor.rows, tensor.columns)
    let width = tensor.type.bytes(columns: columns)
    let values = UncheckedValues(base: source.value.data)
    let chunk = max(1, (1 << 22) / columns)
    for first in stride(from: 0, to: rows, by: chunk) {
      let count = min(chunk, rows - first)
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count * width, alignment: 64)
      defer { bytes.deallocate() }
      let target = UncheckedBytes(base: bytes.baseAddress!)
      let isHeld = Atomic<Bool>(true)
      Threads.ranges(count, grain: max(1, 8192 / columns)) { range in
        for row in range {
          let x = values.base + order(first + row) * columns
          if !GGUFRows.write(x, columns: columns, as: tensor.type, to: target.base + row * width) {
            isHeld.store(false, ordering: .relaxed)
          }
        }
      }
      guard isHeld.load(ordering: .relaxed) else {
        throw ModelError.badTensor(
          file: file, tensor: tensor.name,
          reason: "it holds a value that is not finite or too large for \(tensor.type.name); nothing was written")
      }
      try sink(UnsafeRawBufferPointer(bytes))
    }
  }

  private struct UncheckedValues: @unchecked Sendable { let base: UnsafeMutablePointer<Float> }
  private struct UncheckedBytes: @unchecked Sendable { let base: UnsafeMutableRawPointer }

  /// The model's row for each row of the file. Rotary positions turn value i of a head with value i + half here, and
  /// with its neighbour in llama.cpp, so that rows of queries and keys are dealt out in turns.
  private func rowOrder(of tensor: GGUFTensor) -> (Int) -> Int {
    guard tensor.name.contains(".attn_q.") || tensor.name.contains(".attn_k.") else { return { $0 } }
    let (head, half) = (configuration.headSize, configuration.headSize / 2)
    return { row in row / head * head + row % head / 2 + row % 2 * half }
  }
}
