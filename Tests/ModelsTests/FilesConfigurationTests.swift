import Foundation
import Models
import Testing

/// config.json, in and out.
@Suite struct FilesConfigurationTests {
  private static let smallest =
    #""model_type":"llama","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":96,"vocab_size":100"#

  private func read(_ more: String = "", base: String = smallest) throws -> ModelConfiguration {
    try Files.inTemporaryFolder { folder in
      try Data("{\(base)\(more.isEmpty ? "" : ",")\(more)}".utf8)
        .write(to: folder.appendingPathComponent("config.json"))
      return try ModelConfiguration(folder: folder)
    }
  }

  @Test func readsWhatTransformersWrites() throws {
    let configuration = try ModelConfiguration(folder: Files.folder.appendingPathComponent("sharded"))
    #expect(
      configuration
        == ModelConfiguration(
          hiddenSize: 16, layerCount: 2, headCount: 2, keyValueHeadCount: 1, headSize: 8, intermediateSize: 24,
          vocabularySize: 20, rmsNormEpsilon: 1e-5, ropeTheta: 500_000, maximumPositions: 2048, tiesEmbeddings: false,
          beginningOfSequence: 3, endOfSequence: [1, 2]))
    let weights = try SafetensorsFolder(Files.folder.appendingPathComponent("sharded"))
    let count = try weights.names.reduce(0) { try $0 + weights.entry($1).shape.reduce(1, *) }
    #expect(configuration.parameterCount == count)
  }

  @Test func absentKeysHaveTransformersDefaults() throws {
    let configuration = try read()
    #expect(configuration.keyValueHeadCount == 4)
    #expect(configuration.headSize == 16)
    #expect(configuration.rmsNormEpsilon == 1e-6)
    #expect(configuration.ropeTheta == 10_000)
    #expect(configuration.maximumPositions == 2048)
    #expect(!configuration.tiesEmbeddings)
    #expect(configuration.endOfSequence == [])
  }

  @Test func rotaryBaseIsReadInBothStyles() throws {
    #expect(try read(#""rope_theta":5000.0,"rope_scaling":null"#).ropeTheta == 5000)
    #expect(try read(#""rope_parameters":{"rope_theta":7000,"rope_type":"default"}"#).ropeTheta == 7000)
    #expect(try read(#""rope_scaling":{"type":"default"}"#).ropeTheta == 10_000)
  }

  @Test(arguments: [
    (#""rope_scaling":{"rope_type":"llama3","factor":8.0}"#, "rope_scaling"),
    (#""rope_parameters":{"rope_type":"yarn","rope_theta":1e4}"#, "yarn"),
    (#""hidden_act":"gelu""#, "hidden_act \"gelu\""),
    (#""quantization_config":{"bits":4}"#, "quantization_config"), (#""pretraining_tp":2"#, "pretraining_tp 2"),
    (#""num_key_value_heads":3"#, "not a multiple"), (#""head_dim":7"#, "head_dim 7 is odd"),
    (#""num_key_value_heads":0"#, "num_key_value_heads is 0"),
    (#""rms_norm_eps":"small""#, "rms_norm_eps is \"small\""),
    (#""tie_word_embeddings":1"#, "expected true or false"),
  ])
  func whatIsNotSupportedIsNamed(more: String, text: String) throws {
    let error = #expect(throws: ModelError.self) { try read(more) }
    #expect(error?.description.contains(text) == true, "\(String(describing: error))")
    #expect(error?.description.contains("config.json") == true)
  }

  @Test func otherModelsAndBrokenFilesAreRefused() throws {
    for (base, text) in [
      (#""model_type":"gpt2""#, "the model_type gpt2 is not supported; supported: llama"),
      (#""hidden_size":1"#, "model_type is missing"), (#""model_type":"llama""#, "num_attention_heads is missing"),
      ("broken", "not a JSON object"),
    ] {
      let error = #expect(throws: ModelError.self) { try read(base: base) }
      #expect(error?.description.contains(text) == true || text.hasPrefix("num_"), "\(String(describing: error))")
    }
    let missing = #expect(throws: ModelError.self) { try ModelConfiguration(folder: URL(filePath: "/no/such")) }
    #expect(missing?.description == "/no/such/config.json: cannot be read: there is no such file")
  }

  @Test(arguments: ModelConfiguration.presetNames)
  func presetsSurviveAFile(name: String) throws {
    var preset = try ModelConfiguration.preset(name, vocabularySize: 333)
    preset.endOfSequence = [0, 2]
    preset.padding = 0
    let copy = try Files.inTemporaryFolder { folder in
      try preset.save(to: folder)
      let text = try String(contentsOf: folder.appendingPathComponent("config.json"), encoding: .utf8)
      #expect(text.contains("1e-05"))
      return try ModelConfiguration(folder: folder)
    }
    #expect(copy == preset)
  }

  @Test func presetsAreOfTheSizesTheyAreCalledBy() throws {
    #expect(ModelConfiguration.presetNames == ["tiny", "demo-3m", "10m", "smol-135m", "llama-1.1b", "llama-7b"])
    let counts = try ModelConfiguration.presetNames.map { try ModelConfiguration.preset($0).parameterCount }
    #expect(counts[1] / 100_000 == 31)
    #expect(counts[2] >= 10_000_000 && counts[2] < 12_000_000)
    #expect(counts[3] == 134_515_008)
    #expect(counts[4] == 1_100_048_384)
    #expect(counts[5] == 6_738_415_616)
    let error = #expect(throws: ModelError.self) { try ModelConfiguration.preset("8b") }
    #expect(error?.description.contains("demo-3m") == true)
  }
}
