import Foundation
import Models
import Testing

/// Folders of weights, sharded or not.
@Suite struct FilesShardTests {
  @Test func readsTheShardsOfTransformers() throws {
    let folder = Files.folder.appendingPathComponent("sharded")
    let weights = try SafetensorsFolder(folder)
    let norms = try JSONDecoder().decode(
      [String: Double].self, from: Data(contentsOf: folder.appendingPathComponent("norms.json")))
    #expect(weights.names == norms.keys.sorted())
    for (name, norm) in norms {
      let sum = Files.values(try weights.entry(name), as: Float.self).reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(abs(sum.squareRoot() - norm) < 1e-5 * max(1, norm), "\(name)")
    }
    #expect(throws: ModelError.missingTensor(file: folder.path, tensor: "x")) { try weights.entry("x") }
  }

  private func copied(_ body: (URL) throws -> Void) throws {
    try Files.inTemporaryFolder { folder in
      let copy = folder.appendingPathComponent("model")
      try FileManager.default.copyItem(at: Files.folder.appendingPathComponent("sharded"), to: copy)
      try body(copy)
    }
  }

  @Test func aMissingShardIsNamed() throws {
    try copied { folder in
      try FileManager.default.removeItem(at: folder.appendingPathComponent("model-00002-of-00004.safetensors"))
      let error = #expect(throws: ModelError.self) { try SafetensorsFolder(folder) }
      #expect(error?.description.contains("model-00002-of-00004.safetensors: cannot be read") == true)
    }
  }

  @Test func anIndexThatPromisesTooMuchIsRefused() throws {
    try copied { folder in
      let index = folder.appendingPathComponent("model.safetensors.index.json")
      let text = try String(contentsOf: index, encoding: .utf8)
      try Data(text.replacing("\"lm_head.weight\"", with: "\"phantom\"").utf8).write(to: index)
      let error = #expect(throws: ModelError.self) { try SafetensorsFolder(folder) }
      #expect(error?.description.contains("tensor phantom is missing") == true)
      try Data(text.replacing("model-00001-of-00004", with: "../model").utf8).write(to: index)
      #expect(throws: ModelError.self) { try SafetensorsFolder(folder) }
      try Data("{}".utf8).write(to: index)
      let empty = #expect(throws: ModelError.self) { try SafetensorsFolder(folder) }
      #expect(empty?.description.contains("weight_map") == true)
    }
  }

  @Test func aFolderWithoutWeightsSaysWhatItLooksFor() throws {
    try Files.inTemporaryFolder { folder in
      try Data().write(to: folder.appendingPathComponent("pytorch_model.bin"))
      let error = #expect(throws: ModelError.self) { try SafetensorsFolder(folder) }
      #expect(error?.description.contains("model.safetensors.index.json") == true)
      #expect(error?.description.contains("pytorch_model.bin is not read") == true)
    }
  }

  @Test func writesAndReadsShards() throws {
    let tensors = (0..<7).map { SafetensorsTensor(name: "layer.\($0)", shape: [10, 10]) }
    try Files.inTemporaryFolder { folder in
      try Files.write(tensors, toFolder: folder, maximumShardSize: 1000)
      #expect(try Files.names(in: folder).count == 5)
      let weights = try SafetensorsFolder(folder)
      #expect(weights.names == tensors.map(\.name))
      for tensor in tensors { #expect(Array(try weights.entry(tensor.name).bytes) == Files.pattern(tensor)) }

      // Fewer shards, then one file: what is stale goes away.
      try Files.write(tensors, toFolder: folder, maximumShardSize: 2000)
      #expect(try Files.names(in: folder).filter { $0.hasSuffix(".safetensors") }.count == 2)
      #expect(try SafetensorsFolder(folder).names.count == 7)
      try Files.write(tensors, toFolder: folder, maximumShardSize: 1 << 20)
      #expect(try Files.names(in: folder) == ["model.safetensors"])
      try Files.write(tensors, toFolder: folder, maximumShardSize: 100)
      #expect(try Files.names(in: folder).count == 8)
      #expect(try SafetensorsFolder(folder).names.count == 7)
    }
  }
}
