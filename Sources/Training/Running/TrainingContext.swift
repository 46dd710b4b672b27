import Foundation

/// Writes down what a run does as it goes.
public protocol TrainingRecorder: AnyObject {
  /// Called before the first step. What was recorded of later steps than `step` (all, when nil) is to be forgotten.
  func began(_ data: DataReport, resumedFrom step: Int?) throws
  /// Called once a step, after its checkpoint, if any, is safely on disk; to be kept in one transaction.
  func record(_ report: StepReport, checkpoint: CheckpointRecord?, rollouts: [RolloutReport]) throws
}

/// Keeps the reference model's log-probabilities, one object for one reference model.
public protocol ReferenceCache: AnyObject {
  /// Kept log-probabilities, one per answer token, by the hash of prompt and answer.
  func values(for keys: [String]) throws -> [String: [Float]]
  func keep(_ values: [String: [Float]]) throws
}

/// What surrounds a run: where it is saved, who writes it down, and who may stop it.
public struct TrainingContext {
  /// The run's folder of checkpoints; without one nothing is saved or resumed.
  public var checkpoints: URL?
  /// Of the data and the starting weights; a checkpoint made with another one is refused.
  public var fingerprint: String
  public var recorder: (any TrainingRecorder)?
  /// Asked after every step; true saves a checkpoint and ends the run.
  public var isCancelled: () -> Bool
  public var warn: (String) -> Void
  /// Told before the first step what the run will take of memory.
  public var expect: (MemoryEstimate) -> Void

  public init(
    checkpoints: URL? = nil, fingerprint: String = "", recorder: (any TrainingRecorder)? = nil,
    isCancelled: @escaping () -> Bool = { false },
    warn: @escaping (String) -> Void = { FileHandle.standardError.write(Data("warning: \($0)\n".utf8)) },
    expect: @escaping (MemoryEstimate) -> Void = { _ in }
  ) {
    self.expect = expect
    self.checkpoints = checkpoints
    self.fingerprint = fingerprint
    self.recorder = recorder
    self.isCancelled = isCancelled
    self.warn = warn
  }
}

/// How a run ended.
public struct TrainingOutcome: Sendable, Hashable {
  public enum Finish: String, Codable, Sendable { case completed, cancelled, stoppedEarly }

  public var finish: Finish
  /// Steps done, over all sittings.
  public var steps: Int
  public var totalSteps: Int
  /// Of the last step.
  public var loss: Double
  public var bestStep: Int?
  public var bestLoss: Double?
  /// Of the last evaluation.
  public var validation: [String: Double]
  public var data: DataReport
  public var resumedFrom: Int?
  /// The largest resident memory of the run, bytes.
  public var peakMemory: Int
  /// Numbers that were trained.
  public var trainedParameters: Int
}
