/// Why a recipe cannot be used or a run cannot go on; the text is for the person at the terminal.
public enum RecipeError: Error, Sendable, CustomStringConvertible {
  /// The recipe is wrong: every problem found, each with its place. Exit code 2.
  case invalid([RecipeProblem])
  /// There is no such recipe. Exit code 2.
  case unreadable(path: String, reason: String)
  /// The command cannot be carried out as typed. Exit code 2.
  case usage(String)
  /// Another run holds the store.
  case locked(store: String, holder: String)
  /// People must label before the run can go on. Exit code 3.
  case waiting(stage: String, missing: Int, command: String)
  /// The run was interrupted and can be resumed by the same command. Exit code 130.
  case interrupted(stage: String)
  /// A stage found nothing to work on, or its input is unusable.
  case stage(String, problem: String)

  public var description: String {
    switch self {
    case .invalid(let problems):
      problems.map(\.description).joined(separator: "\n")
    case .unreadable(let path, let reason):
      "\(path): \(reason)"
    case .usage(let problem):
      problem
    case .locked(let store, let holder):
      "\(store) is in use by another run (\(holder)): wait for it to end, or give this run another store with --store"
    case .waiting(let stage, let missing, let command):
      "\(stage): \(missing) more judgements are needed; type: \(command)"
    case .interrupted(let stage):
      "interrupted in \(stage); the same command resumes"
    case .stage(let stage, let problem):
      "\(stage): \(problem)"
    }
  }

  /// The exit code of the command contract.
  public var exitCode: Int32 {
    switch self {
    case .invalid, .unreadable, .usage: 2
    case .waiting: 3
    case .interrupted: 130
    case .locked, .stage: 1
    }
  }
}

/// One mistake in a recipe.
public struct RecipeProblem: Sendable, Hashable, CustomStringConvertible {
  /// The recipe's file, or `--set` for an override.
  public var file: String
  /// From 1; nil where the mistake has no line, as in an override.
  public var line: Int?
  public var message: String

  public init(file: String, line: Int?, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  public var description: String { line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)" }
}
