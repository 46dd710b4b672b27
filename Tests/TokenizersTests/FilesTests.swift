import Foundation
import Testing
import Tokenizers

/// Opening, refusing and saving tokenizers.
struct FilesTests {
  private func tokenizer(_ json: String) throws -> Tokenizer {
    try Fixtures.inTemporaryFolder { folder in
      try Data(json.utf8).write(to: folder.appendingPathComponent("tokenizer.json"))
      return try Tokenizer(folder: folder)
    }
  }

  private func json(
    model: String = #"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}"#,
    normalizer: String = "null", preTokenizer: String = #"{"type": "ByteLevel", "add_prefix_space": false}"#,
    decoder: String = #"{"type": "ByteLevel"}"#
  ) -> String {
    #"{"normalizer": \#(normalizer), "pre_tokenizer": \#(preTokenizer), "decoder": \#(decoder), "model": \#(model)}"#
  }

  @Test func opensTheSmallestFile() throws {
    let tokenizer = try tokenizer(json())
    #expect(tokenizer.encode("abcab") == [2, 2])
    #expect(tokenizer.vocabularySize == 3)
    #expect(tokenizer.id(of: "ab") == 2)
    #expect(tokenizer.token(1) == "b")
    #expect(tokenizer.token(3) == nil)
    #expect(tokenizer.endOfSequence == nil)
  }

  @Test func refusesWhatItDoesNotDoByName() throws {
    let wordPiece = #"{"type": "WordPiece", "vocab": {"a": 0}}"#
    let unigram = #"{"type": "Unigram", "vocab": [["a", -1.5]]}"#
    let fallback = #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "byte_fallback": true}"#
    let orphan = #"{"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": [["a", "b"]]}"#
    for (file, word) in [
      (json(model: wordPiece), "WordPiece"), (json(model: unigram), "Unigram"),
      (json(model: fallback), "byte_fallback"),
      (json(model: orphan), "\"ab\""), (json(normalizer: #"{"type": "Lowercase"}"#), "Lowercase"),
      (json(preTokenizer: #"{"type": "Metaspace"}"#), "Metaspace"), (json(preTokenizer: "null"), "null"),
      (json(preTokenizer: #"{"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated"}"#), "(a"),
      (json(decoder: #"{"type": "WordPiece"}"#), "decoder WordPiece"), ("{\"model\": ", "JSON"), ("{}", "model"),
    ] {
      let error = #expect(throws: TokenizerError.self) { try tokenizer(file) }
      #expect(error?.description.contains(word) == true, "\(word): \(error?.description ?? "")")
      #expect(error?.description.contains("tokenizer.json") == true)
    }
    let missing = #expect(throws: TokenizerError.self) { try Tokenizer(folder: URL(filePath: "/no/such/folder")) }
    #expect(missing?.description == "/no/such/folder/tokenizer.json: cannot be read: there is no such file")
  }

  @Test(arguments: ["gpt2", "llama3", "qwen", "digits", "prefix"])
  func savesWhatItOpens(name: String) throws {
    let original = try Tokenizer(folder: Fixtures.folder.appendingPathComponent(name))
    let copy = try Fixtures.inTemporaryFolder { folder in
      try original.save(to: folder)
      return try Tokenizer(folder: folder)
    }
    #expect(copy.fingerprint == original.fingerprint)
    for expected in try Fixtures.decode([GoldenTests.Case].self, "\(name)/golden.json") {
      #expect(copy.encode(expected.text, addingSpecial: true) == expected.withSpecial)
    }
  }

  @Test func fingerprintsTellTokenizersApart() throws {
    let fingerprints = try ["gpt2", "llama3", "qwen", "digits", "prefix"].map {
      try Tokenizer(folder: Fixtures.folder.appendingPathComponent($0)).fingerprint
    }
    #expect(Set(fingerprints).count == 5)
    #expect(fingerprints.allSatisfy { $0.count == 32 })
  }

  @Test func namesOfSpecialTokensComeFromTheFilesBeside() throws {
    try Fixtures.inTemporaryFolder { folder in
      try Fixtures.copy(Fixtures.folder.appendingPathComponent("gpt2/tokenizer.json"), into: folder)
      try Data(#"{"eos_token": {"content": "<|im_end|>"}}"#.utf8)
        .write(to: folder.appendingPathComponent("special_tokens_map.json"))
      try Data(#"{"eos_token_id": [2, 0], "pad_token_id": 0, "bos_token_id": 1}"#.utf8)
        .write(to: folder.appendingPathComponent("generation_config.json"))
      let tokenizer = try Tokenizer(folder: folder)
      #expect(tokenizer.endOfSequence == 2)
      #expect(tokenizer.padding == 0)
      #expect(tokenizer.beginningOfSequence == 1)
      #expect(tokenizer.stopTokens == [0, 2])
    }
  }

  @Test func savingToAReadOnlyPlaceSaysSo() throws {
    let tokenizer = try tokenizer(json())
    let error = #expect(throws: TokenizerError.self) { try tokenizer.save(to: URL(filePath: "/proc/nothing")) }
    #expect(error?.description.hasPrefix("/proc/nothing: cannot be written") == true)
  }
}
