import Foundation
import Tensors

/// Continues prompts: prompts are read once, sequences of a batch finish and make room for the next.
public final class Generator {
  private let role: Role
  private let workspace: Workspace
  private let batchSize: Int
  private let lookahead: Lookahead?

  /// Sequences that are continued at the same time unless somebody says otherwise.
  public static let usualBatch = 32

  /// - Parameters:
  ///   - batchSize: sequences that are continued at the same time.
  ///   - looksAhead: whether tokens are drafted from what repeats; it changes the time that answers take, never them.
  public convenience init(
    _ role: Role, workspace: Workspace = Workspace(), batchSize: Int = usualBatch, looksAhead: Bool = true
  ) {
    self.init(
      role, workspace: workspace, batchSize: batchSize, lookahead: looksAhead ? .usual(for: role.model) : nil)
  }

  package init(
    _ role: Role, workspace: Workspace = Workspace(), batchSize: Int = usualBatch, lookahead: Lookahead?
  ) {
    self.role = role
    self.workspace = workspace
    self.batchSize = batchSize
    self.lookahead = lookahead
  }

  private struct Sequence {
    let index: Int
    let cache: KeyValueCache
    var drafter: Drafter
    var next: Int32 = 0
    /// Tokens that may follow `next`.
    var draft: [Int32] = []
    var generation = Generation()
  }

  /// Samples `samplesPerPrompt` continuations of each prompt.
  ///
  /// A sequence's tokens depend on the seed, its prompt's index and its sample's index, not on the batch.
  /// - Parameters:
  ///   - firstPrompt: index of the first prompt, when a list is worked off in parts.
  ///   - onToken: called with the sequence's index and each token; returning false ends that sequence.
  /// - Returns: one result a sequence, samples of a prompt next to each other.
  public func generate(
    _ prompts: [[Int32]], samplesPerPrompt: Int = 1, options: SamplingOptions, firstPrompt: Int = 0,
    onToken: ((_ sequence: Int, _ token: Int32) -> Bool)? = nil
  ) -> [Generation] {
    let total = prompts.count * samplesPerPrompt
    var results = [Generation](repeating: Generation(), count: total)
    guard options.maximumNewTokens > 0 else { return results }
    let role = role.computingVirtualTokens(workspace)
    let longest = min(role.maximumPositions, (prompts.map(\.count).max() ?? 0) + options.maximumNewTokens)
    let capacity = role.virtualTokenCount + longest
    let prefix = role.prefixKeys(workspace)
    var spare: [KeyValueCache] = []
    var active: [Sequence] = []
    var waiting = 0
    let sampler = Sampler(options: options)
    let decoder = DecodeStep(role: role, workspace: workspace)

    /// The next tokens of each sequence, from its rows of logits: one, and one more for each that was drafted right.
    func choose(_ sequences: [Sequence], _ logits: Tensor) -> [[Sampler.Choice]] {
      var choices = [[Sampler.Choice]](repeating: [], count: sequences.count)
      var (firstRows, rows): ([Int], Int) = ([], 0)
      for sequence in sequences {
        firstRows.append(rows)
        rows += sequence.draft.count + 1
      }
      choices.withUnsafeMutableBufferPointer { choices in
        let choices = UncheckedBuffer(choices)
        Threads.forEach(sequences.count) { index, _ in
          let sequence = sequences[index]
          let (prompt, sample) = (sequence.index / samplesPerPrompt, sequence.index % samplesPerPrompt)
          var said = sequence.generation.sampled
          for row in firstRows[index]...firstRows[index] + sequence.draft.count {
            var generator = CounterGenerator(
              seed: options.seed, purpose: "sampling", step: (firstPrompt + prompt) << 20 | sample, item: said.count)
            let choice = sampler.choose(
              UnsafeMutableBufferPointer(start: logits.row(row), count: logits.columns),
              seen: { Set(prompts[prompt]).union(said) }, generator: &generator)
            choices[index].append(choice)
            let drafted = row - firstRows[index]
            guard drafted < sequence.draft.count, choice.token == sequence.draft[drafted] else { break }
            said.append(choice.token)
          }
        }
      }
      return choices
    }

    /// Appends choices, the cache following behind; false when the sequence ends with one of them.
    func accept(_ sequence: inout Sequence, _ choices: [Sampler.Choice]) -> Bool {
      sequence.generation.passes += 1
      sequence.drafter.learn(from: choices.map(\.token))
      sequence.draft = []
      for (index, choice) in choices.enumerated() {
        if index > 0 { sequence.cache.advance(by: 1) }
        sequence.next = choice.token
        sequence.generation.sampled.append(choice.token)
        sequence.generation.logProbabilities.append(choice.logProbability)
        if options.stopTokens.contains(choice.token) {
          sequence.generation.finish = .stopToken
          return false
        }
        if let onToken, !onToken(sequence.index, choice.token) {
          sequence.generation.finish = .cancelled
          return false
        }
      }
      return sequence.generation.sampled.count < options.maximumNewTokens && sequence.cache.count < capacity
    }

    /// Drafts what may follow, where that pays.
    func draft(_ sequences: inout [Sequence]) {
      guard let lookahead, sequences.count < lookahead.maximumRows else { return }
      let rates = sequences.indices.map { sequences[$0].drafter.look(after: sequences[$0].generation.sampled) }
      // A token is chosen after the last one drafted too.
      let room = sequences.map {
        min(options.maximumNewTokens - $0.generation.sampled.count, capacity - $0.cache.count) - 1
      }
      for (index, length) in lookahead.lengths(rates: rates, room: room).enumerated() {
        sequences[index].draft = sequences[index].drafter.draft(length)
      }
    }

    while waiting < total || !active.isEmpty {
      if waiting < total && active.count < batchSize {
        let admitted = waiting..<min(total, waiting + batchSize - active.count)
        waiting = admitted.upperBound
        var fresh = admitted.map { index in
          let cache = spare.popLast() ?? KeyValueCache(role.model.configuration, capacity: capacity)
          cache.reset(to: prefix)
          return Sequence(index: index, cache: cache, drafter: Drafter(prompt: prompts[index / samplesPerPrompt]))
        }
        workspace.scratch {
          let logits = read(prompts, fresh, samplesPerPrompt, role)
          for (index, choices) in choose(fresh, logits).enumerated() {
            if accept(&fresh[index], choices) {
              active.append(fresh[index])
            } else {
              results[fresh[index].index] = fresh[index].generation
              spare.append(fresh[index].cache)
            }
          }
        }
        continue
      }
      workspace.scratch {
        draft(&active)
        let logits = decoder.run(
          active.flatMap { sequence in
            ([sequence.next] + sequence.draft).enumerated().map { offset, token in
              DecodeStep.Row(token: token, cache: sequence.cache, offset: offset)
            }
          })
        for sequence in active { sequence.cache.advance(by: 1) }
        var remaining: [Sequence] = []
        for (var sequence, choices) in zip(active, choose(active, logits)) {
          if accept(&sequence, choices) {
            remaining.append(sequence)
          } else {
            results[sequence.index] = sequence.generation
            spare.append(sequence.cache)
          }
        }
        active = remaining
      }
    }
    return results
  }

