import Models
import Store

extension RecipeStage {
  /// The new update that the key `lora` asks for.
  /// - Throws: `RecipeError.stage` for a name that is none of the model's, `ModelError` for ranks it cannot have.
  package func newAdapter(
    _ model: LanguageModel, seed: UInt64, trainedTokens: [Int] = [],
    task: AdapterConfiguration.Task = .causalLanguageModel
  ) throws -> Adapter {
    var configuration = adapter
    configuration.trainedTokens = trainedTokens
    configuration.task = task
    if let problem = LowRankCheck(configuration, layers: model.linearNames).problem {
      throw RecipeError.stage(name, problem: "lora: \(problem)")
    }
    let adapter = try Adapter(configuration, model: model, seed: seed, scoreHead: task == .sequenceClassification)
    adapter.setLearningRateRatio(lowRankRatio)
    return adapter
  }

  /// How many times faster B learns than A.
  package var lowRankRatio: Double { settings.map("lora").number("plus_ratio") }

  package var adapter: AdapterConfiguration {
    let lora = settings.map("lora")
    let targets = lora.texts("targets")
    let layers = lora.values["layers"]?.array?.compactMap(\.int)
    return AdapterConfiguration(
      rank: lora.integer("rank"), alpha: lora.number("alpha"), dropout: lora.number("dropout"),
      targets: targets == ["all-linear"]
        ? .allLinear : targets.first.map(LowRankCheck.isPattern) == true ? .pattern(targets[0]) : .modules(targets),
      usesRankStabilisation: lora.flag("rslora"), usesMagnitudes: lora.flag("dora"),
      rankPattern: (lora.values["rank_pattern"]?.object ?? [:]).compactMapValues(\.int),
      alphaPattern: (lora.values["alpha_pattern"]?.object ?? [:]).compactMapValues(\.double),
      layers: layers?.isEmpty == true ? nil : layers, excludedModules: lora.texts("exclude"),
      start: AdapterConfiguration.Start(rawValue: lora.text("start")) ?? .default)
  }
}

/// Whether a model has the layers that a low-rank update names.
package struct LowRankCheck {
  let configuration: AdapterConfiguration
  /// Paths of the model's linear layers.
  let layers: [String]

  package init(_ configuration: AdapterConfiguration, layers: [String]) {
    self.configuration = configuration
    self.layers = layers
  }

  /// Whether a target is a regular expression: it has signs that no path has.
  package static func isPattern(_ target: String) -> Bool {
    !target.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
  }

  /// The first thing that does not fit the model.
  package var problem: String? {
    if case .modules(let names) = configuration.targets, let found = unknown(names) { return "targets: \(found)" }
    if case .pattern(let pattern) = configuration.targets, !layers.contains(where: configuration.targets) {
      return "targets: \(pattern) matches no layer's whole path; one is \(layers.first ?? "")"
    }
    if let found = unknown(configuration.excludedModules) { return "exclude: \(found)" }
    for (key, names) in [
      ("rank_pattern", configuration.rankPattern.keys.sorted()),
      ("alpha_pattern", configuration.alphaPattern.keys.sorted()),
    ] {
      if let name = names.first(where: { name in !layers.contains { AdapterConfiguration.isMatched($0, by: name) } }) {
        return "\(key): \(missing(name))"
      }
    }
    let blocks = Set(layers.compactMap(AdapterConfiguration.layer(of:)))
    if let block = configuration.layers?.first(where: { !blocks.contains($0) }) {
      return "layers: there is no block \(block); there are 0 to \((blocks.max() ?? 0))"
    }
    if !layers.contains(where: configuration.targets) { return "exclude and layers leave none of the targets" }
    if configuration.start == .pissa, ([configuration.alpha] + configuration.alphaPattern.values).contains(0) {
      return "start: pissa divides by alpha, which is 0"
    }
    return nil
  }

  private func unknown(_ names: [String]) -> String? {
    names.first { name in !layers.contains { $0 == name || $0.hasSuffix("." + name) } }.map(missing)
  }

  private func missing(_ name: String) -> String {
    let names = Set(layers.compactMap { $0.split(separator: ".").last.map(String.init) }).sorted()
    let hint = nearestName(to: name, among: name.contains(".") ? layers : names).map { "did you mean \($0)?" }
    return "the model has no linear layer \(name): " + (hint ?? "there are " + names.joined(separator: ", "))
  }
}

extension KeyChecker {
  /// Refuses updates that no model could have.
  mutating func checkLowRank(_ stage: RecipeStage) {
    guard let lora = stage.settings.optionalMap("lora") else { return }
    let line = stage.settings.lines["lora"] ?? stage.line
    func refuse(_ message: String) { report("stage \(stage.name): lora: \(message)", line: line) }
    let targets = lora.texts("targets")
    if targets.isEmpty { refuse("targets is empty: name layers, or all-linear for all") }
    if targets.count > 1, let odd = targets.first(where: { LowRankCheck.isPattern($0) || $0 == "all-linear" }) {
      refuse("targets: \(odd) must stand alone")
    }
    if let pattern = targets.first, targets.count == 1, LowRankCheck.isPattern(pattern), lora.values["layers"] != nil {
      refuse("layers needs targets by name; write the blocks into the expression \(pattern)")
    }
    let patterns = ["rank_pattern", "alpha_pattern"].flatMap { (lora.values[$0]?.object ?? [:]).keys.sorted() }
    for pattern in targets.filter(LowRankCheck.isPattern) + patterns where (try? Regex(pattern)) == nil {
      refuse("\(pattern) is no regular expression")
    }
  }
}
