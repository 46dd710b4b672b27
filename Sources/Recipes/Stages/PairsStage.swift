import Pairs
import Store

/// Documents to instruction pairs.
package struct PairsStage: StageRunner {
  let stage: RecipeStage
  let bench: Workbench

  package init(stage: RecipeStage, bench: Workbench) {
    self.stage = stage
    self.bench = bench
  }

  package func inputs() throws -> [StageInput] {
    let hasher = ContentHasher()
    try bench.store.forEachCorpusEntry { hasher.add(line: $0.textHash) }
    return [StageInput("documents", hasher.finish())]
  }

  package func invalidity(of record: StageRecord) throws -> String? {
    record.values.object?["pairs"]?.string == (try minedPairs()) ? nil : "pairs were changed since"
  }

  package func run(_ job: StageJob) throws -> StageOutcome {
    let report = try PairMiner(store: bench.store, request: request()).run { done, total in
      bench.log.progress(stage, "\(done)/\(total) documents")
    }
    let counts = Split.allCases.map { "\(report.kept(split: $0)) \($0.rawValue)" }
    return StageOutcome(
      "\(report.keptCount) pairs (\(counts.joined(separator: ", ")))", values: ["pairs": .string(try minedPairs())])
  }

  private func minedPairs() throws -> String {
    let origins: [Pair.Origin] = [.minedFAQ, .minedSection, .templateIdentity]
    return try PairSelection(bench.store, split: nil, origins: origins.map(\.rawValue)).hash()
  }

  private func request() throws -> PairsRequest {
    let settings = stage.settings
    var mining = MiningParameters()
    mining.faq = settings.flag("faq")
    mining.definitions = settings.flag("definitions")
    mining.sections = settings.flag("sections")
    mining.maximumAnswerCharacters = settings.integer("maximum_answer_characters")
    mining.maximumSectionCharacters = settings.integer("maximum_section_characters")
    let split = settings.map("split")
    let (validation, test) = (split.number("validation"), split.number("test"))
    let identity = settings.optionalMap("identity")
    return PairsRequest(
      mining: mining, identity: identity.map { Identity(name: $0.text("name"), author: $0.text("author")) },
      identityLanguages: Set((identity?.texts("languages") ?? []).compactMap(PairLanguage.init(rawValue:))),
      split: try SplitRatios(train: 1 - validation - test, validation: validation, test: test),
      seed: stage.seed(in: bench.recipe))
  }
}
