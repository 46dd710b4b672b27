import Models
import Recipes
import Testing

@Suite("Low-rank settings")
struct LowRankSettingsTests {
  private func stage(_ lora: String) throws -> RecipeStage {
    let text = "name: x\nmodel: {folder: m}\nstages:\n  - pairs\n  - sft:\n      lora: \(lora)\n"
    return try #require(try Recipe.parse(text, file: "r.yaml").stage(named: "sft"))
  }

  private func problems(_ lora: String) -> [String] {
    do {
      _ = try stage(lora)
      return []
    } catch {
      return "\(error)".split(separator: "\n").map(String.init)
    }
  }

  private static let layers = (0..<2).flatMap { block in
    ["self_attn.q_proj", "self_attn.v_proj", "mlp.up_proj"].map { "model.layers.\(block).\($0)" }
  }

  @Test func everyKeyReachesTheConfiguration() throws {
    let configuration = try stage(
      """
      {rank: 4, alpha: 6, targets: [q_proj, v_proj], exclude: model.layers.0.self_attn.q_proj, layers: [0, 1],
            dropout: 0.1, start: pissa, rslora: true, dora: true, plus_ratio: 16, rank_pattern: {q_proj: 2},
            alpha_pattern: {'layers.1.*': 3}}
      """
    ).adapter
    #expect(
      configuration
        == AdapterConfiguration(
          rank: 4, alpha: 6, dropout: 0.1, targets: .modules(["q_proj", "v_proj"]), usesRankStabilisation: true,
          usesMagnitudes: true, rankPattern: ["q_proj": 2], alphaPattern: ["layers.1.*": 3], layers: [0, 1],
          excludedModules: ["model.layers.0.self_attn.q_proj"], start: .pissa))
    #expect(try stage("{plus_ratio: 16}").lowRankRatio == 16)
    #expect(abs(configuration.scale(forModule: "model.layers.1.self_attn.q_proj") - 3 / Float(2).squareRoot()) < 1e-6)
  }

  @Test func targetsAreNamesAllOrAnExpression() throws {
    #expect(try stage("{targets: all-linear}").adapter.targets == .allLinear)
    #expect(try stage("{targets: 'model.*mlp.*'}").adapter.targets == .pattern("model.*mlp.*"))
    #expect(try stage("{targets: up_proj}").adapter.targets == .modules(["up_proj"]))
    #expect(try stage("{}").adapter.rankPattern.isEmpty && stage("{}").adapter.layers == nil)
  }

  @Test(arguments: [
    ("{rank_pattern: {q_proj: zero}}", "r.yaml:6: stage sft: lora: rank_pattern: q_proj must be a whole number"),
    ("{alpha_pattern: 4}", "r.yaml:6: stage sft: lora: alpha_pattern must be names, each with a number from 0"),
    ("{start: pisa}", "r.yaml:6: stage sft: lora: start cannot be pisa: did you mean pissa?"),
    ("{targets: [q_proj, 'a.*']}", "r.yaml:6: stage sft: lora: targets: a.* must stand alone"),
    ("{targets: [q_proj, all-linear]}", "r.yaml:6: stage sft: lora: targets: all-linear must stand alone"),
    ("{targets: 'a(.*', layers: [1]}", "r.yaml:6: stage sft: lora: layers needs targets by name"),
    ("{targets: 'a(.*'}", "r.yaml:6: stage sft: lora: a(.* is no regular expression"),
    ("{targets: []}", "r.yaml:6: stage sft: lora: targets is empty"),
    ("{plus_ratio: 0.5}", "r.yaml:6: stage sft: lora: plus_ratio must be a number from 1 to 1000"),
  ])
  func mistakesAreFoundBeforeAnythingRuns(lora: String, message: String) {
    #expect(problems(lora).first?.hasPrefix(message) == true, "\(problems(lora))")
  }

  @Test(arguments: [
    ("{targets: [q_prj]}", "targets: the model has no linear layer q_prj: did you mean q_proj?"),
    ("{targets: [wte]}", "targets: the model has no linear layer wte: there are q_proj, up_proj, v_proj"),
    ("{targets: 'x.*'}", "targets: x.* matches no layer's whole path; one is model.layers.0.self_attn.q_proj"),
    ("{targets: q_proj, exclude: up_prj}", "exclude: the model has no linear layer up_prj: did you mean up_proj?"),
    (
      "{targets: q_proj, rank_pattern: {k_proj: 2}}", "rank_pattern: the model has no linear layer k_proj: did you mean"
    ),
    ("{targets: q_proj, layers: [2]}", "layers: there is no block 2; there are 0 to 1"),
    ("{targets: q_proj, exclude: q_proj}", "exclude and layers leave none of the targets"),
    ("{targets: q_proj, alpha: 0, start: pissa}", "start: pissa divides by alpha, which is 0"),
  ])
  func whatTheModelLacksIsNamed(lora: String, message: String) throws {
    let problem = LowRankCheck(try stage(lora).adapter, layers: Self.layers).problem
    #expect(problem?.hasPrefix(message) == true, "\(problem ?? "none")")
  }

  @Test func whatTheModelHasIsAccepted() throws {
    for lora in [
      "{targets: all-linear, layers: 1}", "{targets: '.*mlp.*'}",
      "{targets: model.layers.1.mlp.up_proj, rank_pattern: {'layers.1.*': 2}}",
    ] {
      #expect(LowRankCheck(try stage(lora).adapter, layers: Self.layers).problem == nil, "\(lora)")
    }
  }
}
