import Foundation
import Models
import Recipes
import Store
import Testing
import Tokenizers

@Suite("Exporting models")
struct ExportTests {
  let fixture: ExportFixture

  init() throws { fixture = try ExportFixture() }

  private func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

  /// How far two models are from each other on the check's prompts, relative to the logits' spread.
  private func distance(_ one: OpenedModel, _ other: OpenedModel) -> Float {
    MergeCheck(one.role, tokenizer: one.tokenizer).difference(from: other.role).relative
  }

  @Test func aMergedFolderSaysWhatTheAdaptersSaid() throws {
    let place = fixture.place("merged")
    let notes = try fixture.export("dpo", .hf, to: place)
    #expect(notes.count == 1 && notes[0].hasPrefix("merged: largest difference of logits"))
    let merged = try fixture.opened(place.path)
    #expect(try distance(fixture.opened("dpo"), merged) < 1e-4)
    #expect(try distance(fixture.opened("model"), merged) > 1e-2)
    #expect(try fixture.names() == ["merged"])
    // The store's own weights are what they were.
    #expect(try distance(fixture.opened("model"), fixture.opened(fixture.models["model"]?.path)) == 0)
  }

  @Test func weightsCanHaveSixteenBits() throws {
    for (type, name) in [(GGUFPrecision.bf16, "bfloat16"), (.f16, "float16")] {
      let place = fixture.place(name)
      try fixture.export("sft", .hf, type, to: place)
      #expect(try text(place.appendingPathComponent("config.json")).contains("\"torch_dtype\" : \"\(name)\""))
      let distance = distance(try fixture.opened("sft"), try fixture.opened(place.path))
      #expect(distance > 0 && distance < 0.05)
    }
  }

