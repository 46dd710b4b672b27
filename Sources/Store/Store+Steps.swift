import GRDB

extension Step: RowReadable {
  init(_ row: Row) throws {
    self.init(
      run: row["run"], number: row["number"], reads: try row.json("reads").strings, created: row["created"])
  }
}

extension Metric: RowReadable {
  init(_ row: Row) {
    self.init(run: row["run"], step: row["step"], name: row["name"], value: row["value"] ?? .nan)
  }
}

extension Store {
  /// Records a step with what it measured; a step of the same number, from before a resume, is replaced.
  public func recordStep(_ step: Step, metrics: [String: Double] = [:]) throws {
    try write { db in
      try db.run(
        "INSERT OR REPLACE INTO step VALUES (?, ?, ?, ?)",
        [
          step.run, step.number, JSONValue.array(step.reads.map(JSONValue.string)).canonical, step.created,
        ])
      try Self.insert(db, metrics.map { Metric(run: step.run, step: step.number, name: $0.key, value: $0.value) })
    }
  }

  /// Records measured values; earlier ones of the same run, name and step are replaced.
  public func recordMetrics(_ metrics: [Metric]) throws {
    try write { db in try Self.insert(db, metrics) }
  }

  private static func insert(_ db: Database, _ metrics: [Metric]) throws {
    for metric in metrics {
      try db.run(
        "INSERT OR REPLACE INTO metric (run, name, step, value) VALUES (?, ?, ?, ?)",
        [metric.run, metric.name, metric.step, metric.value.isNaN ? nil : metric.value])
    }
  }

  /// Forgets steps, metrics and rollouts after a step, before a run goes on from its checkpoint.
  public func rewindRun(id: String, toStep step: Int) throws {
    try write { db in
      try db.run("DELETE FROM step WHERE run = ? AND number > ?", [id, step])
      try db.run("DELETE FROM metric WHERE run = ? AND step > ?", [id, step])
      try db.run("DELETE FROM rollout WHERE run = ? AND step > ?", [id, step])
      try db.run("DELETE FROM checkpoint WHERE run = ? AND step > ?", [id, step])
    }
  }

  /// One step of a run.
  public func step(run: String, number: Int) throws -> Step? {
    try read { db in try db.first(Step.self, "SELECT * FROM step WHERE run = ? AND number = ?", [run, number]) }
  }

  /// The steps of a run, in order.
  public func steps(run: String) throws -> [Step] {
    try read { db in try db.all(Step.self, "SELECT * FROM step WHERE run = ? ORDER BY number", [run]) }
  }

  /// One curve of a run, in order of steps.
  public func metrics(run: String, name: String) throws -> [Metric] {
    try read { db in
      try db.all(Metric.self, "SELECT * FROM metric WHERE run = ? AND name = ? ORDER BY step", [run, name])
    }
  }

  /// The names of a run's curves.
  public func metricNames(run: String) throws -> [String] {
    try read { db in
      try String.fetchAll(
        db.cachedStatement(sql: "SELECT DISTINCT name FROM metric WHERE run = ? ORDER BY name"), arguments: [run])
    }
  }

  /// The ids that the steps of a run read, each once, in order of first reading.
  public func distinctReads(run: String) throws -> [String] {
    try read { db in
      try String.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT r.value FROM step AS s, json_each(s.reads) AS r WHERE s.run = ?
            GROUP BY r.value ORDER BY min(s.number), min(r.key)
            """), arguments: [run])
    }
  }
}
