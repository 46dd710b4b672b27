import Tensors

/// How long and in which portions a run reads its data, and when it is evaluated and saved.
public struct LoopOptions: Codable, Sendable, Hashable {
  public var seed: UInt64
  public var epochs: Double
  /// Overrides `epochs`.
  public var maximumSteps: Int?
  /// Rows, pairs, windows or prompts of one step.
  public var batchSize: Int
  /// Rows of the stream that are computed at once; memory, not results, depends on it.
  public var microbatchTokens: Int
  /// Whether blocks are computed again in the backward instead of being kept: a third more work for little memory.
  public var recomputes = false
  public var matmulPrecision: MatmulPrecision {
    get { lowerPrecision ?? .highest }
    set { lowerPrecision = newValue == .highest ? nil : newValue }
  }
  /// Left out of the settings where there is none, so that they are what they were before there was a choice.
  private var lowerPrecision: MatmulPrecision?
  /// Longest sequence in tokens, at most what the model can read.
  public var maximumLength: Int
  public var shuffles: Bool
  /// Steps between evaluations; 0 evaluates at the end only.
  public var evaluateEvery: Int
  /// Evaluations without improvement after which the run stops; nil never stops early.
  public var patience: Int?
  /// Ends with the weights of the best evaluation instead of the last step's.
  public var restoresBest: Bool
  /// Steps between checkpoints; 0 saves at the end or when cancelled only.
  public var checkpointEvery = 0
  /// The newest checkpoints that are kept, besides the best.
  public var keepLast = 2
  /// Checkpoints of every n-th step are kept; 0 keeps none for that.
  public var keepEvery = 0

  /// What decides a run's results; the rest may change when it goes on.
  private enum CodingKeys: String, CodingKey {
    case seed, epochs, maximumSteps, batchSize, microbatchTokens, maximumLength, shuffles, evaluateEvery, patience
    case restoresBest
    case lowerPrecision = "matmulPrecision"
  }

  public init(
    seed: UInt64 = 0, epochs: Double = 1, maximumSteps: Int? = nil, batchSize: Int = 8, microbatchTokens: Int = 1024,
    recomputes: Bool = false, matmulPrecision: MatmulPrecision = .highest, maximumLength: Int = 1024,
    shuffles: Bool = true, evaluateEvery: Int = 0, patience: Int? = nil,
    restoresBest: Bool = false, checkpointEvery: Int = 0, keepLast: Int = 2, keepEvery: Int = 0
  ) {
    self.seed = seed
    self.epochs = epochs
    self.maximumSteps = maximumSteps
    self.batchSize = batchSize
    self.microbatchTokens = microbatchTokens
    self.recomputes = recomputes
    lowerPrecision = matmulPrecision == .highest ? nil : matmulPrecision
    self.maximumLength = maximumLength
    self.shuffles = shuffles
    self.evaluateEvery = evaluateEvery
    self.patience = patience
    self.restoresBest = restoresBest
    self.checkpointEvery = checkpointEvery
    self.keepLast = keepLast
    self.keepEvery = keepEvery
  }

  /// What a training pass draws its dropout by.
  /// - Parameter firstRow: rows of the step's streams before this pass's.
  func dropout(step: Int, firstRow: Int) -> DropoutKey { DropoutKey(seed: seed, step: step, firstRow: firstRow) }

  func totalSteps(stepsPerEpoch: Int) -> Int {
    maximumSteps ?? Int((epochs * Double(stepsPerEpoch)).rounded(.up))
  }

  func check() throws {
    try TrainingError.require(epochs > 0, "epochs", epochs, "above 0")
    if let maximumSteps { try TrainingError.require(maximumSteps > 0, "maximum_steps", maximumSteps, "above 0") }
    if let patience { try TrainingError.require(patience > 0, "patience", patience, "above 0") }
    try TrainingError.require(batchSize > 0, "batch_size", batchSize, "above 0")
    try TrainingError.require(microbatchTokens > 0, "microbatch_tokens", microbatchTokens, "above 0")
    try TrainingError.require(maximumLength > 1, "maximum_length", maximumLength, "above 1")
    try TrainingError.require(evaluateEvery >= 0, "evaluate_every", evaluateEvery, "0 or more")
    try TrainingError.require(checkpointEvery >= 0, "checkpoint_every", checkpointEvery, "0 or more")
    try TrainingError.require(keepLast > 0, "keep_last", keepLast, "above 0")
    try TrainingError.require(keepEvery >= 0, "keep_every", keepEvery, "0 or more")
  }
}
