import Foundation
import Models
import Tensors
import Testing

/// Merging adapters into weights and into one another; `make_sum_fixtures.py` makes PEFT's sums.
@Suite struct AdapterSumTests {
  private static let folder = ParityFixtures.folder.appendingPathComponent("sums")
  private let model: LanguageModel

  init() throws { model = try LanguageModel(folder: ParityFixtures.folder.appendingPathComponent("tiny")) }

  private func adapter(_ name: String) throws -> Adapter {
    try Adapter(folder: Self.folder.appendingPathComponent(name), model: model)
  }

  private func logits(_ role: Role) -> [Float] {
    var batch = PackedBatch()
    batch.append([5, 80, 31, 200, 7, 45, 99, 150])
    let tape = Tape(recording: false, workspace: Workspace())
    defer { tape.finish() }
    return role.hiddenStates(batch, tape: tape).logits(rows: [0, 3, 7]).flatMap { $0 }
  }

  private func largest(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { abs($0 - $1) }.max() ?? .infinity }

  @Test(arguments: [
    (AdapterCombination.cat, ["first": Float(0.7), "second": -0.4, "third": 1.5]),
    (.linear, ["first": 0.7, "second": -0.4]),
  ])
  func sumsAreThoseOfPEFT(combination: AdapterCombination, weights: [String: Float]) throws {
    let terms = try weights.sorted { $0.key < $1.key }.map { (try adapter($0.key), $0.value) }
    let sum = try Adapter.weightedSum(terms, by: combination, model: model)
    let expected = try adapter(combination.rawValue)
    #expect(sum.lowRank?.rank == expected.lowRank?.rank)
    let theirs = Dictionary(uniqueKeysWithValues: expected.parameters.map { ($0.name, $0.value) })
    #expect(sum.parameters.count == theirs.count)
    for parameter in sum.parameters {
      let other = try #require(theirs[parameter.name], "\(parameter.name)")
      #expect(parameter.value.shape == other.shape)
      #expect(largest(parameter.value.toArray(), other.toArray()) < 1e-6, "\(parameter.name)")
    }
    // Saved and opened again, as PEFT would open it.
    let copy = try Files.inTemporaryFolder { folder in
      try sum.save(to: folder)
      return try Adapter(folder: folder, model: model)
    }
    #expect(largest(logits(Role(model, copy)), logits(Role(model, expected))) < 1e-4)
  }

  @Test func catIsExactlyTheSumOfUpdates() throws {
    let parts = try [("first", Float(1)), ("third", -2)].map { (try adapter($0.0), $0.1) }
    let sum = try Adapter.weightedSum(parts, model: model)
    let summed = logits(Role(model, sum))
    try adapter("first").merge(into: model)
    let third = try adapter("third")
    for _ in 0..<2 { try third.unmerge(from: model) }
    #expect(largest(summed, logits(Role(model))) < 1e-4)
  }

  @Test func mergingSaysTheSameAndUnmergingBringsTheWeightsBack() throws {
    let original = model.parameters.map { $0.value.toArray() }
    let adapter = try adapter("first")
    let before = logits(Role(model, adapter))
    #expect(largest(before, logits(Role(model))) > 0.1)
    try adapter.merge(into: model)
    #expect(largest(before, logits(Role(model))) < 1e-4)
    #expect(zip(original, model.parameters).contains { largest($0, $1.value.toArray()) > 0.1 })
    try adapter.unmerge(from: model)
    for (values, parameter) in zip(original, model.parameters) {
      #expect(largest(values, parameter.value.toArray()) < 1e-6, "\(parameter.name)")
    }
  }

  @Test func whatCannotBeSummedIsSaid() throws {
    let (first, third) = (try adapter("first"), try adapter("third"))
    func refused(_ text: String, _ body: () throws -> Void) {
      let error = #expect(throws: ModelError.self) { try body() }
      #expect(error?.description.contains(text) == true, "\(String(describing: error))")
    }
    refused("equal ranks; cat takes any") {
      _ = try Adapter.weightedSum([(first, 1), (third, 1)], by: .linear, model: model)
    }
    refused("no adapters") { _ = try Adapter.weightedSum([], model: model) }
    refused("the weight") { _ = try Adapter.weightedSum([(first, .nan)], model: model) }
    let scored = try Adapter(first.lowRank!, model: model, seed: 1, scoreHead: true)
    refused("score head") { _ = try Adapter.weightedSum([(scored, 1)], model: model) }
    let rounded = try LanguageModel(rounding: OpenedWeights(model), to: .bf16)
    refused("merging into weights kept as bf16") { try first.merge(into: rounded) }
  }
}
