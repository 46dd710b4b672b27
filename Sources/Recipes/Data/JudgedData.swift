import Store
import Tokenizers
import Training

/// The preferences that a reward or dpo stage trains on and is measured on.
package struct JudgedData {
  package var train: [Preference]
  package var validation: [Preference]
  package var test: [Preference]

  /// - Parameter stage: its key `judges` decides whose judgements count; by default the label stage's.
  package init(_ stage: RecipeStage, bench: Workbench) throws {
    var kind: Annotator.Kind?
    var name: String?
    var comparisons: Set<String> = []
    switch stage.settings.optionalText("judges") {
    case "people": kind = .person
    case "rule": kind = .rule
    case "imported": kind = .imported
    case "model": kind = .model
    case "all": kind = nil
    default:
      guard let label = bench.recipe.labelStage(of: stage) else {
        throw RecipeError.stage(stage.name, problem: "there is no label stage before it")
      }
      comparisons = Set(try bench.record(of: label.name, for: stage).comparisons)
      let isRule = label.settings.text("by") == "rule"
      kind = isRule ? .rule : .person
      name = isRule ? label.settings.text("rule") : nil
      if comparisons.isEmpty {
        throw RecipeError.stage(stage.name, problem: "the stage \(label.name) had no comparisons to judge")
      }
    }
    let all = try TrainingData(bench.store).preferences(comparisons, kind: kind, name: name)
    func part(_ split: Split) -> [Preference] { all.filter { $0.prompt.split == split } }
    train = part(.train)
    validation = part(.validation)
    test = part(.test)
    if train.isEmpty {
      throw RecipeError.stage(
        stage.name,
        problem: "no judgement on a training question prefers one answer; label more, or sample more answers")
    }
  }

  /// Preferences that never trained: those of the test split, or of validation where there are none.
  package var heldOut: [Preference] { test.isEmpty ? validation : test }

  package func inputs() -> [StageInput] {
    [
      StageInput("judgements", TrainingData.hash(train)),
      StageInput("validation judgements", TrainingData.hash(validation)),
    ]
  }
}
