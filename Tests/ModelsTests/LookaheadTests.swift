import Foundation
import Models
import Tensors
import Testing

/// Drafted tokens change the time that answers take, and never the answers.
@Suite struct LookaheadTests {
  /// What an answer is, to the bit.
  private struct Answer: Equatable {
    let tokens: [Int32]
    let logProbabilities: [UInt32]
    let finish: Generation.Finish

    init(_ generation: Generation) {
      tokens = generation.sampled
      logProbabilities = generation.logProbabilities.map(\.bitPattern)
      finish = generation.finish
    }
  }

  /// Of no cost, so that everything that is found is drafted, and of the usual one.
  private static let lookaheads = [Lookahead(rowCost: 0), Lookahead(rowCost: 0.1)]

  private static let prompts: [[Int32]] = [
    CyclicModel.text(from: 3, count: 16), [1, 9, 40, 2], CyclicModel.text(from: 21, count: 9) + [50, 51], [8],
  ]

  static let samplings: [SamplingOptions] = [
    SamplingOptions(temperature: 0), SamplingOptions(temperature: 0, repetitionPenalty: 1.2),
    SamplingOptions(temperature: 1), SamplingOptions(temperature: 0.5), SamplingOptions(temperature: 0.8, topP: 0.9),
    SamplingOptions(temperature: 1.2, topK: 5), SamplingOptions(temperature: 1, minP: 0.1),
    SamplingOptions(temperature: 0.7, topP: 0.95, repetitionPenalty: 1.1),
    SamplingOptions(temperature: 0.5, stopTokens: [5, 40]),
  ]

