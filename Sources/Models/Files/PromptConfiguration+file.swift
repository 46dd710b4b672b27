import Foundation
import Tokenizers

/// What an adapter_config.json holds.
enum AdapterMethodFile {
  /// Reads a folder's adapter_config.json, as PEFT writes it, by its peft_type.
  ///
  /// - Throws: `ModelError` naming file, key and value: what is missing or not supported.
  static func read(_ folder: URL) throws -> Adapter.Method {
    let file = try ConfigurationFile(folder.appendingPathComponent(AdapterConfiguration.fileName))
    let type = try file.string("peft_type") ?? "missing"
    switch type {
    case "LORA": return .lowRank(try AdapterConfiguration(file))
    case "TRAINABLE_TOKENS":
      return .lowRank(
        AdapterConfiguration(
          targets: .modules([]), trainedTokens: try file.integers("token_indices") ?? [],
          task: try AdapterConfiguration.Task(file), baseModel: try file.string("base_model_name_or_path")))
    default:
      guard let method = PromptConfiguration.Method(rawValue: type) else {
        throw ModelError.unsupported(
          file: file.path, feature: "the peft_type \(type)",
          supported: "LORA, PREFIX_TUNING, P_TUNING, PROMPT_TUNING, TRAINABLE_TOKENS")
      }
      return .prompt(try PromptConfiguration(method, file))
    }
  }
}

extension PromptConfiguration {
  init(_ method: Method, _ file: ConfigurationFile) throws {
    guard let count = try file.integer("num_virtual_tokens"), count > 0 else {
      throw ModelError.malformed(file: file.path, reason: "num_virtual_tokens is missing or not positive")
    }
    if let modules = try file.integer("num_transformer_submodules"), modules != 1 {
      throw ModelError.unsupported(
        file: file.path, feature: "num_transformer_submodules \(modules)", supported: "1")
    }
    var encoder = Encoder.none
    switch method {
    case .prefix: if try file.bool("prefix_projection") ?? false { encoder = .projection }
    case .encodedPrompt:
      let name = try file.string("encoder_reparameterization_type") ?? Encoder.mlp.rawValue
      guard let found = Encoder(rawValue: name), found == .mlp || found == .lstm else {
        throw ModelError.unsupported(
          file: file.path, feature: "encoder_reparameterization_type \(name)", supported: "MLP, LSTM")
      }
      encoder = found
    case .prompt: break
    }
    self.init(
      method, count: count, encoder: encoder, encoderWidth: try file.integer("encoder_hidden_size"),
      encoderLayers: try file.integer("encoder_num_layers") ?? 2, task: try AdapterConfiguration.Task(file),
      baseModel: try file.string("base_model_name_or_path"))
  }

  /// Writes adapter_config.json into a folder, for PEFT to open.
  ///
  /// - Parameter model: the base, whose shape PEFT keeps in the file.
  /// - Throws: `ModelError.unwritable`.
  func save(to folder: URL, model: ModelConfiguration) throws {
    let width = tokenWidth(model)
    var members: [String: JSONValue] = [
      "peft_type": .string(method.rawValue), "task_type": .string(task.rawValue), "num_virtual_tokens": .integer(count),
      "token_dim": .integer(width), "num_layers": .integer(model.layerCount),
      "num_attention_heads": .integer(method == .prefix ? model.keyValueHeadCount : model.headCount),
      "num_transformer_submodules": .integer(1), "inference_mode": .bool(true),
      "base_model_name_or_path": baseModel.map(JSONValue.string) ?? .null, "revision": .null,
      "modules_to_save": task == .sequenceClassification ? .array([.string("classifier"), .string("score")]) : .null,
    ]
    switch method {
    case .prefix:
      members["prefix_projection"] = .bool(encoder == .projection)
      members["encoder_hidden_size"] = .integer(encoderWidth ?? width)
    case .encodedPrompt:
      members["encoder_reparameterization_type"] = .string(encoder == .lstm ? encoder.rawValue : Encoder.mlp.rawValue)
      members["encoder_hidden_size"] = .integer(encoderWidth ?? width)
      members["encoder_num_layers"] = .integer(encoderLayers)
      members["encoder_dropout"] = .number(0)
    case .prompt:
      members["prompt_tuning_init"] = .string("RANDOM")
    }
    try ConfigurationFile.write(members, to: folder.appendingPathComponent(AdapterConfiguration.fileName))
  }
}
