import Foundation
import Testing
import Tokenizers

/// Training gives the vocabulary and merges of `BpeTrainer` of Hugging Face's tokenizers.
struct BytePairTrainerTests {
  struct Expected: Decodable {
    var size: Int
    var frequency: Int
    var merges: [[String]]
    var vocabulary: [String]
  }

  struct Saved: Decodable {
    struct Model: Decodable { var merges: [[String]] }
    var model: Model
  }

  private static let special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

  private func train(_ texts: [String], size: Int, frequency: Int = 2) -> Tokenizer {
    var trainer = BytePairTrainer(vocabularySize: size, specialTokens: Self.special, minimumFrequency: frequency)
    for text in texts { trainer.add(text) }
    return trainer.train()
  }

  private func merges(_ tokenizer: Tokenizer) throws -> [[String]] {
    try Fixtures.inTemporaryFolder { folder in
      try tokenizer.save(to: folder)
      let data = try Data(contentsOf: folder.appendingPathComponent("tokenizer.json"))
      return try JSONDecoder().decode(Saved.self, from: data).model.merges
    }
  }

  @Test(arguments: ["small", "large", "rare"])
  func learnsWhatTokenizersLearns(name: String) throws {
    let texts = try Fixtures.decode([String].self, "training/text.json")
    let expected = try Fixtures.decode(Expected.self, "training/\(name).json")
    let tokenizer = train(texts, size: expected.size, frequency: expected.frequency)
    #expect((0..<Int32(tokenizer.vocabularySize)).map { tokenizer.token($0) } == expected.vocabulary)
    #expect(try merges(tokenizer) == expected.merges)
  }

  @Test func newTokenizersSpeakChatML() throws {
    let tokenizer = train(["a reward model 奖励模型 a reward model 奖励模型"], size: 300)
    #expect(tokenizer.endOfSequence == 0)
    #expect(tokenizer.padding == 0)
    #expect(tokenizer.endOfTurn == 2)
    #expect(tokenizer.stopTokens == [0, 2])
    let conversation = [Message(role: "user", content: "奖励"), Message(role: "assistant", content: "模型🙂")]
    let encoded = tokenizer.encode(conversation: conversation)
    #expect(
      tokenizer.decode(encoded.tokens) == "<|im_start|>user\n奖励<|im_end|>\n<|im_start|>assistant\n模型🙂<|im_end|>\n")
    let learned = zip(encoded.tokens, encoded.isTarget).filter(\.1).map(\.0)
    #expect(tokenizer.decode(learned) == "模型🙂<|im_end|>")
    #expect(tokenizer.decode(encoded.tokens, skippingSpecial: true) == "user\n奖励\nassistant\n模型🙂\n")
  }

  @Test func savedTokenizersOpenAgainUnchanged() throws {
    let tokenizer = train(["one two three two one"], size: 300)
    let copy = try Fixtures.inTemporaryFolder { folder in
      try tokenizer.save(to: folder)
      return try Tokenizer(folder: folder)
    }
    #expect(copy.fingerprint == tokenizer.fingerprint)
    #expect(copy.chatTemplate == tokenizer.chatTemplate)
    #expect(copy.endOfSequence == 0)
  }

  @Test func textWithoutWordBordersIsNotSlow() {
    let tokenizer = train([String(repeating: "中文", count: 3000)], size: 320)
    let text = String(repeating: "中文", count: 2000)
    let ids = tokenizer.encode(text)
    #expect(tokenizer.decode(ids) == text)
    #expect(ids.count < 300)
  }

  @Test func anEmptyCorpusGivesTheBytes() {
    let tokenizer = train([], size: 1000)
    #expect(tokenizer.vocabularySize == 259)
    #expect(tokenizer.decode(tokenizer.encode("any 文字 \u{0}")) == "any 文字 \u{0}")
  }
}
