import Foundation
import GRDB

extension Completion: RowReadable {
  init(_ row: Row) throws {
    let tokens: Data? = row["tokens"]
    let seed: String? = row["seed"]
    self.init(
      id: row["id"], prompt: row["prompt"], text: row["text"], tokens: tokens.map { [Int32](littleEndian: $0) },
      model: row["model"], sampling: try row.json("sampling"), seed: seed.flatMap(UInt64.init),
      finishReason: row["finish_reason"], logprob: row["logprob"], run: row["run"], created: row["created"])
  }
}

extension CompletionScore: RowReadable {
  init(_ row: Row) {
    self.init(completion: row["completion"], scorer: row["scorer"], score: row["score"] ?? .nan)
  }
}

extension [Int32] {
  /// Reads little-endian 32-bit numbers.
  init(littleEndian data: Data) {
    self = data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
    }
  }

  /// The numbers as little-endian bytes.
  var littleEndianData: Data {
    map(\.littleEndian).withUnsafeBytes { Data($0) }
  }
}

extension Store {
  /// Adds answers; the same text by the same model with the same settings stays one row.
  /// - Returns: the ids as stored, in the order given.
  @discardableResult
  public func addCompletions(_ completions: [Completion]) throws -> [Added] {
    try write { db in
      try completions.map { completion in
        let hash = completion.hash
        if let known = try db.id(in: "completion", where: "hash", is: hash) { return Added(id: known, isNew: false) }
        try db.run(
          "INSERT INTO completion VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          [
            completion.id, hash, completion.prompt, completion.text, completion.tokens?.littleEndianData,
            completion.model, completion.sampling.canonical, completion.seed.map { String($0) },
            completion.finishReason, completion.logprob, completion.run, completion.created,
          ])
        return Added(id: completion.id, isNew: true)
      }
    }
  }

  /// The answer with this id.
  public func completion(id: String) throws -> Completion? {
    try read { db in try db.first(Completion.self, "SELECT * FROM completion WHERE id = ?", [id]) }
  }

  /// Answers in order of their making; nil stands for all.
  public func completions(prompt: String? = nil, model: String? = nil, run: String? = nil) throws -> [Completion] {
    try read { db in
      try db.all(
        Completion.self,
        """
        SELECT * FROM completion
        WHERE (?1 IS NULL OR prompt = ?1) AND (?2 IS NULL OR model = ?2) AND (?3 IS NULL OR run = ?3) ORDER BY id
        """, [prompt, model, run])
    }
  }

  /// Records scores; a scorer's earlier score of the same answer is replaced.
  public func recordScores(_ scores: [CompletionScore]) throws {
    try write { db in
      for score in scores {
        try db.run(
          "INSERT OR REPLACE INTO completion_score VALUES (?, ?, ?, ?)",
          [score.completion, score.scorer, score.score, Timestamp.now()])
      }
    }
  }

  /// The scores of an answer.
  public func scores(ofCompletion completion: String) throws -> [CompletionScore] {
    try read { db in
      try db.all(
        CompletionScore.self, "SELECT * FROM completion_score WHERE completion = ? ORDER BY scorer", [completion])
    }
  }
}
