import Foundation
import Tensors
import Tokenizers

extension WeightFormat {
  /// What the weights of a model's folder are rounded to, as its config.json says; nil where they are not.
  ///
  /// - Throws: `ModelError` for a folder that cannot be read, or that is rounded in a way which is not read here.
  public static func stored(inFolder folder: URL) throws -> WeightFormat? {
    try stored(ConfigurationFile(folder.appendingPathComponent(ModelConfiguration.fileName)))
  }

  private static let method = "touchstone"
  private static let supported =
    "weights in f32, bf16 or f16, NF4 as bitsandbytes writes it, int8 as rlhf init --quantize int8 writes it"

  static func stored(_ file: ConfigurationFile) throws -> WeightFormat? {
    guard let members = try file.object("quantization_config") else { return nil }
    let settings = ConfigurationFile(path: file.path, members: members)
    func refuse(_ what: String) -> ModelError {
      .unsupported(file: file.path, feature: "quantization_config: " + what, supported: supported)
    }
    let method = try settings.string("quant_method")
    switch method ?? "bitsandbytes" {
    case "bitsandbytes":
      if try settings.bool("load_in_8bit") == true { throw refuse("bitsandbytes' LLM.int8() (load_in_8bit)") }
      guard try settings.bool("load_in_4bit") == true else { throw refuse(ConfigurationFile.text(.object(members))) }
      let type = try settings.string("bnb_4bit_quant_type") ?? "fp4"
      guard type == "nf4" else {
        throw refuse("bitsandbytes' 4-bit type \(type)")
      }
      return .nf4
    case Self.method:
      guard let format = try settings.string("format").flatMap(WeightFormat.init(rawValue:)), format == .int8 else {
        throw refuse("the format \(settings["format"].map(ConfigurationFile.text) ?? "none")")
      }
      return format
    case let other:
      throw refuse("the quant_method \(other)")
    }
  }

  /// The `quantization_config` of a folder of this format; nil for what every reader takes as it is.
  ///
  /// - Parameter dense: Linear layers, by module, that are not rounded.
  func quantization(dense: [String]) -> JSONValue? {
    switch self {
    case .f32, .bf16: return nil
    case .int8: return .object(["quant_method": .string(Self.method), "format": .string(rawValue)])
    case .nf4:
      return .object([
        "quant_method": .string("bitsandbytes"), "load_in_4bit": .bool(true), "load_in_8bit": .bool(false),
        "bnb_4bit_quant_type": .string("nf4"), "bnb_4bit_use_double_quant": .bool(true),
        "bnb_4bit_compute_dtype": .string("float32"), "bnb_4bit_quant_storage": .string("uint8"),
        // Without names here transformers skips the output matrix; with names, those alone.
        "llm_int8_skip_modules": dense.isEmpty ? .null : .array((["lm_head"] + dense).map(JSONValue.string)),
      ])
    }
  }
}
