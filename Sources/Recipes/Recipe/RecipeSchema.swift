import Foundation
import Store

/// The JSON Schema (draft 2020-12) of recipes, made from the tables of keys.
public enum RecipeSchema {
  /// The schema as indented JSON with sorted keys, as committed in schemas/recipe.schema.json.
  public static var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(document) else { return document.canonical }
    return String(decoding: data, as: UTF8.self)
  }

  package static var document: JSONValue {
    var properties: [String: JSONValue] = [:]
    for key in RecipeKeys.top { properties[key.name] = schema(key) }
    properties["defaults"] = [
      "type": "object", "description": .string(help("defaults")),
      "properties": .object(
        Dictionary(
          StageKind.listed.flatMap { RecipeKeys.stage($0) }.filter { $0.name != "name" }.map { ($0.name, [:]) },
          uniquingKeysWith: { first, _ in first })), "additionalProperties": false,
    ]
    properties["stages"] = [
      "type": "array", "minItems": 1, "description": .string(help("stages")),
      "items": ["anyOf": .array([names] + StageKind.listed.map(stage))],
    ]
    return [
      "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Touchstone recipe", "type": "object",
      "required": ["name", "stages"], "properties": .object(properties), "additionalProperties": false,
    ]
  }

  private static func help(_ name: String) -> String { RecipeKeys.top.first { $0.name == name }?.help ?? "" }

  private static var names: JSONValue {
    ["enum": .array(StageKind.listed.map { .string($0.rawValue) })]
  }

  private static func stage(_ kind: StageKind) -> JSONValue {
    [
      "type": "object", "required": [.string(kind.rawValue)], "additionalProperties": false,
      "properties": [kind.rawValue: object(RecipeKeys.stage(kind), description: kind.help, nullable: true)],
    ]
  }

  private static func object(_ keys: [Key], description: String, nullable: Bool = false) -> JSONValue {
    var result: [String: JSONValue] = [
      "type": nullable ? ["object", "null"] : "object", "description": .string(description),
      "additionalProperties": false,
      "properties": .object(Dictionary(uniqueKeysWithValues: keys.map { ($0.name, schema($0)) })),
    ]
    let required = keys.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { result["required"] = .array(required) }
    return .object(result)
  }

  private static func schema(_ key: Key) -> JSONValue {
    var result = schema(key.type, description: key.help).object ?? [:]
    result["description"] = .string(key.help)
    if let value = key.defaultValue { result["default"] = value }
    return .object(result)
  }

  private static func schema(_ type: ValueType, description: String) -> JSONValue {
    switch type {
    case .boolean: ["type": "boolean"]
    case .integer(let range): ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
    case .number(let range):
      ["type": "number", "minimum": .double(range.lowerBound), "maximum": .double(range.upperBound)]
    case .text, .path: ["type": "string"]
    case .choice(let names): ["enum": .array(names.map(JSONValue.string))]
    case .list(let element):
      [
        "anyOf": [
          schema(element, description: description),
          ["type": "array", "items": schema(element, description: description)],
        ]
      ]
    case .map(let keys): object(keys, description: description)
    case .table(let element):
      ["type": "object", "additionalProperties": schema(element, description: description)]
    }
  }
}
