/// What stops training, in words for the person at the terminal.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  case invalidOption(name: String, value: String, expected: String)
  /// No row is left to train on, with what became of them.
  case noRows(what: String, report: String)
  case invalidRow(id: String, reason: String)
  case nothingTrainable(role: String)
  case missingScoreHead(role: String)
  case sharedWeights(String, String)
  case notFinite(String)
  case foreignCheckpoint(path: String)
  case checkpoint(path: String, reason: String)
  /// The file that a run reads its rows from.
  case rowsFile(path: String, problem: String)
  /// There is no room for the optimiser's moments.
  case optimizerState(problem: String)

  public var description: String {
    switch self {
    case .invalidOption(let name, let value, let expected):
      "\(name) is \(value), but it must be \(expected)"
    case .noRows(let what, let report):
      "there is nothing to train on: \(what) (\(report)); check the data of this stage and its maximum length"
    case .invalidRow(let id, let reason):
      "row \(id) cannot be trained on: \(reason)"
    case .nothingTrainable(let role):
      "the \(role) has nothing to train: give it an adapter, or make its model trainable"
    case .missingScoreHead(let role):
      "the \(role)'s adapter has no score head: make it with a score head, or start from a reward model"
    case .sharedWeights(let trained, let other):
      "training the \(trained) would change the \(other) too: train an adapter, or give the \(other) its own copy"
    case .notFinite(let what):
      "\(what) is no longer a finite number; lower the learning rate or the maximum gradient norm"
    case .foreignCheckpoint(let path):
      "checkpoint \(path) belongs to another recipe, data set or model; remove it, or train in another folder"
    case .checkpoint(let path, let reason):
      "checkpoint \(path): \(reason)"
    case .rowsFile(let path, let problem):
      "the run's rows in \(path): the file \(problem)"
    case .optimizerState(let problem):
      "no room for the optimiser's moments: \(problem); optimizer: adamw8bit needs a quarter of it"
    }
  }

  static func require(_ condition: Bool, _ name: String, _ value: some Any, _ expected: String) throws {
    guard condition else { throw invalidOption(name: name, value: "\(value)", expected: expected) }
  }
}
