import Tensors

/// What a benchmark of a model measures, and on how much.
public struct BenchmarkOptions: Sendable, Hashable {
  /// A kind of work that a model does.
  public enum Work: String, CaseIterable, Codable, Sendable {
    /// A prompt's tokens, all at once.
    case reading
    /// One answer, token by token.
    case decoding
    /// Many answers at the same time, token by token.
    case batch
    /// A step of supervised fine-tuning with LoRA.
    case training
  }

  public var works: [Work]
  public var promptTokens: Int
  public var newTokens: Int
  /// Answers at the same time.
  public var batchSize: Int
  /// Times that each work is done after a first one that does not count; the median is reported.
  public var repeats: Int
  /// Of the tokens, which are random.
  public var seed: UInt64
  /// Of the products with weights in reading and training; decoding streams the weights as they are kept.
  public var precision: MatmulPrecision
  /// Whether tokens of answers are drafted from text that repeats.
  public var looksAhead: Bool

  /// Rows of a training step.
  static let trainingRows = 8
  /// Rank of the adapter that is trained.
  static let rank = 16

  public init(
    works: [Work] = Work.allCases, promptTokens: Int = 256, newTokens: Int = 64, batchSize: Int = 32, repeats: Int = 3,
    seed: UInt64 = 0, precision: MatmulPrecision = .highest, looksAhead: Bool = true
  ) {
    self.works = works
    self.promptTokens = promptTokens
    self.newTokens = newTokens
    self.batchSize = batchSize
    self.repeats = repeats
    self.seed = seed
    self.precision = precision
    self.looksAhead = looksAhead
  }

  /// Holds the numbers to what a model can read.
  /// - Throws: `RecipeError.usage` naming the option.
  func check(maximumPositions: Int) throws {
    for (name, value, least) in [
      ("--prompt-tokens", promptTokens, 2), ("--new-tokens", newTokens, 2), ("--batch", batchSize, 1),
      ("--repeats", repeats, 1),
    ] where value < least {
      throw RecipeError.usage("\(name) must be at least \(least), not \(value)")
    }
    guard promptTokens + newTokens <= maximumPositions else {
      throw RecipeError.usage(
        "--prompt-tokens \(promptTokens) and --new-tokens \(newTokens) are more than the \(maximumPositions) tokens "
          + "that this model can read")
    }
  }
}
