import Foundation
import Models
import Recipes
import Store
import Testing

@Suite("Choosing and combining adapters")
struct AdapterSwitchTests {
  let fixture: ExportFixture

  init() throws { fixture = try ExportFixture() }

  private func isSame(_ one: OpenedModel, _ other: OpenedModel) -> Bool {
    MergeCheck(one.role, tokenizer: one.tokenizer).difference(from: other.role).relative < 1e-4
  }

  @Test func adaptersAreSwitchedOverTheSameWeights() throws {
    let sft = try fixture.opened("sft")
    let other = try sft.switched(toAdapter: "other", store: fixture.path)
    #expect(other.role.model === sft.role.model && other.name == "r/other")
    #expect(try isSame(other, fixture.opened("other")))
    #expect(!isSame(other, sft))
    let none = try other.switched(toAdapter: nil, store: fixture.path)
    #expect(none.role.adapter == nil && none.name == "r/model")
    #expect(try isSame(none, fixture.opened("model")))
    let back = try none.switched(toAdapter: "r/sft", store: fixture.path)
    #expect(isSame(back, sft) && back.record?.name == "r/sft")
    // A PEFT folder, over a folder and over a model of the store.
    let folder = try #require(fixture.models["sft"]?.path)
    #expect(try isSame(none.switched(toAdapter: folder, store: fixture.path), sft))
    #expect(try isSame(fixture.opened("model", adapter: folder), sft))
    #expect(try isSame(fixture.opened("model", adapter: "sft"), sft))
    #expect(try isSame(fixture.opened("sft", adapter: "dpo"), fixture.opened("dpo")))
  }

  @Test func whatDoesNotFitIsRefused() throws {
    func refused(_ text: String, _ body: () throws -> Void) {
      let error = #expect(throws: RecipeError.self) { try body() }
      #expect(error?.description.contains(text) == true, "\(String(describing: error))")
    }
    let model = try fixture.opened("model")
    refused("the adapter r/dpo stands on r/sft, not on r/model") {
      _ = try model.switched(toAdapter: "dpo", store: fixture.path)
    }
    refused("is whole weights, no adapter") { _ = try model.switched(toAdapter: "model", store: fixture.path) }
    refused("no model othr: did you mean other?") { _ = try model.switched(toAdapter: "othr", store: fixture.path) }
  }

  private func combine(_ terms: [String], _ method: AdapterCombination = .cat, model: String? = nil) throws -> URL {
    let place = fixture.place("sum-\(UUID().uuidString)")
    try CombinedAdapter(
      terms.map { try CombinedAdapter.Term($0) }, by: method, model: model, store: fixture.path, program: "rlhf 9"
    ).write(to: place)
    return place
  }

  @Test func namedAdaptersAreSummed() throws {
    let folders = try ["sft", "other"].map { try #require(fixture.models[$0]?.path) }
    let stored = try combine(["sft=1", "r/other=-0.5"])
    let named = try combine(["\(folders[0])=1", "\(folders[1])=-0.5"], model: "model")
    let base = try #require(fixture.models["model"])
    let sum = try fixture.opened(base.path, adapter: stored.path)
    #expect(try isSame(sum, fixture.opened("model", adapter: named.path)))
    // The same as one merged after the other.
    let model = try LanguageModel(folder: URL(fileURLWithPath: base.path))
    for (folder, times) in zip(folders, [1, -1]) {
      let adapter = try Adapter(folder: URL(fileURLWithPath: folder), model: model)
      if times < 0 {
        try Adapter.weightedSum([(adapter, -0.5)], model: model).merge(into: model)
      } else {
        try adapter.merge(into: model)
      }
    }
    var merged = sum
    merged.role = Role(model)
    #expect(isSame(sum, merged))
    #expect(try AdapterConfiguration(folder: stored).baseModel == base.path)
    let card = try String(contentsOf: stored.appendingPathComponent("README.md"), encoding: .utf8)
    #expect(card.contains("1.0 × sft + -0.5 × other over r/model, combined by cat."))
    #expect(try AdapterConfiguration(folder: combine(["sft=0.5", "other=0.5"], .linear)).rank == 2)
  }

  @Test func badSumsWriteNothing() throws {
    let folder = try #require(fixture.models["sft"]?.path)
    for (terms, text) in [
      (["sft"], "expected NAME=WEIGHT"), (["sft=much"], "expected NAME=WEIGHT"), (["=1"], "expected NAME=WEIGHT"),
      (["sft=1", "dpo=1"], "stands on r/sft, not on r/model"), (["\(folder)=1"], "name the model it stands on"),
      (["model=1"], "is whole weights"),
    ] {
      let error = #expect(throws: RecipeError.self) { try combine(terms) }
      #expect(error?.description.contains(text) == true, "\(terms): \(String(describing: error))")
    }
    #expect(try fixture.names().isEmpty)
  }
}
