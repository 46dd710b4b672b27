import GRDB

extension ModelRecord: RowReadable {
  init(_ row: Row) throws {
    self.init(
      id: row["id"], name: row["name"], kind: try row.choice("kind"), path: row["path"], hash: row["hash"],
      parent: row["parent"], config: try row.json("config"), created: row["created"])
  }
}

extension Store {
  /// Adds a model, or finds the one with the same name, kind and weights, whose path is brought up to date.
  @discardableResult
  public func addModel(_ model: ModelRecord) throws -> Added {
    try write { db in
      let known = try db.value(
        String.self, "SELECT id FROM model WHERE hash = ? AND name = ? AND kind = ?",
        [model.hash, model.name, model.kind.rawValue])
      if let known {
        try db.run("UPDATE model SET path = ? WHERE id = ?", [model.path, known])
        return Added(id: known, isNew: false)
      }
      try db.run(
        "INSERT INTO model VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
          model.id, model.name, model.kind.rawValue, model.path, model.hash, model.parent, model.config.canonical,
          model.created,
        ])
      return Added(id: model.id, isNew: true)
    }
  }

  /// The model with this id.
  public func model(id: String) throws -> ModelRecord? {
    try read { db in try db.first(ModelRecord.self, "SELECT * FROM model WHERE id = ?", [id]) }
  }

  /// The newest model of this name.
  public func model(named name: String) throws -> ModelRecord? {
    try read { db in
      try db.first(ModelRecord.self, "SELECT * FROM model WHERE name = ? ORDER BY id DESC LIMIT 1", [name])
    }
  }

  /// Models in order of their making; nil stands for all.
  public func models(kind: ModelRecord.Kind? = nil) throws -> [ModelRecord] {
    try read { db in
      try db.all(
        ModelRecord.self, "SELECT * FROM model WHERE ?1 IS NULL OR kind = ?1 ORDER BY id", [kind?.rawValue])
    }
  }
}
