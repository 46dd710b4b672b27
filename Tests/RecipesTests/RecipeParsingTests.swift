import Recipes
import Testing

@Suite("Recipe parsing")
struct RecipeParsingTests {
  static let valid = """
    name: 示例
    seed: 7
    model: {new: {preset: tiny, tokenizer: {vocabulary_size: 512}}}
    defaults:
      learning_rate: 0.5
      batch: 3
    stages:
      - ingest: {paths: docs}
      - pairs
      - sft:
          method: full
          epochs: 2
          batch: 5
      - sample: {splits: [train, test]}
      - label: {by: rule}
      - reward
      - dpo: {name: dpo-ipo, loss: ipo, learning_rate: 1e-6}
      - ppo
      - eval: {models: [sft, dpo-ipo]}
    """

  func problems(_ text: String, _ overrides: [String] = []) -> [String] {
    do {
      _ = try Recipe.parse(text, file: "r.yaml", overrides: overrides)
      return []
    } catch let error as RecipeError {
      return error.description.split(separator: "\n").map(String.init)
    } catch {
      return ["other: \(error)"]
    }
  }

  @Test func valuesDefaultsAndOrder() throws {
    let recipe = try Recipe.parse(Self.valid, file: "/tmp/recipes/r.yaml")
    #expect(recipe.name == "示例")
    #expect(recipe.seed == 7)
    #expect(
      recipe.stages.map(\.name) == ["ingest", "pairs", "sft", "sample", "label", "reward", "dpo-ipo", "ppo", "eval"])
    #expect(recipe.resolve("docs") == "/tmp/recipes/docs")
    #expect(recipe.resolve("/abs") == "/abs")
    let sft = try #require(recipe.stage(named: "sft")).settings
    #expect(sft.number("epochs") == 2)
    #expect(sft.integer("batch") == 5, "a stage's own value goes before defaults")
    #expect(sft.number("learning_rate") == 0.5, "defaults go before the table's")
    #expect(sft.text("schedule") == "cosine")
    let dpo = try #require(recipe.stage(named: "dpo-ipo")).settings
    #expect(dpo.number("learning_rate") == 1e-6)
    #expect(dpo.map("lora").integer("rank") == 16)
    #expect(recipe.stage(named: "ingest")?.settings.texts("paths") == ["docs"], "a single value is a list of one")
  }

  @Test(arguments: [
    ("epcohs: 2", "r.yaml:6: stage sft has no key epcohs: did you mean epochs?"),
    ("epochs: many", "r.yaml:6: stage sft: epochs must be a number from 0, not \"many\""),
    ("batch: 0", "r.yaml:6: stage sft: batch must be a whole number from 1, not 0"),
    ("batch: 2.5", "r.yaml:6: stage sft: batch must be a whole number from 1, not 2.5"),
    ("method: lore", "r.yaml:6: stage sft: method cannot be lore: did you mean lora?"),
    (
      "method: [lora]",
      "r.yaml:6: stage sft: method must be one of full, lora, prefix, p-tuning-v2, p-tuning, prompt, tokens, not a list"
    ),
    ("lora: {ranks: 2}", "r.yaml:6: stage sft: lora has no key ranks: did you mean rank?"),
  ])
  func wrongKeysNameTheLineAndTheNearestName(line: String, message: String) {
    let text = "name: x\nmodel: {folder: m}\nstages:\n  - pairs\n  - sft:\n      \(line)\n"
    #expect(problems(text) == [message])
  }

  @Test func everyProblemIsReportedAtOnce() {
    let text = "nmae: x\nstages:\n  - stf: {}\n  - ingest: {}\n"
    #expect(
      problems(text) == [
        "r.yaml:1: the recipe has no key nmae: did you mean name?",
        "r.yaml:1: the recipe needs the key name: what runs and models are called",
        "r.yaml:3: there is no stage stf: did you mean sft?",
        "r.yaml:4: stage ingest needs the key paths: files, folders and globs",
      ])
  }

  @Test(arguments: [
    ("  - dpo", "r.yaml:4: stage dpo needs judgements: put a label stage before it"),
    ("  - ppo", "r.yaml:4: stage ppo needs a reward model: put a reward stage before it"),
    ("  - label", "r.yaml:4: stage label needs comparisons: put a sample stage before it"),
    (
      "  - label\n  - sample", "r.yaml:4: stage label needs comparisons: put it after stage sample (line 5)"
    ),
    (
      "  - sft\n  - sft", "r.yaml:5: a second stage is called sft: give it a name of its own with the key name"
    ),
    (
      "  - sft\n  - eval: {models: [stf]}",
      "r.yaml:5: stage eval: models must name an earlier stage; stf is none: did you mean sft?"
    ),
    (
      "  - sft: {method: full, lora: {rank: 2}}",
      "r.yaml:4: stage sft: lora needs method: lora, but the method is full"
    ),
    ("  - pairs: {split: {validation: 0.5, test: 0.5}}", "r.yaml:4: stage pairs: split leaves nothing to train on"),
  ])
  func impossibleCombinationsAreRefused(stages: String, message: String) {
    #expect(problems("name: x\nmodel: {folder: m}\nstages:\n\(stages)\n") == [message])
  }

  @Test func modelsAreLoadedOrNew() {
    #expect(
      problems("name: x\nmodel: {folder: m, new: {}}\nstages: [ingest: {paths: a}]")
        == ["r.yaml:2: model cannot have both folder and new: a model is loaded or new"])
    #expect(
      problems("name: x\nstages:\n  - sft\n") == [
        "r.yaml:3: stage sft has nothing to train: give the recipe the key model"
      ])
    #expect(
      problems("name: x\nmodel: {new: {}}\nstages:\n  - sample\n")
        == ["r.yaml:4: stage sample would ask an untrained model: put sft before it"])
  }

  @Test func syntaxErrorsHaveALine() {
    let found = problems("name: x\nstages:\n  - sft: {epochs: 1\n")
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("r.yaml:") == true)
    #expect(found.first?.contains("not valid YAML") == true)
    #expect(problems("name: x\nname: y\nstages: [pairs]\n").first?.contains("stands twice") == true)
  }

  @Test func overridesReplaceAndAreChecked() throws {
    let recipe = try Recipe.parse(
      Self.valid, file: "r.yaml", overrides: ["sft.epochs=9", "pairs.faq=false", "seed=3", "dpo-ipo.lora.rank=4"])
    #expect(recipe.seed == 3)
    #expect(recipe.stage(named: "sft")?.settings.number("epochs") == 9)
    #expect(recipe.stage(named: "pairs")?.settings.flag("faq") == false)
    #expect(recipe.stage(named: "dpo-ipo")?.settings.map("lora").integer("rank") == 4)
    #expect(problems(Self.valid, ["sft.epoch=9"]) == ["--set: stage sft has no key epoch: did you mean epochs?"])
    #expect(problems(Self.valid, ["sfft.epochs=9"]).first?.contains("did you mean sft?") == true)
    #expect(problems(Self.valid, ["epochs"]).first?.contains("path=value") == true)
  }
}
