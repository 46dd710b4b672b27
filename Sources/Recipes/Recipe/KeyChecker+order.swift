extension KeyChecker {
  /// Refuses stages whose input no earlier stage makes, and references to stages that do not exist.
  mutating func checkOrder(_ stages: [RecipeStage], model: ModelSource?) {
    for (index, stage) in stages.enumerated() {
      let before = stages[..<index]
      checkReferences(stage, before: before, all: stages)
      let modelMakers: Set<StageKind> = [.pretrain, .sft, .dpo, .ppo]
      switch stage.kind {
      case .ingest, .pairs, .model:
        break
      case .pretrain, .sft:
        if model == nil {
          report("stage \(stage.name) has nothing to train: give the recipe the key model", line: stage.line)
        }
        for key in ["lora", "adapter"]
        where stage.settings.optionalText("method") == "full" && stage.settings.given.contains(key) {
          report("stage \(stage.name): \(key) needs method: lora, but the method is full", line: stage.lines(of: key))
        }
        if stage.settings.optionalText("method") == "lora", stage.settings.given.contains("freeze") {
          report(
            "stage \(stage.name): freeze needs method: full; a low-rank update leaves all weights alone",
            line: stage.lines(of: "freeze"))
        }
        if stage.settings.optionalText("method") == "full", let weights = stage.settings.optionalText("weights"),
          weights != "f32"
        {
          report(
            "stage \(stage.name): weights: \(weights) needs method: lora: rounded weights cannot be trained",
            line: stage.lines(of: "weights"))
        }
      case .sample, .eval:
        if model == nil {
          report("stage \(stage.name) has no model to ask: give the recipe the key model", line: stage.line)
        } else if case .new = model, !before.contains(where: { modelMakers.contains($0.kind) }) {
          report("stage \(stage.name) would ask an untrained model: put sft before it", line: stage.line)
        }
      case .label:
        require(.sample, for: stage, before: before, all: stages, what: "comparisons")
        if stage.settings.optionalText("by") == "people", stage.settings.given.contains("rule") {
          report("stage \(stage.name): rule needs by: rule, but people judge", line: stage.lines(of: "rule"))
        }
      case .reward, .dpo:
        let judges = stage.settings.optionalText("judges")
        if judges == nil { require(.label, for: stage, before: before, all: stages, what: "judgements") }
        if model == nil {
          report("stage \(stage.name) has nothing to train: give the recipe the key model", line: stage.line)
        }
      case .ppo:
        require(.reward, for: stage, before: before, all: stages, what: "a reward model")
      }
      checkPairSplit(stage)
    }
  }

  private mutating func require(
    _ kind: StageKind, for stage: RecipeStage, before: ArraySlice<RecipeStage>, all: [RecipeStage], what: String
  ) {
    guard !before.contains(where: { $0.kind == kind }) else { return }
    if let later = all.first(where: { $0.kind == kind }) {
      let place = later.line.map { " (line \($0))" } ?? ""
      report("stage \(stage.name) needs \(what): put it after stage \(later.name)\(place)", line: stage.line)
    } else {
      report("stage \(stage.name) needs \(what): put a \(kind.rawValue) stage before it", line: stage.line)
    }
  }

  private mutating func checkReferences(
    _ stage: RecipeStage, before: ArraySlice<RecipeStage>, all: [RecipeStage]
  ) {
    func makers(_ key: String) -> Set<StageKind> {
      switch (stage.kind, key) {
      case (.label, "from"): [.sample]
      case (.ppo, "reward"): [.reward]
      case (.eval, "models"): [.pretrain, .sft, .dpo, .ppo]
      default: [.pretrain, .sft, .dpo, .ppo]
      }
    }
    for key in ["from", "reward", "models"] {
      // The key reward of other stages does not name a stage.
      if key == "reward", stage.kind != .ppo { continue }
      let names = key == "models" ? stage.settings.texts(key) : stage.settings.optionalText(key).map { [$0] } ?? []
      for name in names where !before.contains(where: { $0.name == name && makers(key).contains($0.kind) }) {
        let fitting = before.filter { makers(key).contains($0.kind) }.map(\.name)
        let hint = nearestName(to: name, among: fitting).map { "did you mean \($0)?" }
        let list = fitting.isEmpty ? "there is none" : "there are " + fitting.joined(separator: ", ")
        report(
          "stage \(stage.name): \(key) must name an earlier stage; \(name) is none: " + (hint ?? list),
          line: stage.lines(of: key))
      }
    }
  }

  private mutating func checkPairSplit(_ stage: RecipeStage) {
    guard stage.kind == .pairs, let split = stage.settings.optionalMap("split") else { return }
    let held = (split.optionalNumber("validation") ?? 0) + (split.optionalNumber("test") ?? 0)
    if held >= 1 {
      report("stage \(stage.name): split leaves nothing to train on", line: stage.lines(of: "split"))
    }
  }
}

extension RecipeStage {
  fileprivate func lines(of key: String) -> Int? { settings.lines[key] ?? line }
}
