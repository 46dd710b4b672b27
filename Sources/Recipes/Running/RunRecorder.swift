import Foundation
import Store
import Terminal
import Tokenizers
import Training

import struct Store.Rollout

/// Writes a training run into the store, one transaction a step, and shows how far it is.
package final class RunRecorder: TrainingRecorder {
  private let stage: RecipeStage
  private let bench: Workbench
  private let run: String
  private let tokenizer: Tokenizer
  /// Floating-point operations per second that this machine can do; nil leaves utilisation out.
  private let peak: Double?
  private let start = ContinuousClock.now
  private var firstStep = 0

  package init(stage: RecipeStage, bench: Workbench, run: String, tokenizer: Tokenizer) {
    self.stage = stage
    self.bench = bench
    self.run = run
    self.tokenizer = tokenizer
    self.peak = Machine.peak
  }

  package func began(_ data: DataReport, resumedFrom step: Int?) throws {
    try bench.store.rewindRun(id: run, toStep: step ?? 0)
    firstStep = step ?? 0
    if let summary = data.summary { bench.log.note(stage, summary) }
    if let step { bench.log.note(stage, "goes on after step \(step)") }
  }

  package func record(_ report: StepReport, checkpoint: CheckpointRecord?, rollouts: [RolloutReport]) throws {
    let store = bench.store
    var metrics = report.allMetrics
    if let peak, report.seconds > 0 {
      metrics["utilisation"] = report.floatingPointOperations / report.seconds / peak
    }
    try store.atomically {
      try store.recordStep(Step(run: run, number: report.step, reads: report.rows), metrics: metrics)
      if !rollouts.isEmpty { try store.addRollouts(rollouts.map { rollout($0, step: report.step) }) }
      if let checkpoint {
        try store.addCheckpoint(
          Checkpoint(run: run, step: checkpoint.step, path: checkpoint.path, hash: checkpoint.hash))
      }
    }
    if checkpoint != nil { try forgetDeletedCheckpoints() }
    bench.log.progress(stage, line(report, utilisation: metrics["utilisation"]))
  }

  private func rollout(_ report: RolloutReport, step: Int) -> Rollout {
    var statistics = report.statistics.mapValues(JSONValue.double)
    statistics["ended"] = .bool(report.endedByStop)
    return Rollout(
      run: run, step: step, prompt: report.prompt,
      text: tokenizer.decode(report.response, skippingSpecial: true), reward: report.reward, kl: report.kl,
      statistics: .object(statistics))
  }

  private func forgetDeletedCheckpoints() throws {
    for checkpoint in try bench.store.checkpoints(run: run)
    where !FileManager.default.fileExists(atPath: checkpoint.path) {
      try bench.store.deleteCheckpoint(id: checkpoint.id)
    }
  }

  private func line(_ report: StepReport, utilisation: Double?) -> String {
    var parts = ["step \(report.step)/\(report.totalSteps)", "loss \(fixed(report.loss, 3))"]
    for name in ["rewards/accuracies", "reward", "kl"] {
      if let value = report.metrics[name] {
        parts.append("\(name.split(separator: "/").last ?? "") \(fixed(value, 3))")
      }
    }
    parts.append("\(shortNumber(report.tokensPerSecond)) tokens/s")
    if let utilisation { parts.append("\(Int((utilisation * 100).rounded()))% of peak") }
    parts.append(shortBytes(report.peakMemory))
    let elapsed = (ContinuousClock.now - start).seconds
    let doneHere = report.step - firstStep
    if doneHere > 0, report.step < report.totalSteps {
      parts.append("ETA " + shortDuration(elapsed / Double(doneHere) * Double(report.totalSteps - report.step)))
    }
    return parts.joined(separator: "  ")
  }
}
