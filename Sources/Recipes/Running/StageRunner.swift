import Store

/// What one kind of stage does. A runner is made anew for planning and for running.
package protocol StageRunner {
  init(stage: RecipeStage, bench: Workbench)

  /// What the stage reads; called only when all stages it needs are up to date.
  func inputs() throws -> [StageInput]

  /// Why a result with the right fingerprint does not count all the same, such as lost files; nil when it does.
  func invalidity(of record: StageRecord) throws -> String?

  /// Does the work, or what is left of it.
  func run(_ job: StageJob) throws -> StageOutcome
}

extension StageRunner {
  package func invalidity(of record: StageRecord) throws -> String? { nil }
}

/// One execution of a stage: its fingerprint, and its run in the store.
package struct StageJob {
  package var fingerprint: String
  package var inputs: [StageInput]
  package var run: Run
}

extension StageKind {
  package var runner: any StageRunner.Type {
    switch self {
    case .ingest: IngestStage.self
    case .pairs: PairsStage.self
    case .model: ModelStage.self
    case .pretrain: PretrainStage.self
    case .sft: SupervisedStage.self
    case .sample: SampleStage.self
    case .label: LabelStage.self
    case .reward: RewardStage.self
    case .dpo: PreferenceStage.self
    case .ppo: PolicyStage.self
    case .eval: EvaluationStage.self
    }
  }
}
