import Labelling
import Models
import Store
import Terminal
import Tokenizers
import Training

/// What the training did, measured on held-out questions: each model against the first, the reference.
package struct EvaluationStage: StageRunner {
  let stage: RecipeStage
  let bench: Workbench

  package init(stage: RecipeStage, bench: Workbench) {
    self.stage = stage
    self.bench = bench
  }

  struct Candidate {
    var name: String
    var record: ModelRecord
    var role: Role
  }

  private var evaluated: [RecipeStage] { bench.recipe.evaluated(by: stage) }

  private var rewardStage: RecipeStage? {
    bench.recipe.needs(of: stage).last { $0.kind == .reward }
  }

  /// Held-out preferences; none where the recipe has no label stage.
  private func preferences() throws -> [Preference] {
    guard let label = bench.recipe.needs(of: stage).last(where: { $0.kind == .label }) else { return [] }
    let comparisons = Set(try bench.record(of: label.name, for: stage).comparisons)
    guard !comparisons.isEmpty else { return [] }
    let isRule = label.settings.text("by") == "rule"
    return try TrainingData(bench.store).preferences(comparisons, kind: isRule ? .rule : .person)
      .filter { stage.splits.contains($0.prompt.split) }
  }

  private func pairs() throws -> [Pair] {
    try stage.splits.flatMap { try TrainingData(bench.store).pairs($0) }
  }

  private func prompts() throws -> [Prompt] {
    try TrainingData(bench.store).prompts(stage.splits, origins: [], limit: stage.settings.integer("prompts"))
  }

  private var identityNames: [String] {
    let identity = bench.recipe.stages.last { $0.kind == .pairs }?.settings.optionalMap("identity")
    return identity.map { [$0.text("name"), $0.text("author")] } ?? []
  }

  package func inputs() throws -> [StageInput] {
    var inputs = try evaluated.map { source in
      StageInput(
        "model of \(source.name)", try bench.models.identity(try bench.model(of: source.name, for: stage)))
    }
    if let rewardStage {
      let model = try bench.model(of: rewardStage.name, for: stage)
      inputs.append(StageInput("reward model", try bench.models.identity(model)))
    }
    inputs.append(
      StageInput("held-out pairs", try PairSelection.hash(stage.splits.map { PairSelection(bench.store, split: $0) })))
    inputs.append(StageInput("held-out judgements", TrainingData.hash(try preferences())))
    return inputs
  }

  package func run(_ job: StageJob) throws -> StageOutcome {
    let candidates = try evaluated.map { source in
      let record = try bench.model(of: source.name, for: stage)
      return Candidate(name: source.name, record: record, role: try bench.models.role(record))
    }
    guard let reference = candidates.first else {
      throw RecipeError.stage(stage.name, problem: "there is no model to measure")
    }
    let tokenizer = try bench.models.tokenizer(reference.record)
    let context = reference.role.maximumPositions
    let measure = Measurement(
      evaluator: Evaluator(maximumLength: context), tokenizer: tokenizer,
      rule: try RuleAnnotators.named(stage.settings.text("rule")),
      rewardModel: try rewardStage.map { try bench.models.role(try bench.model(of: $0.name, for: stage)) },
      temperature: stage.settings.map("sampling").float("temperature"), pairs: try pairs(), prompts: try prompts(),
      preferences: try preferences(), names: identityNames)
    guard !measure.prompts.isEmpty else {
      throw RecipeError.stage(
        stage.name, problem: "there are no held-out questions: give the pairs stage a split, or more documents")
    }

    var sheets: [ModelSheet] = []
    var sampled: [[SampledAnswer]] = []
    var greedy: [[SampledAnswer]] = []
    for candidate in candidates {
      let answers = AnswerSheet(stage: stage, bench: bench, job: job, candidate: candidate, tokenizer: tokenizer)
      sampled.append(try answers.sampled(measure.prompts))
      greedy.append(try answers.greedy(measure.prompts))
      try bench.checkInterruption(stage)
      bench.log.progress(stage, "measuring \(candidate.name)")
      var sheet = ModelSheet(name: candidate.name)
      try measure.alone(candidate.role, sampled: sampled.last!, greedy: greedy.last!, sheet: &sheet)
      if sheets.count > 0 {
        try measure.against(
          reference.role, answers: sampled[0], candidate.role, own: sampled.last!, sheet: &sheet)
      }
      sheets.append(sheet)
    }
    let result = EvaluationResult(
      prompts: measure.prompts.count, answers: stage.settings.integer("answers"),
      rewardAccuracy: try measure.rewardAccuracy(), models: sheets,
      examples: measure.examples(greedy, names: candidates.map(\.name), limit: stage.settings.integer("examples")))
    try bench.store.recordMetrics(
      result.metrics.map { Metric(run: job.run.id, step: 0, name: $0.key, value: $0.value) })
    return StageOutcome(
      "\(candidates.count) models on \(measure.prompts.count) held-out questions", values: result.json)
  }
}
