import Store
import Testing

@Suite struct RunTests {
  private func start(_ store: Store, stage: String = "sft") throws -> Run {
    let run = Run(
      recipe: "demo", stage: stage, fingerprint: "f1", parameters: ["lr": 0.001], seed: .max, program: "touchstone 0.1")
    try store.startRun(run)
    return run
  }

  @Test func runsStepsAndMetrics() throws {
    let fixture = try StoreFixture()
    let store = fixture.store
    let run = try start(store)
    #expect(try store.run(id: run.id) == run)
    for number in 1...3 {
      try store.recordStep(
        Step(run: run.id, number: number, reads: ["pair_\(number)", "pair_1"]),
        metrics: ["loss": 1 / Double(number), "norm": number == 2 ? .nan : 1])
    }
    #expect(try store.metrics(run: run.id, name: "loss").map(\.value) == [1, 0.5, 1 / 3])
    #expect(try store.metrics(run: run.id, name: "norm")[1].value.isNaN)
    #expect(try store.metricNames(run: run.id) == ["loss", "norm"])
    #expect(try store.distinctReads(run: run.id) == ["pair_1", "pair_2", "pair_3"])
    try store.addCheckpoint(Checkpoint(run: run.id, step: 2, path: "c2", hash: "h"))
    try store.rewindRun(id: run.id, toStep: 2)
    #expect(try store.steps(run: run.id).map(\.number) == [1, 2])
    #expect(try store.metrics(run: run.id, name: "loss").count == 2)
    #expect(try store.checkpoints(run: run.id).count == 1)
    try store.recordStep(Step(run: run.id, number: 2), metrics: ["loss": 9])
    #expect(try store.metrics(run: run.id, name: "loss").map(\.value) == [1, 9])
    try store.setRunState(id: run.id, .interrupted, message: "signal 15")
    #expect(try store.lastRun(stage: "sft", fingerprint: "f1")?.state == .interrupted)
    #expect(try store.lastRun(stage: "sft", fingerprint: "f2") == nil)
  }

  @Test func finishedStagesAreKnownAndTheirItemsForgotten() throws {
    let fixture = try StoreFixture()
    let store = fixture.store
    try store.recordWorkItem(stage: "sample", fingerprint: "f", item: "prm_1", output: "cpl_1")
    try store.recordWorkItem(stage: "sample", fingerprint: "g", item: "prm_1")
    #expect(try store.workItems(stage: "sample", fingerprint: "f") == ["prm_1": "cpl_1"])
    #expect(try store.workItem(stage: "sample", fingerprint: "f", item: "prm_2") == nil)
    let result = StageResult(stage: "sample", fingerprint: "f", outputs: ["comparisons": 8])
    try store.recordStageResult(result)
    #expect(try store.stageResult(stage: "sample", fingerprint: "f") == result)
    #expect(try store.stageResult(stage: "sample", fingerprint: "g") == nil)
    #expect(try store.workItems(stage: "sample", fingerprint: "f").isEmpty)
    #expect(try store.workItems(stage: "sample", fingerprint: "g").count == 1)
  }

  @Test func modelsAreFoundByNameAndWeights() throws {
    let fixture = try StoreFixture()
    let store = fixture.store
    let old = ModelRecord(name: "sft", kind: .adapter, path: "old", hash: "1", config: ["rank": 8])
    let new = ModelRecord(name: "sft", kind: .adapter, path: "new", hash: "2", parent: old.id)
    #expect(try store.addModel(old).isNew && store.addModel(new).isNew)
    #expect(try store.model(named: "sft") == new)
    #expect(
      try store.addModel(ModelRecord(name: "sft", kind: .adapter, path: "moved", hash: "1"))
        == Added(id: old.id, isNew: false))
    #expect(try store.model(id: old.id)?.path == "moved")
    #expect(try store.models(kind: .base).isEmpty)
  }

  @Test func rolloutsAndReferenceScores() throws {
    let fixture = try StoreFixture()
    let run = try start(fixture.store, stage: "ppo")
    let prompt = try fixture.addComparison("q", "a", "b").prompt
    let rollout = Rollout(
      run: run.id, step: 4, prompt: prompt, text: "答", reward: 1.5, kl: 0.1, statistics: ["advantage": [0.0, 1.0]])
    try fixture.store.addRollouts([rollout])
    #expect(try fixture.store.rollouts(run: run.id) == [rollout])
    #expect(try fixture.store.rollouts(run: run.id, step: 5).isEmpty)
    let values: [Float] = [-0.5, -1e-8, -.infinity]
    try fixture.store.recordReferenceLogprobs(modelHash: "m", ["t": values])
    #expect(try fixture.store.referenceLogprobs(modelHash: "m", tokensHash: "t") == values)
    #expect(try fixture.store.referenceLogprobs(modelHash: "m2", tokensHash: "t") == nil)
  }
}