  /// Reads the prompts of new sequences, each prompt once, and fills their caches; logits [sequences, V].
  private func read(
    _ prompts: [[Int32]], _ sequences: [Sequence], _ samplesPerPrompt: Int, _ role: Role
  ) -> Tensor {
    let vocabulary = role.model.configuration.vocabularySize
    let logits = workspace.allocate([sequences.count, vocabulary])
    let byPrompt = Dictionary(grouping: sequences.indices) { sequences[$0].index / samplesPerPrompt }
    for prompt in byPrompt.keys.sorted() {
      workspace.scratch {
        var batch = PackedBatch()
        batch.append(prompts[prompt])
        let caches = byPrompt[prompt]!.map { sequences[$0].cache }
        let tape = Tape(recording: false, workspace: workspace)
        let states = role.hiddenStates(batch, reading: [batch.count - 1], tape: tape) { layer, keys, values in
          for cache in caches { cache.store(layer, keys: keys, values: values, rows: 0..<keys.rows) }
        }
        for cache in caches { cache.advance(by: states.rowCount) }
        let row = states.logits(rows: [batch.count - 1])[0]
        for index in byPrompt[prompt]! { logits.row(index).update(from: row, count: vocabulary) }
      }
    }
    return logits
  }
}

/// Elements that threads write to, each its own.
private struct UncheckedBuffer<Element>: @unchecked Sendable {
  private let base: UnsafeMutableBufferPointer<Element>

  init(_ base: UnsafeMutableBufferPointer<Element>) { self.base = base }

  subscript(index: Int) -> Element {
    get { base[index] }
    nonmutating set { base[index] = newValue }
  }
}
