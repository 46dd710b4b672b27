import Models

/// An answer that a role gave to a prompt.
public struct SampledAnswer: Sendable {
  public var prompt: PromptRow
  public var generation: Generation

  public init(prompt: PromptRow, generation: Generation) {
    self.prompt = prompt
    self.generation = generation
  }
}

/// How often one role's answers are judged better than another's.
public struct WinRate: Codable, Sendable, Hashable {
  public var wins: Int
  public var ties: Int
  public var losses: Int
  /// Share of wins, ties counting half.
  public var rate: Double
  public var standardError: Double
}

/// How far a policy is from its reference on its own answers.
public struct Divergence: Codable, Sendable, Hashable {
  /// KL of a whole answer, nats.
  public var perSequence: Estimate
  /// Nats a token.
  public var perToken: Double
}

extension Evaluator {
  /// Samples answers, those of a prompt next to each other.
  /// - Throws: `TrainingError` when no prompt leaves room for an answer.
  public func sample(
    _ role: Role, prompts: [PromptRow], options: SamplingOptions, samplesPerPrompt: Int = 1
  ) throws -> [SampledAnswer] {
    let limits = RowLimits(role, maximumLength: maximumLength)
    let prepared = try limits.prepare(prompts, answerTokens: options.maximumNewTokens)
    _ = try prepared.report.requireRows("no prompt to answer")
    let generations = Generator(role, workspace: workspace).generate(
      prepared.rows.map(\.tokens), samplesPerPrompt: samplesPerPrompt, options: options)
    return generations.enumerated().map {
      SampledAnswer(prompt: prepared.rows[$0.offset / samplesPerPrompt], generation: $0.element)
    }
  }

  /// Compares answers to the same prompts, one by one.
  /// - Parameter judge: a number for an answer, stop token included; the higher the better.
  public func winRate(
    of challenger: [SampledAnswer], against baseline: [SampledAnswer],
    judge: (_ prompt: PromptRow, _ answer: [Int32]) throws -> Double
  ) rethrows -> WinRate {
    let outcomes = try zip(challenger, baseline).map { ours, theirs in
      let ahead =
        try judge(ours.prompt, ours.generation.sampled) - judge(theirs.prompt, theirs.generation.sampled)
      return ahead > 0 ? 1 : ahead < 0 ? 0 : 0.5
    }
    let estimate = Estimate(outcomes)
    return WinRate(
      wins: outcomes.count { $0 == 1 }, ties: outcomes.count { $0 == 0.5 }, losses: outcomes.count { $0 == 0 },
      rate: estimate.mean, standardError: estimate.standardError)
  }

  /// The mean of a judge's numbers.
  public func reward(
    of answers: [SampledAnswer], judge: (_ prompt: PromptRow, _ answer: [Int32]) throws -> Double
  ) rethrows -> Estimate {
    Estimate(try answers.map { try judge($0.prompt, $0.generation.sampled) })
  }

  /// A reward model as a judge: its score at the answer's last token.
  public func judge(rewardModel role: Role) -> (_ prompt: PromptRow, _ answer: [Int32]) -> Double {
    { prompt, answer in
      var stream = AnswerStream()
      stream.append(prompt: prompt.tokens, answers: [answer], keepsLastTokens: true)
      let last = [stream.batch.count - 1]
      return self.forward(role, stream.batch, reading: last) { Double($0.scores(rows: last).values[0]) }
    }
  }

  /// KL of a policy to its reference, estimated on answers that the policy sampled.
  /// - Parameter temperature: the one of the sampling.
  /// - Throws: `TrainingError` when there are no answers.
  public func divergence(
    policy: Role, reference: Role, samples: [SampledAnswer], temperature: Float = 1
  ) throws -> Divergence {
    guard !samples.isEmpty else { throw TrainingError.noRows(what: "no sampled answer", report: "0 answers given") }
    let costs = samples.map { $0.prompt.tokens.count + $0.generation.sampled.count }
    let divergences = TokenBudget.ranges(costs: costs, budget: microbatchTokens).flatMap { range in
      var stream = AnswerStream()
      for sample in samples[range] {
        stream.append(prompt: sample.prompt.tokens, answers: [sample.generation.sampled], keepsLastTokens: false)
      }
      let targets = stream.answers.flatMap(\.targets)
      func values(_ role: Role) -> [Float] {
        forward(role, stream.batch, reading: stream.readRows) {
          $0.logProbabilities(targets, temperature: temperature).values
        }
      }
      return zip(values(policy), values(reference)).map { Double($0) - Double($1) }
        .split(counts: stream.answers.map(\.targets.count)).map { $0.reduce(0, +) }
    }
    let tokens = samples.reduce(0) { $0 + $1.generation.sampled.count }
    return Divergence(
      perSequence: Estimate(divergences), perToken: divergences.reduce(0, +) * LossAveraging.perToken(targets: tokens))
  }
}
