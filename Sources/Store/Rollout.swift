/// One episode of policy optimisation: a prompt, what the policy answered, and what that earned.
public struct Rollout: Hashable, Sendable {
  public var id: String
  /// The run's id.
  public var run: String
  public var step: Int
  /// The prompt's id.
  public var prompt: String
  public var text: String
  public var reward: Double
  /// The summed divergence from the reference over the answer, nats.
  public var kl: Double
  /// Summaries of advantages, returns, values and lengths.
  public var statistics: JSONValue
  public var created: String

  public init(
    id: String = RecordID.make(.rollout), run: String, step: Int, prompt: String, text: String, reward: Double,
    kl: Double, statistics: JSONValue = [:], created: String = Timestamp.now()
  ) {
    self.id = id
    self.run = run
    self.step = step
    self.prompt = prompt
    self.text = text
    self.reward = reward
    self.kl = kl
    self.statistics = statistics
    self.created = created
  }
}
