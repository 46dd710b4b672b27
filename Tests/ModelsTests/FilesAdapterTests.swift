import Foundation
import Models
import Testing

/// adapter_config.json, in and out, and the names of an adapter's tensors.
@Suite struct FilesAdapterTests {
  private static let modules = (0..<2).flatMap { layer in
    [
      "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
      "mlp.down_proj",
    ].map { "model.layers.\(layer).\($0)" }
  }

  private func read(_ json: String) throws -> AdapterConfiguration {
    try Files.inTemporaryFolder { folder in
      try Data(json.utf8).write(to: folder.appendingPathComponent("adapter_config.json"))
      return try AdapterConfiguration(folder: folder)
    }
  }

  @Test func ranksScalesAndTargetsAreThoseOfPEFT() throws {
    struct Adapted: Decodable {
      var rank: Int
      var scale: Float
    }
    let folder = Files.folder.appendingPathComponent("varied")
    let configuration = try AdapterConfiguration(folder: folder)
    let expected = try JSONDecoder().decode(
      [String: Adapted].self, from: Data(contentsOf: folder.appendingPathComponent("adapted.json")))
    #expect(Self.modules.filter(configuration.targets).sorted() == expected.keys.sorted())
    let weights = try SafetensorsFile(folder.appendingPathComponent("adapter_model.safetensors"))
    for (module, adapted) in expected {
      #expect(configuration.rank(forModule: module) == adapted.rank)
      #expect(abs(configuration.scale(forModule: module) - adapted.scale) < 1e-6)
      #expect(try weights.entry(AdapterTensorName.down(module)).shape[0] == adapted.rank)
      #expect(try weights.entry(AdapterTensorName.up(module)).shape[1] == adapted.rank)
    }
    #expect(weights.names.count == 2 * expected.count)
  }

  @Test func readsARewardModelsAdapter() throws {
    let folder = Files.folder.appendingPathComponent("reward")
    let configuration = try AdapterConfiguration(folder: folder)
    #expect(configuration.task == .sequenceClassification)
    #expect(configuration.modulesToSave.contains("score"))
    #expect(configuration.dropout == 0.1)
    #expect(configuration.layers == [1])
    #expect(
      Self.modules.filter(configuration.targets) == [
        "model.layers.1.self_attn.q_proj", "model.layers.1.self_attn.v_proj",
      ])
    let weights = try SafetensorsFile(folder.appendingPathComponent("adapter_model.safetensors"))
    #expect(try weights.entry(AdapterTensorName.score).shape == [1, 16])
    #expect(try weights.entry("base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight").shape == [2, 16])
  }

  @Test func allLinearLeavesTheHeadAlone() {
    let configuration = AdapterConfiguration(rank: 4, alpha: 8, targetModules: ["all-linear"])
    #expect(Self.modules.allSatisfy(configuration.targets))
    #expect(!configuration.targets("lm_head"))
    #expect(!configuration.targets("score"))
  }

  @Test func namesMatchWholeParts() {
    let configuration = AdapterConfiguration(targets: .modules(["q_proj", "model.layers.1.mlp.up_proj"]))
    #expect(configuration.targets("model.layers.0.self_attn.q_proj"))
    #expect(!configuration.targets("model.layers.0.self_attn.other_q_proj"))
    #expect(configuration.targets("model.layers.1.mlp.up_proj"))
    #expect(!configuration.targets("model.layers.0.mlp.up_proj"))
    let excluding = AdapterConfiguration(targets: .allLinear, excludedModules: ["k_proj"])
    #expect(!excluding.targets("model.layers.0.self_attn.k_proj"))
  }

  @Test func scalesFollowTheRankOrItsRoot() {
    #expect(AdapterConfiguration(rank: 16, alpha: 32).scale(forModule: "q_proj") == 2)
    #expect(AdapterConfiguration(rank: 16, alpha: 32, usesRankStabilisation: true).scale(forModule: "q_proj") == 8)
  }

  @Test func savedAdaptersOpenAgainUnchanged() throws {
    for configuration in [
      AdapterConfiguration(),
      AdapterConfiguration(
        rank: 16, alpha: 2.5, dropout: 0.05, targets: .modules(["q_proj", "v_proj"]), usesRankStabilisation: true,
        usesMagnitudes: true, rankPattern: ["down_proj": 4], alphaPattern: ["k_proj": 5], layers: [0, 3],
        excludedModules: ["up_proj"], modulesToSave: ["score"], task: .sequenceClassification, baseModel: "模型/base"),
      AdapterConfiguration(targets: .pattern(#".*\.\d+\.mlp\..*"#), excludedPattern: ".*up_proj", start: .gaussian),
    ] {
      let copy = try Files.inTemporaryFolder { folder in
        try configuration.save(to: folder)
        return try AdapterConfiguration(folder: folder)
      }
      #expect(copy == configuration)
    }
  }

  @Test(arguments: [
    (#"{"peft_type":"IA3"}"#, "the peft_type IA3 is not supported; supported: LORA, PREFIX_TUNING"),
    (#"{"peft_type":"LORA"}"#, "target_modules is missing"),
    (#"{"peft_type":"LORA","target_modules":["q"],"bias":"all"}"#, "bias \"all\""),
    (#"{"peft_type":"LORA","target_modules":["q"],"r":0}"#, "rank is not positive"),
    (#"{"peft_type":"LORA","target_modules":["q"],"lora_dropout":1.0}"#, "lora_dropout is 1.0"),
    (#"{"peft_type":"LORA","target_modules":["q"],"init_lora_weights":"olora"}"#, "olora"),
    (#"{"peft_type":"LORA","target_modules":["q"],"task_type":"TOKEN_CLS"}"#, "TOKEN_CLS"),
    (#"{"peft_type":"LORA","target_modules":["q"],"rank_pattern":{"q":"x"}}"#, "rank_pattern maps q"),
    (#"{"peft_type":"LORA","target_modules":["q"],"layer_replication":[[0,4]]}"#, "layer_replication"),
    (#"{"peft_type":"LORA","target_modules":"(q"}"#, "no regular expression"),
  ])
  func whatIsNotSupportedIsNamed(json: String, text: String) throws {
    let error = #expect(throws: ModelError.self) { try read(json) }
    #expect(error?.description.contains(text) == true, "\(String(describing: error))")
    #expect(error?.description.contains("adapter_config.json") == true)
  }
}
