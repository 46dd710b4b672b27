import Foundation
import Models
import Tensors
import Testing
import Tokenizers

/// GGUF files against gguf-py and ggml; `make_gguf_fixtures.py` makes the expected bytes.
@Suite struct GGUFTests {
  private static let folder = ParityFixtures.folder.appendingPathComponent("gguf")
  private static let columns = 512

  private func fixture(_ name: String) throws -> Data { try Data(contentsOf: Self.folder.appendingPathComponent(name)) }

  private func weights() throws -> [Float] {
    let data = try fixture("weights.f32")
    return stride(from: 0, to: data.count, by: 4).map { offset in
      data.withUnsafeBytes {
        Float(bitPattern: UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      }
    }
  }

  /// All rows as a type's bytes; nil when one of them cannot be held.
  private func packed(_ values: [Float], _ type: GGUFType) -> Data? {
    let width = type.bytes(columns: Self.columns)
    var data = Data(count: values.count / Self.columns * width)
    let fits = data.withUnsafeMutableBytes { bytes in
      values.withUnsafeBufferPointer { values in
        (0..<values.count / Self.columns).allSatisfy { row in
          GGUFRows.write(
            values.baseAddress! + row * Self.columns, columns: Self.columns, as: type,
            to: bytes.baseAddress! + row * width)
        }
      }
    }
    return fits ? data : nil
  }

  @Test(arguments: [
    (GGUFType.q80, "q8_0.bin"), (.q40, "q4_0.bin"), (.q50, "q5_0.bin"), (.f16, "f16.bin"), (.bf16, "bf16.bin"),
  ])
  func bitsAreThoseOfTheReference(type: GGUFType, file: String) throws {
    #expect(packed(try weights(), type) == (try fixture(file)))
  }

  @Test func fourBitsWithOffsetsAreAsGoodAsGGMLs() throws {
    struct Expected: Decodable { var errors: [String: Double] }
    let values = try weights()
    let theirs = Dequantized.q4K(try fixture("q4_k.bin"))
    let ours = Dequantized.q4K(try #require(packed(values, .q4K)))
    let expected = try JSONDecoder().decode(Expected.self, from: fixture("expected.json"))
    // The tests' own way back to f32 is gguf-py's.
    #expect(abs(error(values, theirs, 0..<values.count) / (expected.errors["q4_k"] ?? 0) - 1) < 1e-5)
    for row in 0..<values.count / Self.columns {
      let range = row * Self.columns..<(row + 1) * Self.columns
      let (mine, other) = (error(values, ours, range), error(values, theirs, range))
      #expect(mine <= other * 1.005 + 1e-12, "row \(row): \(mine) against \(other)")
    }
  }

  private func error(_ a: [Float], _ b: [Float], _ range: Range<Int>) -> Double {
    (range.reduce(0) { $0 + Double((a[$1] - b[$1]) * (a[$1] - b[$1])) } / Double(range.count)).squareRoot()
  }

  @Test(arguments: [GGUFType.f16, .q80, .q40, .q50, .q4K])
  func whatATypeCannotHoldIsNotWritten(type: GGUFType) throws {
    for bad in [Float.nan, .infinity, -.infinity, 3e38] {
      var values = [Float](repeating: 0.5, count: Self.columns)
      values[300] = bad
      #expect(packed(values, type) == nil, "\(bad)")
    }
    #expect(packed([Float](repeating: .leastNonzeroMagnitude, count: Self.columns), type) != nil)
  }

  private func export(
    _ name: String, _ precision: GGUFPrecision, change: (LanguageModel) -> Void = { _ in }
  ) throws -> (LanguageModel, Tokenizer, GGUFFile) {
    let source = ParityFixtures.folder.appendingPathComponent(name)
    let model = try LanguageModel(folder: source)
    let tokenizer = try Tokenizer(folder: source)
    change(model)
    return try Files.inTemporaryFolder { folder in
      let file = folder.appendingPathComponent("model.gguf")
      try model.saveGGUF(
        to: file, precision: precision, tokenizer: tokenizer, description: GGUFDescription(name: name, license: "mit"))
      #expect(try Files.names(in: folder) == ["model.gguf"])
      return (model, tokenizer, try GGUFFile(file))
    }
  }

  @Test func aFileSaysWhatTheModelIs() throws {
    let (model, tokenizer, file) = try export("tiny", .f32)
    let c = model.configuration
    for (key, value) in [
      ("general.architecture", GGUFFile.Value.string("llama")), ("general.name", .string("tiny")),
      ("general.license", .string("mit")), ("general.file_type", .integer(0)), ("llama.block_count", .integer(2)),
      ("llama.context_length", .integer(512)), ("llama.embedding_length", .integer(32)),
      ("llama.feed_forward_length", .integer(64)), ("llama.attention.head_count", .integer(4)),
      ("llama.attention.head_count_kv", .integer(2)), ("llama.rope.dimension_count", .integer(8)),
      ("llama.rope.freq_base", .float(10_000)), ("llama.attention.layer_norm_rms_epsilon", .float(1e-5)),
      ("llama.vocab_size", .integer(300)), ("tokenizer.ggml.model", .string("gpt2")),
      ("tokenizer.ggml.pre", .string("gpt-2")), ("tokenizer.ggml.eos_token_id", .integer(2)),
      ("tokenizer.ggml.bos_token_id", .integer(1)), ("tokenizer.ggml.padding_token_id", .integer(0)),
      ("tokenizer.ggml.add_bos_token", .bool(false)),
      (
        "tokenizer.chat_template",
        .string(
          tokenizer.chatTemplate.source.replacing("{% generation %}", with: "{% if true %}")
            .replacing("{% endgeneration %}", with: "{% endif %}"))
      ),
    ] {
      #expect(file.metadata[key] == value, "\(key)")
    }
    guard case .array(let tokens) = file.metadata["tokenizer.ggml.tokens"],
      case .array(let kinds) = file.metadata["tokenizer.ggml.token_type"]
    else { throw CocoaError(.fileReadCorruptFile) }
    #expect(tokens.count == c.vocabularySize && kinds.count == c.vocabularySize)
    #expect(tokens[1] == .string("<|im_start|>") && kinds[1] == .integer(3) && kinds[20] == .integer(1))
    #expect(file.tensors.count == model.parameters.count)
  }

  /// Rows of queries and keys are dealt out: 0, half, 1, half + 1, … of each head.
  @Test func rowsOfQueriesAndKeysAreInLlamaCppsOrder() throws {
    let (model, _, file) = try export("tiny", .f32)
    let parameters = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value) })
    for (ours, theirs) in [
      ("model.layers.1.self_attn.q_proj.weight", "blk.1.attn_q.weight"),
      ("model.layers.0.self_attn.k_proj.weight", "blk.0.attn_k.weight"),
      ("model.layers.0.self_attn.v_proj.weight", "blk.0.attn_v.weight"),
      ("model.layers.1.mlp.down_proj.weight", "blk.1.ffn_down.weight"), ("model.norm.weight", "output_norm.weight"),
      ("lm_head.weight", "output.weight"), ("model.embed_tokens.weight", "token_embd.weight"),
    ] {
      let value = try #require(parameters[ours])
      let tensor = try #require(file.tensors[theirs])
      #expect(tensor.dimensions == value.shape.reversed() && tensor.type == 0)
      let columns = value.columns
      for row in 0..<value.rows {
        let isDealt = theirs.contains("attn_q") || theirs.contains("attn_k")
        let source = isDealt ? row / 8 * 8 + [0, 4, 1, 5, 2, 6, 3, 7][row % 8] : row
        let expected = Data(bytes: value.row(source), count: 4 * columns)
        #expect(tensor.bytes.subdata(in: 4 * columns * row..<4 * columns * (row + 1)) == expected, "\(theirs) \(row)")
      }
    }
  }

  @Test func biasesFollowTheirRows() throws {
    let configuration = ModelConfiguration(
      hiddenSize: 32, layerCount: 1, headCount: 4, keyValueHeadCount: 2, intermediateSize: 32, vocabularySize: 300,
      attentionBias: true)
    let model = LanguageModel(configuration: configuration, seed: 3)
    let bias = try #require(model.parameters.first { $0.name == "model.layers.0.self_attn.q_proj.bias" })
    for index in 0..<32 { bias.value.data[index] = Float(index) }
    let tokenizer = try Tokenizer(folder: ParityFixtures.folder.appendingPathComponent("tiny"))
    let written = try Files.inTemporaryFolder { folder in
      let file = folder.appendingPathComponent("model.gguf")
      try model.saveGGUF(to: file, precision: .q80, tokenizer: tokenizer, description: GGUFDescription(name: "x"))
      return try #require(GGUFFile(file).tensors["blk.0.attn_q.bias"])
    }
    #expect(written.type == 0)
    let values = written.bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    #expect(Array(values.prefix(16)) == [0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15])
  }

  /// 32 and 64 do not divide by 256, so that layers fall back to Q5_0; what makes logits has eight bits, norms all.
  @Test func typesFitTheirTensors() throws {
    let tied = try export("tiny-tied", .q4K).2
    #expect(tied.tensors["token_embd.weight"]?.type == 8)
    #expect(tied.tensors["blk.0.ffn_down.weight"]?.type == 6)
    #expect(tied.tensors["blk.0.attn_norm.weight"]?.type == 0)
    #expect(tied.metadata["general.file_type"] == .integer(14))
    let untied = try export("tiny", .q40).2
    #expect(untied.tensors["token_embd.weight"]?.type == 2 && untied.tensors["output.weight"]?.type == 8)
    #expect(GGUFPrecision.q4K.type(shape: [8, 512], isOutput: false) == .q4K)
    #expect(GGUFPrecision.q80.type(shape: [8, 40], isOutput: false) == .f16)
    let (model, _, eight) = try export("tiny-tied", .q80)
    let embedding = model.parameters[0].value.toArray()
    let back = Dequantized.q8(try #require(eight.tensors["token_embd.weight"]).bytes)
    let largest = embedding.map(abs).max() ?? 0
    #expect(back.count == embedding.count && zip(back, embedding).allSatisfy { abs($0 - $1) <= largest / 254 * 1.01 })
  }

  @Test func aValueThatDoesNotFitStopsTheFile() throws {
    let source = ParityFixtures.folder.appendingPathComponent("tiny")
    let model = try LanguageModel(folder: source)
    let weight = try #require(model.parameters.first { $0.name.contains("1.mlp.up_proj") })
    weight.makeWritable()
    weight.value.data[5] = .nan
    try Files.inTemporaryFolder { (folder: URL) throws -> Void in
      let error = #expect(throws: ModelError.self) {
        try model.saveGGUF(
          to: folder.appendingPathComponent("model.gguf"), precision: .q80, tokenizer: Tokenizer(folder: source),
          description: GGUFDescription(name: "x"))
      }
      #expect(error?.description.contains("blk.1.ffn_up.weight") == true)
      #expect(try Files.names(in: folder).isEmpty)
    }
  }

  @Test(arguments: [(134_515_008, "135M"), (1_100_048_384, "1.1B"), (3_145_728, "3.1M"), (9_984, "10K")])
  func sizesAreShort(count: Int, text: String) { #expect(GGUFName.size(count) == text) }
}