  /// Answers with and without drafts are the same.
  /// - Returns: the answers of the first lookahead.
  @discardableResult private func check(
    _ role: Role, _ options: SamplingOptions, prompts: [[Int32]] = Self.prompts, samples: Int = 2, batchSize: Int = 3,
    precision: MatmulPrecision = .highest
  ) -> [Generation] {
    func answers(_ lookahead: Lookahead?) -> [Generation] {
      Generator(role, workspace: Workspace(precision: precision), batchSize: batchSize, lookahead: lookahead).generate(
        prompts, samplesPerPrompt: samples, options: options)
    }
    let plain = answers(nil)
    #expect(plain.allSatisfy { $0.passes == $0.sampled.count })
    let drafted = Self.lookaheads.map(answers)
    for answers in drafted { #expect(answers.map(Answer.init) == plain.map(Answer.init)) }
    return drafted[0]
  }

  private func options(_ base: SamplingOptions, tokens: Int = 40, seed: UInt64 = 0) -> SamplingOptions {
    var options = base
    (options.maximumNewTokens, options.seed) = (tokens, seed)
    return options
  }

  @Test(arguments: samplings) func answersAreTheSame(sampling: SamplingOptions) throws {
    let role = Role(try CyclicModel.make())
    for seed in 0..<5 {
      let answers = check(role, options(sampling, seed: UInt64(seed)), batchSize: 1 + seed % 4)
      #expect(answers.contains { $0.passes < $0.sampled.count })
    }
  }

  @Test(arguments: WeightFormat.allCases) func answersOfRoundedWeightsAreTheSame(format: WeightFormat) throws {
    let role = Role(try CyclicModel.make(format))
    for sampling in Self.samplings[0...3] {
      let answers = check(role, options(sampling, seed: 4))
      #expect(answers.contains { $0.passes < $0.sampled.count })
    }
  }

  /// By weights that are packed for training; nor do answers depend on how many there are at once.
  @Test(arguments: ["base", "tiny-lora"]) func answersByPackedWeightsAreTheSame(kind: String) throws {
    let role = kind == "base" ? Role(try CyclicModel.make()) : try ParityFixtures.role(kind)
    for sampling in Self.samplings[0...3] {
      let alone = check(role, options(sampling, seed: 4), batchSize: 1, precision: .medium)
      let together = check(role, options(sampling, seed: 4), batchSize: 8, precision: .medium)
      #expect(alone.map(Answer.init) == together.map(Answer.init))
    }
  }

  @Test(arguments: ["low rank", "magnitudes", "tiny-lora"]) func answersOfAdaptersAreTheSame(kind: String) throws {
    var role = try ParityFixtures.role("tiny-lora")
    if kind != "tiny-lora" {
      let model = try CyclicModel.make()
      let adapter = try Adapter(
        AdapterConfiguration(rank: 4, usesMagnitudes: kind == "magnitudes", trainedTokens: [3, 40]), model: model,
        seed: 2)
      for parameter in adapter.parameters where parameter.name.contains("lora_B") {
        for index in 0..<parameter.value.count { parameter.value.data[index] = Float(index % 5) * 0.01 }
      }
      role = Role(model, adapter)
    }
    for sampling in Self.samplings { check(role, options(sampling, seed: 1)) }
  }

  @Test(arguments: VirtualTokensTests.Kind.allCases)
  func answersAfterVirtualTokensAreTheSame(kind: VirtualTokensTests.Kind) throws {
    let model = try CyclicModel.make()
    let role = Role(model, try kind.adapter(model))
    for sampling in Self.samplings[0...4] { check(role, options(sampling, tokens: 30)) }
    // To the last position that the model has.
    check(role, options(Self.samplings[0], tokens: 10_000), samples: 1)
  }

  @Test func textThatRepeatsTakesFewerPasses() throws {
    let role = Role(try CyclicModel.make())
    let prompt = CyclicModel.text(from: 3, count: 16)
    let options = options(SamplingOptions(temperature: 0), tokens: 64)
    let answer = Generator(role, lookahead: Lookahead(rowCost: 0.1)).generate([prompt], options: options)[0]
    #expect(answer.sampled == CyclicModel.text(from: 5, count: 64))
    #expect(answer.passes <= 14)
    let usual = Generator(role, looksAhead: false).generate([prompt], options: options)[0]
    #expect(usual.passes == 64 && Answer(usual) == Answer(answer))
  }

  @Test func aStopTokenEndsARunOfDraftedOnes() throws {
    let role = Role(try CyclicModel.make())
    for stop in 0..<CyclicModel.period {
      var sampling = options(SamplingOptions(temperature: 0))
      sampling.stopTokens = [Int32(stop)]
      let answer = check(role, sampling, prompts: [CyclicModel.text(from: 3, count: 16)], samples: 1)[0]
      // The prompt ends with 4, and two passes choose more than seven tokens.
      #expect(answer.finish == .stopToken && answer.sampled.count == (stop + 2) % 7 + 1 && answer.passes <= 2)
    }
  }

  @Test(arguments: [0, 1, 2, 3, 5, 8, 12, 19]) func theLongestAnswerEndsARunOfDraftedOnes(count: Int) throws {
    let role = Role(try CyclicModel.make())
    for answer in check(role, options(SamplingOptions(temperature: 0), tokens: count)) {
      #expect(answer.sampled.count == count && answer.finish == .length)
    }
  }

  @Test func theLastPositionEndsARunOfDraftedOnes() throws {
    let role = Role(try CyclicModel.make())
    for count in [140, 145, 150, 155, 158, 159, 160] {
      let prompt = CyclicModel.text(from: 10, count: count)
      let answer = check(role, options(SamplingOptions(temperature: 0)), prompts: [prompt], samples: 1)[0]
      #expect(answer.sampled.count == min(40, 161 - count))
    }
  }

  @Test(arguments: [1, 2, 4, 7, 11, 19]) func cancellingEndsARunOfDraftedOnes(count: Int) throws {
    let role = Role(try CyclicModel.make())
    let sampling = options(SamplingOptions(temperature: 0.5), seed: 6)
    func answers(_ lookahead: Lookahead?) -> (heard: [Int: [Int32]], said: [Generation]) {
      var heard: [Int: [Int32]] = [:]
      let said = Generator(role, batchSize: 3, lookahead: lookahead).generate(
        Self.prompts, samplesPerPrompt: 2, options: sampling
      ) { sequence, token in
        heard[sequence, default: []].append(token)
        return sequence % 2 == 1 || heard[sequence]!.count < count
      }
      return (heard, said)
    }
    let plain = answers(nil)
    for lookahead in Self.lookaheads {
      let drafted = answers(lookahead)
      #expect(drafted.heard == plain.heard && drafted.said.map(Answer.init) == plain.said.map(Answer.init))
      for (index, answer) in drafted.said.enumerated() where index % 2 == 0 {
        #expect(answer.finish == .cancelled && answer.sampled.count == count)
      }
    }
  }

  @Test func draftsGrowWithTheChanceThatTheyAreRight() {
    let lookahead = Lookahead(rowCost: 0.1)
    let lengths = [0, 0.05, 0.5, 0.8, 1].map { lookahead.lengths(rates: [$0], room: [100])[0] }
    #expect(lengths.first == 0 && lengths.last == 15)
    #expect(lengths == lengths.sorted() && Set(lengths).count >= 4)
    #expect(lookahead.lengths(rates: [1], room: [3]) == [3])
    #expect(lookahead.lengths(rates: [1, 1], room: [0, 2]) == [0, 2])
    // A row that costs nearly a pass pays only where it is nearly sure.
    #expect(Lookahead(rowCost: 0.8).lengths(rates: [0.75], room: [9]) == [0])
    #expect(Lookahead(rowCost: 1).lengths(rates: [1], room: [9]) == [0])
  }

  @Test func rowsOfAPassAreLimited() {
    let lookahead = Lookahead(rowCost: 0.1)
    for count in 1...20 {
      let lengths = lookahead.lengths(
        rates: [Double](repeating: 0.99, count: count), room: [Int](repeating: 50, count: count))
      #expect(lengths.reduce(count, +) == max(16, count))
    }
  }
}
