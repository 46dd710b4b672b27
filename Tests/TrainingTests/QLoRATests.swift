import Foundation
import Models
import Tensors
import Testing
import Training

/// A low-rank update over NF4 weights, step by step as transformers, bitsandbytes and PEFT train it;
/// `make_qlora_fixtures.py` tells how.
@Suite struct QLoRATests {
  @Test func stepsFollowBitsandbytes() throws {
    let expected = try Fixture.decode(SupervisedSteps.self, "qlora/steps.json")
    let model = try LanguageModel(folder: Fixture.url("qlora/base"))
    #expect(model.format == .nf4)
    let adapter = try Adapter(folder: Fixture.url("qlora/adapter"), model: model)
    let recorder = ListRecorder()
    let trainer = try SupervisedTrainer(
      role: Role(model, adapter), rows: expected.trainingRows,
      options: SupervisedOptions(optimizer: expected.settings.optimizer, loop: expected.settings.loop),
      context: TrainingContext(recorder: recorder))
    #expect(try trainer.train().finish == .completed)
    #expect(recorder.reports.count == 20)
    expectClose(recorder.reports.map(\.loss), expected.loss, 1e-4, "loss")
    expectClose(recorder.reports.map(\.gradientNorm), expected.gradNorm, 1e-3, "gradient norm")
    let final = try SafetensorsFile(Fixture.url("qlora/final.safetensors"))
    for parameter in adapter.parameters {
      let wanted = try final.tensor(parameter.name, shape: parameter.value.shape)
      expectClose(
        parameter.value.toArray().map(Double.init), wanted.toArray().map(Double.init), 5e-3, "\(parameter.name)")
    }
  }
}
