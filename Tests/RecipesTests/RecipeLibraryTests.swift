import Foundation
import PipelineLibrary
import Recipes
import Store
import Testing

@Suite("Bundled recipes and their schema")
struct RecipeLibraryTests {
  @Test(arguments: PipelineLibrary.entries.map(\.name))
  func bundledRecipesAreValid(name: String) throws {
    let entry = try #require(PipelineLibrary.entries.first { $0.name == name })
    let recipe = try Recipe.parse(entry.text, file: "\(name).yaml")
    #expect(recipe.name == name)
    #expect(!entry.summary.isEmpty)
  }

  /// After a change of the tables of keys: `rlhf recipes --schema > schemas/recipe.schema.json`.
  @Test func committedSchemaIsTheGeneratedOne() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../schemas/recipe.schema.json").standardizedFileURL
    let committed = try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
    #expect(try committed == JSONValue(parsing: RecipeSchema.text))
  }

  @Test func helpNamesEveryKeyOfAStage() throws {
    let text = try RecipeHelp.text(stage: "ppo")
    for key in RecipeKeys.stage(.ppo) { #expect(text.contains(key.name)) }
    #expect(throws: RecipeError.self) { try RecipeHelp.text(stage: "pppo") }
  }

  @Test func defaultsFitTheirOwnTypes() throws {
    for kind in StageKind.listed {
      for key in RecipeKeys.stage(kind) where key.defaultValue != nil {
        switch (key.type, key.defaultValue!) {
        case (.boolean, .bool), (.text, .string), (.path, .string), (.list, .array), (.map, .object): break
        case (.integer(let range), .int(let value)): #expect(range.contains(value), "\(kind).\(key.name)")
        case (.number(let range), let value):
          #expect(range.contains(value.double ?? -1), "\(kind).\(key.name)")
        case (.choice(let names), .string(let value)): #expect(names.contains(value), "\(kind).\(key.name)")
        default: Issue.record("\(kind).\(key.name): the default does not fit")
        }
      }
    }
  }
}
