import Foundation
import Models
import Tensors
import Testing

/// Holds the engine to transformers and PEFT: the same files give the same numbers.
@Suite struct ParityTests {
  static let roles = ["tiny", "tiny-tied", "tiny-lora"]
  let fixtures: ParityFixtures
  let workspace = Workspace(capacity: 256 << 20)

  init() throws { fixtures = try .load() }

  @Test(arguments: roles) func logProbabilitiesAndLogits(name: String) throws {
    let role = try ParityFixtures.role(name)
    let expected = try SafetensorsFile(ParityFixtures.folder.appendingPathComponent("expected.safetensors"))
    for (index, sequence) in fixtures.sequences.enumerated() {
      var batch = PackedBatch()
      batch.append([5, 6])  // an unrelated segment in front must change nothing
      let start = batch.count
      batch.append(sequence.ids)
      let tape = Tape(recording: false, workspace: workspace)
      defer { tape.finish() }
      let states = role.hiddenStates(batch, tape: tape)
      let targets = (1..<sequence.ids.count).map { Target(row: start + $0 - 1, token: sequence.ids[$0]) }
      let values = states.logProbabilities(targets).values
      for (ours, theirs) in zip(values, try #require(sequence.logprobs[name])) {
        #expect(abs(ours - theirs) <= 1e-4 * max(1, abs(theirs)), "\(sequence.name)")
      }
      guard expected.names.contains("\(name).logits.\(index)") else { continue }
      let logits = states.logits(rows: sequence.ids.indices.map { start + $0 }).joined()
      let reference = try expected.tensor("\(name).logits.\(index)", shape: [sequence.ids.count, 300])
      let scale = reference.toArray().map(abs).max()!
      for (ours, theirs) in zip(logits, reference.toArray()) { #expect(abs(ours - theirs) <= 1e-4 * scale) }
    }
  }

  @Test(arguments: roles) func gradientsOfEveryParameter(name: String) throws {
    let role = try ParityFixtures.role(name)
    if name != "tiny-lora" { role.model.isTrainable = true }
    var batch = PackedBatch()
    var targets: [Target] = []
    for conversation in fixtures.conversations {
      let start = batch.count
      batch.append(conversation.ids)
      targets += conversation.targets.map { Target(row: start + $0 - 1, token: conversation.ids[$0]) }
    }
    let tape = Tape(workspace: workspace)
    let weights = [Float](repeating: 1 / Float(targets.count), count: targets.count)
    let loss = role.hiddenStates(batch, tape: tape).crossEntropy(targets, weights: weights)
    #expect(abs(loss - fixtures.batchLoss[name]!) < 1e-4)
    tape.backward()
    tape.finish()
    let expected = try SafetensorsFile(ParityFixtures.folder.appendingPathComponent("expected.safetensors"))
    let parameters = role.trainableParameters
    #expect(parameters.count == expected.names.filter { $0.hasPrefix(name + ".grad.") }.count)
    for parameter in parameters {
      let reference = try expected.tensor("\(name).grad.\(parameter.name)", shape: parameter.value.shape).toArray()
      let scale = reference.map(abs).max()!
      let worst = zip(parameter.gradient.toArray(), reference).map { abs($0 - $1) }.max()!
      #expect(worst <= 1e-3 * scale, "\(parameter.name): off by \(worst) of \(scale)")
    }
  }

  @Test(arguments: roles) func greedyContinuation(name: String) throws {
    let generator = Generator(try ParityFixtures.role(name), workspace: workspace)
    let expected = fixtures.greedy.continuations[name]!.ids
    let options = SamplingOptions(maximumNewTokens: expected.count, temperature: 0)
    #expect(generator.generate([fixtures.greedy.promptIds], options: options)[0].sampled == expected)
  }

  /// PPO's ratio depends on it: the sampler's log-probabilities are those that training computes.
  @Test func sampledLogProbabilitiesEqualTrainingOnes() throws {
    let role = try ParityFixtures.role("tiny-lora")
    let prompt = fixtures.greedy.promptIds
    let options = SamplingOptions(maximumNewTokens: 24, temperature: 0.7, seed: 3)
    for generation in Generator(role, workspace: workspace).generate([prompt], samplesPerPrompt: 3, options: options) {
      var batch = PackedBatch()
      let root = batch.append(prompt)
      let answer = batch.append(generation.sampled, parent: root)
      let tape = Tape(recording: false, workspace: workspace)
      defer { tape.finish() }
      let first = batch.segments[answer].start
      let targets = generation.sampled.enumerated().map { Target(row: first + $0.offset - 1, token: $0.element) }
      let values = role.hiddenStates(batch, tape: tape).logProbabilities(targets, temperature: 0.7).values
      for (sampled, trained) in zip(generation.logProbabilities, values) {
        #expect(abs(sampled - trained) <= 1e-5 * max(1, abs(trained)))
      }
    }
  }

  @Test func aBatchDrawsWhatSingleRunsDraw() throws {
    let role = try ParityFixtures.role("tiny")
    let prompts = fixtures.sequences.map(\.ids) + [fixtures.greedy.promptIds, [7], [8, 9]]
    let options = SamplingOptions(maximumNewTokens: 20, temperature: 1, topP: 0.9, stopTokens: [2], seed: 11)
    let together = Generator(role, workspace: workspace, batchSize: 3).generate(
      prompts, samplesPerPrompt: 2, options: options)
    for (index, prompt) in prompts.enumerated() {
      let alone = Generator(role, workspace: workspace).generate(
        [prompt], samplesPerPrompt: 2, options: options, firstPrompt: index)
      for sample in 0..<2 {
        #expect(together[index * 2 + sample].sampled == alone[sample].sampled)
        #expect(together[index * 2 + sample].logProbabilities == alone[sample].logProbabilities)
      }
    }
  }

  /// DPO and PPO put a prompt in the stream once; its gradient must be the sum over the answers.
  @Test func sharedPromptGivesTheGradientOfSeparateSequences() throws {
    let prompt = fixtures.greedy.promptIds
    let answers: [[Int32]] = [[10, 20, 30, 2], [40, 50, 2]]
    func gradients(_ build: (inout PackedBatch) -> [Target]) throws -> [[Float]] {
      let role = try ParityFixtures.role("tiny-lora")
      var batch = PackedBatch()
      let targets = build(&batch)
      let tape = Tape(workspace: workspace)
      _ = role.hiddenStates(batch, tape: tape).crossEntropy(
        targets, weights: targets.indices.map { 1 / Float($0 + 1) })
      tape.backward()
      tape.finish()
      return role.trainableParameters.map { $0.gradient.toArray() }
    }
    let shared = try gradients { batch in
      let root = batch.append(prompt)
      return answers.flatMap { answer in
        let segment = batch.append(answer, parent: root)
        let start = batch.segments[segment].start
        return answer.enumerated().map { offset, token in
          Target(row: offset == 0 ? prompt.count - 1 : start + offset - 1, token: token)
        }
      }
    }
    let separate = try gradients { batch in
      answers.flatMap { answer in
        let start = batch.count + prompt.count
        batch.append(prompt + answer)
        return answer.enumerated().map { Target(row: start + $0.offset - 1, token: $0.element) }
      }
    }
    for (a, b) in zip(shared, separate) {
      let scale = b.map(abs).max()!
      #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-4 * scale })
    }
  }
}
