extension KeyChecker {
  /// Refuses keys that belong to another method than the stage's.
  mutating func checkMethod(_ stage: RecipeStage) {
    let method = stage.method
    func line(_ key: String) -> Int? { stage.settings.lines[key] ?? stage.line }
    let prompts = TuningMethod.allCases.filter { $0.promptMethod != nil }
    let owners: [(key: String, methods: [TuningMethod])] = [
      ("lora", [.lora]), ("adapter", TuningMethod.allCases.filter { $0 != .full }), ("virtual_tokens", prompts),
      ("trained_tokens", [.lora, .tokens]), ("freeze", [.full]),
    ]
    for (key, methods) in owners where stage.settings.given.contains(key) && !methods.contains(method) {
      let names = methods.map(\.rawValue).joined(separator: ", ")
      report(
        "stage \(stage.name): \(key) needs method: \(names), but the method is \(method.rawValue)", line: line(key))
    }
    if method == .full, let weights = stage.settings.optionalText("weights"), weights != "f32" {
      report(
        "stage \(stage.name): weights: \(weights) needs method: lora: rounded weights cannot be trained",
        line: line("weights"))
    }
    if method == .tokens, !stage.settings.given.contains("trained_tokens") {
      report("stage \(stage.name): method: tokens needs trained_tokens", line: line("method"))
    }
    checkEncoder(stage, line: line("virtual_tokens"))
  }

  private mutating func checkEncoder(_ stage: RecipeStage, line: Int?) {
    guard let method = stage.method.promptMethod,
      let encoder = stage.settings.optionalMap("virtual_tokens")?.optionalText("encoder")
    else { return }
    let fitting =
      switch method {
      case .prefix: ["none", "projection"]
      case .encodedPrompt: ["mlp", "lstm"]
      case .prompt: ["none"]
      }
    guard !fitting.contains(encoder) else { return }
    report(
      "stage \(stage.name): method: \(stage.method.rawValue) knows the encoder \(fitting.joined(separator: ", ")), not "
        + encoder, line: line)
  }
}
