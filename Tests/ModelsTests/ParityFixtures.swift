import Foundation
import Models
import Tensors

/// Expected values of transformers and PEFT on tiny models; `make_fixtures.py` writes them.
struct ParityFixtures: Decodable {
  struct Sequence: Decodable {
    let name: String
    let ids: [Int32]
    let logprobs: [String: [Float]]
  }

  struct Conversation: Decodable {
    let ids: [Int32]
    let targets: [Int]
  }

  struct Greedy: Decodable {
    struct Continuation: Decodable { let ids: [Int32] }
    let promptIds: [Int32]
    let continuations: [String: Continuation]

    private struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      promptIds = try container.decode([Int32].self, forKey: Key(stringValue: "prompt_ids"))
      var continuations: [String: Continuation] = [:]
      for key in container.allKeys where key.stringValue != "prompt_ids" {
        continuations[key.stringValue] = try container.decode(Continuation.self, forKey: key)
      }
      self.continuations = continuations
    }
  }

  let sequences: [Sequence]
  let conversations: [Conversation]
  let batchLoss: [String: Float]
  let greedy: Greedy

  static let folder = Bundle.module.resourceURL!.appendingPathComponent("Fixtures")

  static func load() throws -> ParityFixtures {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom { path in
      let key = path.last!.stringValue
      let names = ["batch_loss": "batchLoss"]
      return AnyKey(stringValue: names[key] ?? key)
    }
    return try decoder.decode(
      ParityFixtures.self, from: Data(contentsOf: folder.appendingPathComponent("expected.json")))
  }

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// `tiny`, `tiny-tied`, or `tiny-lora`: the LoRA adapter over `tiny`.
  static func role(_ name: String) throws -> Role {
    guard name == "tiny-lora" else { return Role(try LanguageModel(folder: folder.appendingPathComponent(name))) }
    let model = try LanguageModel(folder: folder.appendingPathComponent("tiny"))
    return Role(model, try Adapter(folder: folder.appendingPathComponent(name), model: model))
  }
}