  /// An adapter over another adapter becomes one adapter over the base, since nobody else has the weights between.
  @Test func aChainOfAdaptersIsOneAdapterOverTheBase() throws {
    let place = fixture.place("adapter")
    try fixture.export("dpo", .peft, to: place)
    let base = try #require(fixture.models["model"])
    let configuration = try AdapterConfiguration(folder: place)
    #expect(configuration.rank == 5 && configuration.baseModel == base.path)
    #expect(try distance(fixture.opened("dpo"), fixture.opened(base.path, adapter: place.path)) < 1e-4)
    try fixture.export("sft", .peft, to: fixture.place("one"))
    #expect(try AdapterConfiguration(folder: fixture.place("one")).rank == 2)
    let error = #expect(throws: RecipeError.self) {
      try fixture.export("model", .peft, to: fixture.place("none"))
    }
    #expect(error?.description.contains("is whole weights") == true)
    #expect(try fixture.names() == ["adapter", "one"])
  }

  @Test func aFileForLlamaCppHasItsCardBesideIt() throws {
    try fixture.export("dpo", .gguf, .q80, to: fixture.place("small.gguf"))
    #expect(try fixture.names() == ["small.gguf", "small.md"])
    #expect(try Data(contentsOf: fixture.place("small.gguf")).prefix(4) == Data("GGUF".utf8))
    #expect(try text(fixture.place("small.md")).contains("A GGUF file with weights in q8_0"))
    // Neither the file nor its card is written over.
    for taken in ["small.gguf", "small.md"] {
      let other = fixture.place(taken == "small.md" ? "small.gguf" : taken)
      let error = #expect(throws: RecipeError.self) { try fixture.export("dpo", .gguf, to: other) }
      #expect(error?.exitCode == 2 && error?.description.contains("exists already") == true)
      try FileManager.default.removeItem(
        at: fixture.place("small.gguf").deletingLastPathComponent().appendingPathComponent(taken))
    }
    #expect(throws: RecipeError.self) { try fixture.export("dpo", .gguf, to: fixture.place("name")) }
    #expect(throws: RecipeError.self) { try fixture.export("dpo", .hf, .q80, to: fixture.place("name")) }
    #expect(throws: RecipeError.self) { try fixture.export("dpo", .peft, .f32, to: fixture.place("name")) }
    #expect(try fixture.names() == [])
  }

  @Test func aModelThatSaysSomethingElseIsNotWritten() throws {
    try fixture.addAdapter("broken", over: "model", rank: 2, seed: 8, value: .nan)
    for (format, name) in [(ExportFormat.hf, "folder"), (.gguf, "file.gguf")] {
      let error = #expect(throws: RecipeError.self) { try fixture.export("broken", format, to: fixture.place(name)) }
      #expect(error?.exitCode == 1)
      #expect(error?.description.contains("the merged model says something else") == true)
      #expect(error?.description.contains("relative inf (at most 0.001)") == true)
    }
    #expect(try fixture.names().isEmpty)
  }

  @Test func differencesAreMeasuredAgainstTheSpread() {
    let before: [[[Float]]] = [[[0, 10, 5], [0, 1, 0.5]], [[-2, 2]]]
    #expect(MergeCheck.largest(before, before) == MergeCheck.Difference())
    let worst = MergeCheck.largest(before, [[[0, 10.1, 5], [0, 1, 0.45]], [[-2, 2]]])
    #expect(abs(worst.relative - 0.05) < 1e-6 && worst.spread == 1 && !worst.isSmall)
    #expect(MergeCheck.largest(before, [[[0, 10.001, 5], [0, 1, 0.5]], [[-2, 2]]]).isSmall)
    #expect(!MergeCheck.largest(before, [[[0, .nan, 5], [0, 1, 0.5]], [[-2, 2]]]).isSmall)
    #expect(!MergeCheck.largest([[[3, 3]]], [[[3, 4]]]).isSmall)
  }

  @Test func aCardTellsTheLineage() throws {
    try fixture.export("dpo", .hf, to: fixture.place("merged"))
    let card = try text(fixture.place("merged/README.md"))
    for part in [
      "---\nlibrary_name: transformers\npipeline_tag: text-generation\ntags:\n- touchstone\n- sft\n- dpo\n---\n\n# r/dpo\n",
      "written by Touchstone (rlhf 9)", "- Base model: none; it began with random weights", "- Recipe: r\n",
      "| sft | sft | 5 | test 0 |", "| dpo | dpo | 6 | test 0 |", "- sft read 1 pairs, made from 1 sources.",
      "| CC-BY-4.0 | 1 | sft.txt |", "| not stated | 1 | dpo.txt |", "| dpo | loss | 1.2500 | 3 |",
    ] {
      #expect(card.contains(part), "\(part)\nin\n\(card)")
    }
    // Neither other models nor where things lie on this machine.
    #expect(!card.contains("other") && !card.contains("secret") && !card.contains(fixture.folder.path))
  }

  @Test func ofAFolderOnlyWhatItSaysIsSaid() throws {
    let base = try #require(fixture.models["model"])
    let place = fixture.place("given")
    try FileManager.default.copyItem(atPath: base.path, toPath: place.path)
    try Data("---\nlicense: apache-2.0\nbase_model: some/where: else\n---\nlicense: no\n".utf8)
      .write(to: place.appendingPathComponent("README.md"))
    try fixture.export("sft", .peft, to: fixture.place("adapter"))
    try fixture.export(place.path, adapter: fixture.place("adapter").path, .gguf, to: fixture.place("x.gguf"))
    let card = try text(fixture.place("x.md"))
    #expect(card.contains("base_model: \"some/where: else\"\nlicense: apache-2.0\n"))
    #expect(
      card.contains("It was made from the folder given.") && card.contains("is the adapter in the folder adapter."))
    #expect(!card.contains("## "))
    let peft = try text(fixture.place("adapter/README.md"))
    #expect(peft.contains("library_name: peft") && peft.contains("- lora\n"))
  }
}
