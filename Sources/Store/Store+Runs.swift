import GRDB

extension Run: RowReadable {
  init(_ row: Row) throws {
    let seed: String = row["seed"]
    self.init(
      id: row["id"], recipe: row["recipe"], stage: row["stage"], fingerprint: row["fingerprint"],
      parameters: try row.json("parameters"), seed: UInt64(seed) ?? 0, program: row["program"],
      state: try row.choice("state"), message: row["message"], inputModel: row["input_model"],
      outputModel: row["output_model"], started: row["started"], ended: row["ended"])
  }
}

extension Checkpoint: RowReadable {
  init(_ row: Row) {
    self.init(
      id: row["id"], run: row["run"], step: row["step"], path: row["path"], hash: row["hash"], created: row["created"])
  }
}

extension Store {
  /// Adds a run that begins.
  public func startRun(_ run: Run) throws {
    try write { db in
      try db.run(
        "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          run.id, run.recipe, run.stage, run.fingerprint, run.parameters.canonical, String(run.seed), run.program,
          run.state.rawValue, run.message, run.inputModel, run.outputModel, run.started, run.ended,
        ])
    }
  }

  /// Records how a run ended, or that an interrupted one goes on (`running`).
  public func setRunState(
    id: String, _ state: Run.State, message: String? = nil, outputModel: String? = nil
  ) throws {
    try write { db in
      try db.run(
        """
        UPDATE run SET state = ?, message = ?, output_model = coalesce(?, output_model), ended = ? WHERE id = ?
        """,
        [state.rawValue, message, outputModel, state == .running ? nil : Timestamp.now(), id])
    }
  }

  /// The run with this id.
  public func run(id: String) throws -> Run? {
    try read { db in try db.first(Run.self, "SELECT * FROM run WHERE id = ?", [id]) }
  }

  /// Runs, oldest first; nil stands for all.
  public func runs(stage: String? = nil, fingerprint: String? = nil, recipe: String? = nil) throws -> [Run] {
    try read { db in
      try db.all(
        Run.self,
        """
        SELECT * FROM run WHERE (?1 IS NULL OR stage = ?1) AND (?2 IS NULL OR fingerprint = ?2)
          AND (?3 IS NULL OR recipe = ?3) ORDER BY id
        """, [stage, fingerprint, recipe])
    }
  }

  /// The newest run of a stage with this fingerprint; one that is not `done` can be resumed.
  public func lastRun(stage: String, fingerprint: String) throws -> Run? {
    try read { db in
      try db.first(
        Run.self, "SELECT * FROM run WHERE stage = ? AND fingerprint = ? ORDER BY id DESC LIMIT 1",
        [stage, fingerprint])
    }
  }

  /// The runs that made a model.
  public func runs(outputModel: String) throws -> [Run] {
    try read { db in try db.all(Run.self, "SELECT * FROM run WHERE output_model = ? ORDER BY id", [outputModel]) }
  }

  /// Adds a checkpoint; one of the same run and step takes the place of the earlier one.
  @discardableResult
  public func addCheckpoint(_ checkpoint: Checkpoint) throws -> Added {
    try write { db in
      let known = try db.value(
        String.self, "SELECT id FROM checkpoint WHERE run = ? AND step = ?", [checkpoint.run, checkpoint.step])
      try db.run(
        """
        INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET path = excluded.path, hash = excluded.hash, created = excluded.created
        """,
        [
          known ?? checkpoint.id, checkpoint.run, checkpoint.step, checkpoint.path, checkpoint.hash,
          checkpoint.created,
        ])
      return Added(id: known ?? checkpoint.id, isNew: known == nil)
    }
  }

  /// The checkpoints of a run, in order of steps.
  public func checkpoints(run: String) throws -> [Checkpoint] {
    try read { db in try db.all(Checkpoint.self, "SELECT * FROM checkpoint WHERE run = ? ORDER BY step", [run]) }
  }

  /// The checkpoint with this id.
  public func checkpoint(id: String) throws -> Checkpoint? {
    try read { db in try db.first(Checkpoint.self, "SELECT * FROM checkpoint WHERE id = ?", [id]) }
  }

  /// Forgets a checkpoint whose files were deleted.
  public func deleteCheckpoint(id: String) throws {
    try write { db in try db.run("DELETE FROM checkpoint WHERE id = ?", [id]) }
  }
}
