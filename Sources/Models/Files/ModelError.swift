/// What went wrong with a model's files, in words for the person at the terminal.
public enum ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file is missing or cannot be read.
  case unreadable(file: String, reason: String)
  /// A file ends too early, as after a broken download or a full disk.
  case truncated(file: String, expectedBytes: Int, actualBytes: Int)
  /// A file is damaged or not what its name says.
  case malformed(file: String, reason: String)
  /// A tensor's entry contradicts itself, the file, or the model.
  case badTensor(file: String, tensor: String, reason: String)
  /// A tensor that the model needs is not there.
  case missingTensor(file: String, tensor: String)
  /// A file asks for something that this program does not do.
  case unsupported(file: String, feature: String, supported: String)
  /// Weights are rounded already, and to something else than what was asked for.
  case roundedAlready(folder: String, stored: String, asked: String)
  /// A file cannot be written.
  case unwritable(file: String, reason: String)
  /// An adapter's targets match no linear layer of the model.
  case noTargets(String, [String])
  /// A token whose row is to be trained is not in the vocabulary.
  case noToken(Int, vocabularySize: Int)
  /// A layer has no principal part of this rank.
  case rankTooHigh(String, rank: Int, limit: Int)
  /// A pattern of weights to freeze matches none.
  case noSuchWeights(String, examples: [String])
  /// The patterns of weights to freeze match all.
  case nothingLeft([String])
  /// No preset has this name.
  case unknownPreset(String, known: [String])

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .truncated(let file, let expected, let actual):
      "\(file): truncated: \(expected) bytes expected, \(actual) there; copy or download it again"
    case .malformed(let file, let reason): "\(file): damaged: \(reason)"
    case .badTensor(let file, let tensor, let reason): "\(file): tensor \(tensor): \(reason)"
    case .missingTensor(let file, let tensor): "\(file): tensor \(tensor) is missing"
    case .unsupported(let file, let feature, let supported):
      "\(file): \(feature) is not supported; supported: \(supported)"
    case .roundedAlready(let folder, let stored, let asked):
      "\(folder): the weights are kept as \(stored) and cannot be opened as \(asked): leave the format out, "
        + "or open the model they were rounded from"
    case .unwritable(let file, let reason): "\(file): cannot be written: \(reason)"
    case .noTargets(let targets, let examples):
      "the adapter's target_modules (\(targets)) match no linear layer; "
        + "layers are called, for example, \(examples.joined(separator: ", "))"
    case .noToken(let token, let size): "token \(token) is to be trained, but the vocabulary has \(size) tokens"
    case .rankTooHigh(let layer, let rank, let limit):
      "\(layer) has \(limit) singular values, fewer than the rank \(rank) that start: pissa asks for; lower the rank"
    case .noSuchWeights(let pattern, let examples):
      "freeze: \(pattern) matches no weight; weights are called, for example, \(examples.joined(separator: ", "))"
    case .nothingLeft(let patterns):
      "freeze: \(patterns.joined(separator: ", ")) leaves no weight to train"
    case .unknownPreset(let name, let known): "no preset is called \(name); there are \(known.joined(separator: ", "))"
    }
  }
}
