import GRDB

extension StageResult: RowReadable {
  init(_ row: Row) throws {
    self.init(
      stage: row["stage"], fingerprint: row["fingerprint"], outputs: try row.json("outputs"), run: row["run"],
      finished: row["finished"])
  }
}

extension Store {
  /// Records that a stage is up to date for a fingerprint, and forgets its work items.
  public func recordStageResult(_ result: StageResult) throws {
    try write { db in
      try db.run(
        "INSERT OR REPLACE INTO stage_result VALUES (?, ?, ?, ?, ?)",
        [result.stage, result.fingerprint, result.outputs.canonical, result.run, result.finished])
      try db.run("DELETE FROM work_item WHERE stage = ? AND fingerprint = ?", [result.stage, result.fingerprint])
    }
  }

  /// What a stage made with this fingerprint; nil when it must run.
  public func stageResult(stage: String, fingerprint: String) throws -> StageResult? {
    try read { db in
      try db.first(
        StageResult.self, "SELECT * FROM stage_result WHERE stage = ? AND fingerprint = ?", [stage, fingerprint])
    }
  }

  /// All results of a stage, oldest first.
  public func stageResults(stage: String) throws -> [StageResult] {
    try read { db in
      try db.all(StageResult.self, "SELECT * FROM stage_result WHERE stage = ? ORDER BY finished", [stage])
    }
  }

  /// Forgets a stage's result, so that it runs again.
  public func forgetStageResult(stage: String, fingerprint: String) throws {
    try write { db in
      try db.run("DELETE FROM stage_result WHERE stage = ? AND fingerprint = ?", [stage, fingerprint])
    }
  }

  /// Records that an unfinished stage is done with an item; inside `atomically`, together with what it made.
  public func recordWorkItem(stage: String, fingerprint: String, item: String, output: String = "") throws {
    try write { db in
      try db.run(
        "INSERT OR REPLACE INTO work_item VALUES (?, ?, ?, ?, ?)",
        [stage, fingerprint, item, output, Timestamp.now()])
    }
  }

  /// What an unfinished stage has done: item to output.
  public func workItems(stage: String, fingerprint: String) throws -> [String: String] {
    try read { db in
      let rows = try Row.fetchAll(
        db.cachedStatement(sql: "SELECT item, output FROM work_item WHERE stage = ? AND fingerprint = ?"),
        arguments: [stage, fingerprint])
      return Dictionary(rows.map { ($0["item"], $0["output"]) }, uniquingKeysWith: { _, last in last })
    }
  }

  /// What an unfinished stage made of one item; nil when it is not done.
  public func workItem(stage: String, fingerprint: String, item: String) throws -> String? {
    try read { db in
      try db.value(
        String.self, "SELECT output FROM work_item WHERE stage = ? AND fingerprint = ? AND item = ?",
        [stage, fingerprint, item])
    }
  }
}
