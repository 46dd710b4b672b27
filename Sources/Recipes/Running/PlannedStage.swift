import Store

extension RecipeRun {
  /// What would become of one stage.
  public struct PlannedStage: Sendable {
    public var name: String
    public var kind: StageKind
    public var status: StageStatus
    /// The last summary of a stage that is up to date.
    public var summary: String?
    /// What a training stage would take of memory, where the model's shape is known.
    public var memory: MemoryForecast?

    public var json: JSONValue {
      [
        "name": .string(name), "kind": .string(kind.rawValue), "runs": .string(status.runs),
        "why": .string(status.text), "summary": summary.map(JSONValue.string) ?? nil,
        "memory_bytes": memory.map { .int($0.bytes) } ?? nil,
      ]
    }
  }
}

extension StageStatus {
  /// Whether the stage runs: `no`, `yes`, or `waits` for people.
  public var runs: String {
    switch self {
    case .upToDate: "no"
    case .stale: "yes"
    case .waiting: "waits"
    }
  }
}
