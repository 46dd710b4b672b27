import Models
import Store
import Tokenizers
import Training

import enum Store.JSONValue

/// A model's answers to the held-out prompts, drawn in batches that are each kept, so a kill loses one batch.
struct AnswerSheet {
  let stage: RecipeStage
  let bench: Workbench
  let job: StageJob
  let candidate: EvaluationStage.Candidate
  let tokenizer: Tokenizer

  /// Several answers a prompt, drawn as the stage's settings say.
  func sampled(_ prompts: [Prompt]) throws -> [SampledAnswer] {
    try answers(
      prompts, item: "sampled", count: stage.settings.integer("answers"),
      options: stage.sampling(seed: stage.seed(in: bench.recipe), stopTokens: tokenizer.stopTokens))
  }

  /// The likeliest answer to each prompt.
  func greedy(_ prompts: [Prompt]) throws -> [SampledAnswer] {
    var options = stage.sampling(seed: 0, stopTokens: tokenizer.stopTokens)
    options.temperature = 0
    return try answers(prompts, item: "greedy", count: 1, options: options)
  }

  private func answers(
    _ prompts: [Prompt], item: String, count: Int, options: SamplingOptions
  ) throws -> [SampledAnswer] {
    let size = stage.settings.integer("batch")
    var answers: [SampledAnswer] = []
    for first in stride(from: 0, to: prompts.count, by: size) {
      try bench.checkInterruption(stage)
      let batch = Array(prompts[first..<min(prompts.count, first + size)])
      let rows = batch.map(tokenizer.row)
      let generations = try kept("\(candidate.name)/\(item)/\(first)") {
        bench.log.progress(stage, "\(candidate.name): \(first)/\(prompts.count) questions")
        let drawn = Generator(candidate.role)
          .generate(rows.map(\.tokens), samplesPerPrompt: count, options: options, firstPrompt: first)
        return (drawn, completions(drawn, prompts: batch, count: count, options: options))
      }
      for (index, generation) in generations.enumerated() {
        answers.append(SampledAnswer(prompt: rows[index / count], generation: generation))
      }
    }
    return answers
  }

  /// The stored result of an item, or a fresh one, which is then stored.
  private func kept(_ item: String, _ make: () -> ([Generation], [Completion])) throws -> [Generation] {
    let key = StageRecord.key(.eval)
    if let output = try bench.store.workItem(stage: key, fingerprint: job.fingerprint, item: item) {
      return try (JSONValue(parsing: output).array ?? []).map(Generation.init(stored:))
    }
    let (drawn, completions) = make()
    try bench.store.atomically {
      _ = try bench.store.addCompletions(completions)
      try bench.store.recordWorkItem(
        stage: key, fingerprint: job.fingerprint, item: item,
        output: JSONValue.array(drawn.map(\.stored)).canonical)
    }
    return drawn
  }

  private func completions(
    _ drawn: [Generation], prompts: [Prompt], count: Int, options: SamplingOptions
  ) -> [Completion] {
    drawn.enumerated().map { index, generation in
      Completion(
        prompt: prompts[index / count].id, text: tokenizer.decode(generation.tokens, skippingSpecial: true),
        tokens: generation.tokens, model: candidate.record.id, sampling: options.json(), seed: options.seed,
        finishReason: generation.finish.rawValue,
        logprob: generation.logProbabilities.reduce(0) { $0 + Double($1) }, run: job.run.id)
    }
  }
}

extension Generation {
  fileprivate var stored: JSONValue {
    ["finish": .string(finish.rawValue), "tokens": .array(sampled.map { .int(Int($0)) })]
  }

  fileprivate init(stored: JSONValue) {
    self.init()
    sampled = (stored.object?["tokens"]?.array ?? []).compactMap { $0.int.map(Int32.init) }
    finish = stored.object?["finish"]?.string.flatMap(Finish.init(rawValue:)) ?? .length
  }
}
