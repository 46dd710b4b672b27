import Foundation
import Models
import Recipes
import Testing
import Tokenizers

@Suite("Benchmark of a model")
struct BenchmarkTests {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("benchmark-\(UUID().uuidString)")

  /// A tiny model as a user would name it.
  func opened() throws -> OpenedModel {
    try LanguageModel(configuration: .preset("tiny"), seed: 1).save(to: folder)
    var trainer = BytePairTrainer(vocabularySize: 300, specialTokens: ["<|endoftext|>"])
    trainer.add("one two three 一二三")
    try trainer.train().save(to: folder)
    return try OpenedModel(folder.path, store: folder.appendingPathComponent("none.sqlite").path)
  }

  @Test func everyWorkIsMeasuredAndSetAgainstTheMachine() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let options = BenchmarkOptions(promptTokens: 24, newTokens: 5, batchSize: 3, repeats: 2)
    var began: [BenchmarkOptions.Work] = []
    let report = try ModelBenchmark(opened(), options: options).run { began.append($0) }
    #expect(began == BenchmarkOptions.Work.allCases)
    #expect(report.measurements.map(\.work) == began)
    #expect(report.measurements.map(\.tokens) == [24, 4, 12, 8 * 24])
    #expect(report.weightBytes == report.parameters * 4)
    #expect(report.limits.operationsPerSecond > 0 && report.limits.bytesPerSecond > 0)
    for measurement in report.measurements {
      #expect(measurement.seconds.count == 2 && measurement.tokensPerSecond > 0, "\(measurement.work)")
      #expect(measurement.operations > 0 && measurement.bytes > 0 && measurement.peakMemory > 0, "\(measurement.work)")
    }
  }

  @Test func whatTheModelCannotReadIsRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = try opened()
    let refused = [BenchmarkOptions(promptTokens: 250, newTokens: 7), BenchmarkOptions(promptTokens: 8, batchSize: 0)]
    for options in refused {
      #expect(throws: RecipeError.self) { _ = try ModelBenchmark(model, options: options) }
    }
  }

  @Test func costsAreThoseOfTheMathematics() throws {
    let c = ModelConfiguration(
      hiddenSize: 4, layerCount: 1, headCount: 2, keyValueHeadCount: 1, intermediateSize: 3, vocabularySize: 5)
    let cost = ModelCost(configuration: c)
    // Weights: q and o 16 each, k and v 8 each, feed-forward 36: 84; head 20. Queries are 4 wide, a meeting is 8.
    // The first of two tokens ends with attention: o and the feed-forward part of the only block are not for it.
    let reading = cost.reading(tokens: 2)
    #expect(reading.operations == Double(2 * (84 + 32 + 20 + 3 * 8)) && reading.bytes == Double(104 * 4))
    // Two answers of two tokens after one: they meet 2 and 3 keys; a meeting reads a key and a value, 2 wide each.
    let decoding = cost.decoding(prompt: 1, steps: 2, answers: 2, passes: 2)
    #expect(decoding.operations == Double(2 * (104 * 4 + 10 * 8)))
    #expect(decoding.bytes == Double(2 * 104 * 4 + 10 * 4 * 4))
  }
}
