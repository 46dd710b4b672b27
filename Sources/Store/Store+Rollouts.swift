import Foundation
import GRDB

extension Rollout: RowReadable {
  init(_ row: Row) throws {
    self.init(
      id: row["id"], run: row["run"], step: row["step"], prompt: row["prompt"], text: row["text"],
      reward: row["reward"] ?? .nan, kl: row["kl"] ?? .nan, statistics: try row.json("statistics"),
      created: row["created"])
  }
}

extension Store {
  /// Adds episodes.
  public func addRollouts(_ rollouts: [Rollout]) throws {
    try write { db in
      for rollout in rollouts {
        try db.run(
          "INSERT INTO rollout VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          [
            rollout.id, rollout.run, rollout.step, rollout.prompt, rollout.text, rollout.reward, rollout.kl,
            rollout.statistics.canonical, rollout.created,
          ])
      }
    }
  }

  /// The episodes of a run, or of one of its steps, in order.
  public func rollouts(run: String, step: Int? = nil) throws -> [Rollout] {
    try read { db in
      try db.all(
        Rollout.self, "SELECT * FROM rollout WHERE run = ?1 AND (?2 IS NULL OR step = ?2) ORDER BY step, id",
        [run, step])
    }
  }

  /// The episode with this id.
  public func rollout(id: String) throws -> Rollout? {
    try read { db in try db.first(Rollout.self, "SELECT * FROM rollout WHERE id = ?", [id]) }
  }

  /// Keeps the reference model's log-probabilities of token sequences.
  /// - Parameter values: from the hash of the tokens to one number per target token, nats.
  public func recordReferenceLogprobs(modelHash: String, _ values: [String: [Float]]) throws {
    try write { db in
      for (tokens, numbers) in values {
        let data = numbers.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0) }
        try db.run("INSERT OR REPLACE INTO reference_logprob VALUES (?, ?, ?)", [modelHash, tokens, data])
      }
    }
  }

  /// The kept log-probabilities of a token sequence.
  public func referenceLogprobs(modelHash: String, tokensHash: String) throws -> [Float]? {
    try read { db in
      let data = try db.value(
        Data.self, "SELECT value FROM reference_logprob WHERE model_hash = ? AND tokens_hash = ?",
        [modelHash, tokensHash])
      return data.map { [Int32](littleEndian: $0).map { Float(bitPattern: UInt32(bitPattern: $0)) } }
    }
  }
}
