import Foundation
import Tensors
import Tokenizers

extension ModelConfiguration {
  static let fileName = "config.json"

  /// Reads a folder's config.json, as transformers 4 and 5 write it.
  ///
  /// - Throws: `ModelError` naming file, key and value: what is missing, contradicts itself or is not supported.
  public init(folder: URL) throws {
    try self.init(file: folder.appendingPathComponent(Self.fileName))
  }

  /// Reads a config.json, whatever it is called.
  ///
  /// - Throws: As `init(folder:)`.
  public init(file url: URL) throws {
    let file = try ConfigurationFile(url)
    guard let type = try file.string("model_type") else {
      throw ModelError.malformed(file: file.path, reason: "model_type is missing")
    }
    guard let architecture = ModelArchitecture(rawValue: type) else {
      throw ModelError.unsupported(
        file: file.path, feature: "the model_type \(type)",
        supported: ModelArchitecture.allCases.map(\.rawValue).joined(separator: ", "))
    }
    switch architecture {
    case .llama: try self.init(llama: file)
    }
    try check(file.path)
  }

  /// Defaults of absent keys are those of transformers' LlamaConfig.
  private init(llama file: ConfigurationFile) throws {
    try Self.refuseUnsupported(file)
    let hiddenSize = try file.required("hidden_size")
    let headCount = try file.required("num_attention_heads")
    guard headCount > 0 else {
      throw ModelError.malformed(file: file.path, reason: "num_attention_heads is \(headCount)")
    }
    self.init(
      architecture: .llama, hiddenSize: hiddenSize, layerCount: try file.required("num_hidden_layers"),
      headCount: headCount, keyValueHeadCount: try file.integer("num_key_value_heads"),
      headSize: try file.integer("head_dim"), intermediateSize: try file.required("intermediate_size"),
      vocabularySize: try file.required("vocab_size"),
      rmsNormEpsilon: Float(try file.number("rms_norm_eps") ?? 1e-6), ropeTheta: try Self.ropeTheta(file),
      maximumPositions: try file.integer("max_position_embeddings") ?? 2048,
      tiesEmbeddings: try file.bool("tie_word_embeddings") ?? false,
      attentionBias: try file.bool("attention_bias") ?? false, feedForwardBias: try file.bool("mlp_bias") ?? false,
      beginningOfSequence: try file.integers("bos_token_id")?.first.map(Int32.init),
      endOfSequence: (try file.integers("eos_token_id") ?? []).map(Int32.init),
      padding: try file.integers("pad_token_id")?.first.map(Int32.init))
  }

  private static func refuseUnsupported(_ file: ConfigurationFile) throws {
    func refuse(_ key: String, supported: String) throws {
      guard let value = file[key] else { return }
      throw ModelError.unsupported(
        file: file.path, feature: "\(key) \(ConfigurationFile.text(value))", supported: supported)
    }
    if try file.string("hidden_act") ?? "silu" != "silu" { try refuse("hidden_act", supported: "silu") }
    if try file.integer("pretraining_tp") ?? 1 != 1 { try refuse("pretraining_tp", supported: "1") }
    if try file.number("partial_rotary_factor") ?? 1 != 1 { try refuse("partial_rotary_factor", supported: "1") }
    _ = try WeightFormat.stored(file)
    try refuse("sliding_window", supported: "attention over the whole sequence")
    for key in ["rope_scaling", "rope_parameters"] {
      guard let settings = try file.object(key) else { continue }
      let type = (settings["rope_type"] ?? settings["type"])?.string ?? "default"
      if type != "default" || (settings["partial_rotary_factor"]?.number ?? 1) != 1 {
        try refuse(key, supported: "null, or the rope_type \"default\"")
      }
    }
  }

  private static func ropeTheta(_ file: ConfigurationFile) throws -> Double {
    let parameters = ConfigurationFile(path: file.path, members: try file.object("rope_parameters") ?? [:])
    return try parameters.number("rope_theta") ?? file.number("rope_theta") ?? 10_000
  }

  /// Refuses shapes that no model can have.
  private func check(_ file: String) throws {
    let sizes = [
      ("hidden_size", hiddenSize), ("num_hidden_layers", layerCount), ("num_attention_heads", headCount),
      ("num_key_value_heads", keyValueHeadCount), ("head_dim", headSize), ("intermediate_size", intermediateSize),
      ("vocab_size", vocabularySize), ("max_position_embeddings", maximumPositions),
    ]
    for (key, size) in sizes where size <= 0 || size > 1 << 30 {
      throw ModelError.malformed(file: file, reason: "\(key) is \(size)")
    }
    if headCount % keyValueHeadCount != 0 {
      throw ModelError.malformed(
        file: file,
        reason: "num_attention_heads \(headCount) is not a multiple of num_key_value_heads \(keyValueHeadCount)")
    }
    if headSize % 2 != 0 {
      throw ModelError.malformed(file: file, reason: "head_dim \(headSize) is odd; rotary positions need pairs")
    }
  }

  /// Writes config.json into a folder, for transformers 4 and 5 alike.
  ///
  /// - Parameter type: what the weights beside it are written in.
  /// - Throws: `ModelError.unwritable`.
  public func save(to folder: URL, type: SafetensorsType = .float32) throws {
    try save(to: folder, quantization: nil, dtype: type.torchName)
  }

  /// - Parameters:
  ///   - quantization: How weights are rounded, under `quantization_config`.
  ///   - dtype: PyTorch's name for the type of the other weights.
  func save(to folder: URL, quantization: JSONValue?, dtype: String = "float32") throws {
    var members: [String: JSONValue] = [
      "architectures": .array([.string(architecture.transformersClass)]),
      "model_type": .string(architecture.rawValue),
      "hidden_size": .integer(hiddenSize), "num_hidden_layers": .integer(layerCount),
      "num_attention_heads": .integer(headCount), "num_key_value_heads": .integer(keyValueHeadCount),
      "head_dim": .integer(headSize), "intermediate_size": .integer(intermediateSize),
      "vocab_size": .integer(vocabularySize), "max_position_embeddings": .integer(maximumPositions),
      // Through its decimal digits, so that 1e-05 does not become 9.99999974737875e-06.
      "rms_norm_eps": .number(Double("\(rmsNormEpsilon)") ?? Double(rmsNormEpsilon)),
      "rope_theta": .number(ropeTheta),
      "rope_parameters": .object(["rope_theta": .number(ropeTheta), "rope_type": .string("default")]),
      "tie_word_embeddings": .bool(tiesEmbeddings), "attention_bias": .bool(attentionBias),
      "mlp_bias": .bool(feedForwardBias), "hidden_act": .string("silu"), "initializer_range": .number(0.02),
      "torch_dtype": .string(dtype), "use_cache": .bool(true),
    ]
    members["bos_token_id"] = beginningOfSequence.map { .integer(Int($0)) } ?? .null
    members["pad_token_id"] = padding.map { .integer(Int($0)) } ?? .null
    switch endOfSequence.count {
    case 0: members["eos_token_id"] = .null
    case 1: members["eos_token_id"] = .integer(Int(endOfSequence[0]))
    default: members["eos_token_id"] = .array(endOfSequence.map { .integer(Int($0)) })
    }
    members["quantization_config"] = quantization
    try ConfigurationFile.write(members, to: folder.appendingPathComponent(Self.fileName))
  }
}
