import Testing
import Tokenizers

/// Tokenizers in llama.cpp's terms.
@Suite struct GGUFVocabularyTests {
  @Test(arguments: [("gpt2", "gpt-2"), ("digits", "smollm"), ("llama3", "llama-bpe"), ("qwen", "qwen2")])
  func waysToCutTextHaveNames(fixture: String, name: String) throws {
    let tokenizer = try Tokenizer(folder: Fixtures.folder.appendingPathComponent(fixture))
    let size = tokenizer.vocabularySize + 3
    let vocabulary = try tokenizer.ggufVocabulary(size: size, file: "model.gguf")
    #expect(vocabulary.preTokenizer == name)
    #expect(vocabulary.tokens.count == size && vocabulary.kinds.count == size)
    #expect(vocabulary.tokens.last == "[PAD\(size - 1)]" && vocabulary.kinds.last == .unused)
    #expect(Set(vocabulary.tokens).count == size)
    #expect(vocabulary.merges.allSatisfy { $0.split(separator: " ").count == 2 } && !vocabulary.merges.isEmpty)
    for id in 0..<Int32(tokenizer.vocabularySize) {
      #expect((vocabulary.kinds[Int(id)] == .control) == tokenizer.isSpecial(id))
    }
    #expect(vocabulary.endOfSequence == tokenizer.endOfSequence)
    // Whether a text begins with a special token is what encoding with such tokens does.
    let first = tokenizer.encode("text", addingSpecial: true).first
    #expect(vocabulary.addsBeginning == (first == vocabulary.beginningOfSequence))
  }

  @Test func whatLlamaCppWouldReadOtherwiseIsRefused() throws {
    let prefixed = #expect(throws: TokenizerError.self) {
      try Tokenizer(folder: Fixtures.folder.appendingPathComponent("prefix")).ggufVocabulary(
        size: 10_000, file: "model.gguf")
    }
    #expect(prefixed?.description.contains("the normalizer Sequence, in a GGUF file,") == true)
    let small = #expect(throws: TokenizerError.self) {
      try Tokenizer(folder: Fixtures.folder.appendingPathComponent("gpt2")).ggufVocabulary(size: 10, file: "model.gguf")
    }
    #expect(small?.description.contains("embedding 10 rows") == true)
  }
}
