import Foundation
import Testing
import Tokenizers

/// Ids and texts are those of Hugging Face's tokenizers.
struct GoldenTests {
  struct Case: Decodable {
    var text: String
    var ids: [Int32]
    var withSpecial: [Int32]
    var unparsed: [Int32]
    var decoded: String
    var skipped: String
  }

  @Test(arguments: ["gpt2", "llama3", "qwen", "digits", "prefix"])
  func encodesAndDecodesAsTokenizersDoes(name: String) throws {
    let tokenizer = try Tokenizer(folder: Fixtures.folder.appendingPathComponent(name))
    let cases = try Fixtures.decode([Case].self, "\(name)/golden.json")
    #expect(cases.count > 30)
    // Twice, so that words come from the cache as well.
    for _ in 0..<2 {
      for expected in cases {
        #expect(tokenizer.encode(expected.text) == expected.ids, "\(name): \(expected.text.debugDescription)")
        #expect(tokenizer.encode(expected.text, addingSpecial: true) == expected.withSpecial)
        #expect(tokenizer.encode(expected.text, parsingSpecial: false) == expected.unparsed)
        #expect(tokenizer.decode(expected.ids).unicodeScalars.elementsEqual(expected.decoded.unicodeScalars))
        #expect(
          tokenizer.decode(expected.ids, skippingSpecial: true).unicodeScalars
            .elementsEqual(expected.skipped.unicodeScalars))
      }
    }
  }

  @Test(arguments: ["gpt2", "llama3", "qwen"])
  func streamsWhatDecodeGivesAndNeverSplitsACharacter(name: String) throws {
    let tokenizer = try Tokenizer(folder: Fixtures.folder.appendingPathComponent(name))
    for expected in try Fixtures.decode([Case].self, "\(name)/golden.json") {
      var decoder = StreamDecoder(tokenizer)
      var parts = expected.ids.map { decoder.append($0) }
      parts.append(decoder.finish())
      #expect(parts.joined() == expected.decoded)
      #expect(!parts.contains { $0.contains("\u{FFFD}") })
    }
  }

  @Test func streamingReplacesBrokenBytesAsDecodeDoes() throws {
    let tokenizer = try Tokenizer(folder: Fixtures.folder.appendingPathComponent("gpt2"))
    let han = Array("中文".utf8)
    let rows: [[UInt8]] = [
      [0xE4, 0xB8], [0xE4, 0x41], [0xFF, 0xE4, 0xB8, 0xAD], [0xF0, 0x9F, 0x99, 0x82, 0x80], [0xC0, 0x80],
      [0xE0, 0x80, 0x80], Array(han.dropFirst()), han + [0xF0, 0x90], [0xED, 0xA0, 0x80, 0x41],
    ]
    let characters = try #require(byteTokens(of: tokenizer))
    for bytes in rows {
      let ids = bytes.map { characters[Int($0)] }
      var decoder = StreamDecoder(tokenizer)
      let streamed = ids.map { decoder.append($0) }.joined() + decoder.finish()
      #expect(streamed == tokenizer.decode(ids), "\(bytes)")
    }
  }

  /// The token of each single byte.
  private func byteTokens(of tokenizer: Tokenizer) -> [Int32]? {
    var result = [Int32](repeating: -1, count: 256)
    for id in 0..<Int32(tokenizer.vocabularySize) where tokenizer.bytes(of: id).count == 1 {
      result[Int(tokenizer.bytes(of: id)[0])] = id
    }
    return result.contains(-1) ? nil : result
  }

  @Test func manyThreadsGetWhatOneGets() async throws {
    let tokenizer = try Tokenizer(folder: Fixtures.folder.appendingPathComponent("qwen"))
    let cases = try Fixtures.decode([Case].self, "qwen/golden.json").map { ($0.text, $0.ids) }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { cases.allSatisfy { tokenizer.encode($0.0) == $0.1 } } }
      for await isSame in group { #expect(isSame) }
    }
  }
}
