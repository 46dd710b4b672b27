/// What went wrong with a tokenizer's files, in words for the person at the terminal.
public enum TokenizerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file is missing, unreadable, or not the JSON it should be.
  case unreadable(file: String, reason: String)
  /// A file asks for something this tokenizer does not do.
  case unsupported(file: String, feature: String, supported: String)
  /// A file contradicts itself.
  case inconsistent(file: String, reason: String)
  /// A file cannot be written.
  case unwritable(file: String, reason: String)
  /// The chat template is none of the families known here.
  case unknownTemplate(file: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .unsupported(let file, let feature, let supported):
      "\(file): \(feature) is not supported; supported: \(supported)"
    case .inconsistent(let file, let reason): "\(file): \(reason)"
    case .unwritable(let file, let reason): "\(file): cannot be written: \(reason)"
    case .unknownTemplate(let file, let reason):
      "\(file): unknown chat template (\(reason)); supported: "
        + "ChatML (<|im_start|>), Llama 3 headers (<|start_header_id|>), Zephyr (<|user|>)"
    }
  }
}
