import Foundation
import Models
import Tensors
import Testing

/// Rounded weights in files; `make_rounded_fixtures.py` wrote the fixtures.
@Suite struct RoundedFolderTests {
  static let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/rounded")
  static let dense = folder.appendingPathComponent("dense")
  static let ids: [Int32] = [1, 5, 90, 33, 7, 64, 2, 11]

  private func logits(_ model: LanguageModel, _ ids: [Int32] = Self.ids) -> [[Float]] {
    var batch = PackedBatch()
    batch.append(ids)
    let tape = Tape(recording: false, workspace: Workspace(capacity: 16 << 20))
    defer { tape.finish() }
    return Role(model).hiddenStates(batch, tape: tape).logits(rows: Array(ids.indices))
  }

  private struct Logits: Decodable {
    let ids: [Int32]
    let nf4: [[Float]]
    let plain: [[Float]]
    enum CodingKeys: String, CodingKey {
      case ids, nf4
      case plain = "nf4-plain"
    }
  }

  @Test(arguments: ["nf4", "nf4-plain"]) func opensWhatBitsandbytesWrote(_ name: String) throws {
    let data = try Data(contentsOf: Self.folder.appendingPathComponent("logits.json"))
    let expected = try JSONDecoder().decode(Logits.self, from: data)
    let model = try LanguageModel(folder: Self.folder.appendingPathComponent(name))
    #expect(model.format == .nf4)
    let ours = logits(model, expected.ids)
    for (row, wanted) in zip(ours, name == "nf4" ? expected.nf4 : expected.plain) {
      for (a, b) in zip(row, wanted) { #expect(abs(a - b) < 2e-5, "\(a) is not \(b)") }
    }
  }

  /// The same codes, scales and maps, tensor by tensor.
  @Test func writesWhatBitsandbytesWrote() throws {
    try Files.inTemporaryFolder { folder in
      let ours = folder.appendingPathComponent("nf4")
      try RoundedFolder.write(FolderWeights(Self.dense), as: .nf4, to: ours)
      let written = try SafetensorsFolder(ours)
      let expected = try SafetensorsFolder(Self.folder.appendingPathComponent("nf4"))
      #expect(written.names == expected.names)
      for name in expected.names where name.contains("_proj.weight") {
        let (a, b) = (try written.entry(name), try expected.entry(name))
        if name.hasSuffix("bitsandbytes__nf4") {
          let (mine, theirs) = (try state(a), try state(b))
          #expect(Set(mine.keys) == Set(theirs.keys))
          for (key, value) in theirs where key != "nested_offset" {
            #expect("\(mine[key] ?? "")" == "\(value)", "\(name): \(key)")
          }
          // Their mean is a sum in f32, whose last bits depend on the processor.
          let (one, other) = (mine["nested_offset"] as? Double ?? 0, theirs["nested_offset"] as? Double ?? 1)
          #expect(abs(one / other - 1) < 1e-6)
        } else if name.hasSuffix("nested_absmax") {
          let values = Files.values(b, as: Float.self)
          #expect(zip(Files.values(a, as: Float.self), values).allSatisfy { abs($0 / $1 - 1) < 1e-5 }, "\(name)")
        } else {
          #expect(a.type == b.type && a.shape == b.shape && Data(a.bytes) == Data(b.bytes), "\(name)")
        }
      }
    }
  }

  private func state(_ entry: SafetensorsEntry) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(entry.bytes)) as? [String: Any])
  }

  @Test(arguments: [WeightFormat.bf16, .int8, .nf4]) func aFileGivesTheBitsOfRoundingInMemory(
    _ format: WeightFormat
  ) throws {
    try Files.inTemporaryFolder { folder in
      let inMemory = logits(try LanguageModel(folder: Self.dense, format: format))
      try RoundedFolder.write(FolderWeights(Self.dense), as: format, to: folder)
      let opened = try LanguageModel(folder: folder, format: format)
      #expect(logits(opened) == inMemory)
      #expect(opened.weightBytes == (try LanguageModel(folder: Self.dense, format: format).weightBytes))
      // Without a format: what the folder holds; bf16 is an ordinary folder, widened.
      #expect(try LanguageModel(folder: folder).format == (format == .bf16 ? .f32 : format))
      #expect(try Files.names(in: folder) == ["config.json", "model.safetensors"])
    }
  }

  @Test(arguments: [WeightFormat.bf16, .int8, .nf4]) func newWeightsAreThoseOfTheDenseModelRounded(
    _ format: WeightFormat
  ) throws {
    let shape = try ModelConfiguration(folder: Self.dense)
    try Files.inTemporaryFolder { folder in
      let dense = folder.appendingPathComponent("dense")
      let rounded = folder.appendingPathComponent("rounded")
      try LanguageModel(configuration: shape, seed: 9).save(to: dense)
      var steps: [Int] = []
      try RoundedFolder.write(
        RandomWeights(configuration: shape, seed: 9), as: format, to: rounded, isPortable: true
      ) { steps.append($0) }
      #expect(steps == Array(1...shape.weights.count))
      let expected = logits(try LanguageModel(folder: dense, format: format))
      #expect(logits(try LanguageModel(folder: rounded, format: format)) == expected)
    }
  }

  @Test func matricesOfOddWidthsAreNamedAsNotRounded() throws {
    try Files.inTemporaryFolder { folder in
      let shape = try ModelConfiguration.preset("tiny")
      try RoundedFolder.write(RandomWeights(configuration: shape, seed: 1), as: .nf4, to: folder, isPortable: true)
      let config = try String(contentsOf: folder.appendingPathComponent("config.json"), encoding: .utf8)
      #expect(config.contains("\"model.layers.0.self_attn.q_proj\""))
      #expect(!config.contains("\"model.layers.0.mlp.down_proj\""))
      #expect(try LanguageModel(folder: folder).format == .nf4)
    }
  }

  @Test func expandingGivesADenseModelOfTheSameNumbers() throws {
    let rounded = try LanguageModel(folder: Self.folder.appendingPathComponent("nf4"))
    let dense = try LanguageModel(expanding: rounded)
    #expect(dense.format == .f32)
    #expect(dense.parameters.map(\.name) == dense.configuration.weights.map(\.name))
    #expect(logits(dense) == logits(rounded))
    try Files.inTemporaryFolder { folder in
      try dense.save(to: folder)
      #expect(logits(try LanguageModel(folder: folder)) == logits(rounded))
    }
  }

  @Test func anotherFormatThanTheFoldersIsRefused() throws {
    let error = #expect(throws: ModelError.self) {
      try LanguageModel(folder: Self.folder.appendingPathComponent("nf4"), format: .int8)
    }
    #expect(error?.description.contains("kept as nf4 and cannot be opened as int8") == true)
  }

  @Test(arguments: [
    (#"{"quant_method":"bitsandbytes","load_in_8bit":true}"#, "LLM.int8()"),
    (#"{"quant_method":"bitsandbytes","load_in_4bit":true,"bnb_4bit_quant_type":"fp4"}"#, "4-bit type fp4"),
    (#"{"quant_method":"gptq","bits":4}"#, "quant_method gptq"),
  ]) func otherRoundingIsRefusedByName(_ settings: String, _ message: String) throws {
    try Files.inTemporaryFolder { folder in
      let config = try String(contentsOf: Self.dense.appendingPathComponent("config.json"), encoding: .utf8)
      let text = config.replacing("{", with: "{\"quantization_config\": \(settings),", maxReplacements: 1)
      try Data(text.utf8).write(to: folder.appendingPathComponent("config.json"))
      let error = #expect(throws: ModelError.self) { try LanguageModel(folder: folder) }
      #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
  }

  /// A draft that was not finished leaves nothing, and takes nothing away.
  @Test func aSourceThatFailsLeavesTheOldFile() throws {
    struct Broken: WeightSource {
      let whole: FolderWeights
      var configuration: ModelConfiguration { whole.configuration }
      func rows(of weight: WeightDescription) throws -> DenseRows {
        if weight.name == "model.norm.weight" { throw ModelError.missingTensor(file: "test", tensor: weight.name) }
        return try whole.rows(of: weight)
      }
    }
    try Files.inTemporaryFolder { folder in
      let whole = try FolderWeights(Self.dense)
      try RoundedFolder.write(whole, as: .nf4, to: folder)
      let before = try Data(contentsOf: folder.appendingPathComponent("model.safetensors"))
      #expect(throws: ModelError.self) { try RoundedFolder.write(Broken(whole: whole), as: .nf4, to: folder) }
      #expect(try Data(contentsOf: folder.appendingPathComponent("model.safetensors")) == before)
      #expect(try Files.names(in: folder) == ["config.json", "model.safetensors"])
    }
  }

  /// What a killed writer left is removed by the next one; the draft of a writer that lives is not.
  @Test func draftsThatWereLeftBehindAreRemoved() throws {
    try Files.inTemporaryFolder { folder in
      let left = folder.appendingPathComponent("model.safetensors.1-ABCDEF01.tmp")
      try Data(count: 10).write(to: left)
      let alive = folder.appendingPathComponent("model.safetensors.2-ABCDEF01.tmp")
      try Data(count: 10).write(to: alive)
      let descriptor = open(alive.path, O_RDWR)
      flock(descriptor, LOCK_EX)
      defer { close(descriptor) }
      try RoundedFolder.write(FolderWeights(Self.dense), as: .nf4, to: folder)
      #expect(!FileManager.default.fileExists(atPath: left.path))
      #expect(FileManager.default.fileExists(atPath: alive.path))
    }
  }

  @Test func aStateThatContradictsTheShapeIsRefused() throws {
    try Files.inTemporaryFolder { folder in
      let config = try String(
        contentsOf: Self.folder.appendingPathComponent("nf4/config.json"), encoding: .utf8)
      try Data(config.replacing("\"intermediate_size\": 128", with: "\"intermediate_size\": 192").utf8)
        .write(to: folder.appendingPathComponent("config.json"))
      try FileManager.default.copyItem(
        at: Self.folder.appendingPathComponent("nf4/model.safetensors"),
        to: folder.appendingPathComponent("model.safetensors"))
      let error = #expect(throws: ModelError.self) { try LanguageModel(folder: folder) }
      #expect(error?.description.contains("gate_proj.weight: its shape is [128, 64]") == true)
    }
  }
}
