/// One execution of a recipe's stage.
public struct Run: Hashable, Sendable {
  public enum State: String, Hashable, Sendable { case running, done, failed, interrupted }

  public var id: String
  /// The recipe's name.
  public var recipe: String
  public var stage: String
  /// Of the stage's parameters and inputs.
  public var fingerprint: String
  public var parameters: JSONValue
  public var seed: UInt64
  /// The program's version.
  public var program: String
  public var state: State
  /// Why it failed or was interrupted.
  public var message: String?
  public var inputModel: String?
  public var outputModel: String?
  public var started: String
  public var ended: String?

  public init(
    id: String = RecordID.make(.run), recipe: String, stage: String, fingerprint: String, parameters: JSONValue = [:],
    seed: UInt64, program: String, state: State = .running, message: String? = nil, inputModel: String? = nil,
    outputModel: String? = nil, started: String = Timestamp.now(), ended: String? = nil
  ) {
    self.id = id
    self.recipe = recipe
    self.stage = stage
    self.fingerprint = fingerprint
    self.parameters = parameters
    self.seed = seed
    self.program = program
    self.state = state
    self.message = message
    self.inputModel = inputModel
    self.outputModel = outputModel
    self.started = started
    self.ended = ended
  }
}

/// One optimiser step of a run; its id for `trace` is `run_…/number`.
public struct Step: Hashable, Sendable {
  /// The run's id.
  public var run: String
  public var number: Int
  /// The ids of the pairs, comparisons, documents or rollouts that the step read.
  public var reads: [String]
  public var created: String

  public var id: String { "\(run)/\(number)" }

  public init(run: String, number: Int, reads: [String] = [], created: String = Timestamp.now()) {
    self.run = run
    self.number = number
    self.reads = reads
    self.created = created
  }
}

/// One measured value.
public struct Metric: Hashable, Sendable {
  /// The run's id.
  public var run: String
  public var step: Int
  public var name: String
  public var value: Double

  public init(run: String, step: Int, name: String, value: Double) {
    self.run = run
    self.step = step
    self.name = name
    self.value = value
  }
}

/// The state of a run after a step, as files that it can be continued from.
public struct Checkpoint: Hashable, Sendable {
  public var id: String
  /// The run's id.
  public var run: String
  public var step: Int
  public var path: String
  public var hash: String
  public var created: String

  public init(
    id: String = RecordID.make(.checkpoint), run: String, step: Int, path: String, hash: String,
    created: String = Timestamp.now()
  ) {
    self.id = id
    self.run = run
    self.step = step
    self.path = path
    self.hash = hash
    self.created = created
  }
}

/// A finished stage: while its fingerprint is in the store, it need not run again.
public struct StageResult: Hashable, Sendable {
  public var stage: String
  public var fingerprint: String
  public var outputs: JSONValue
  /// The run that did it.
  public var run: String?
  public var finished: String

  public init(
    stage: String, fingerprint: String, outputs: JSONValue = [:], run: String? = nil,
    finished: String = Timestamp.now()
  ) {
    self.stage = stage
    self.fingerprint = fingerprint
    self.outputs = outputs
    self.run = run
    self.finished = finished
  }
}
