/// The special tokens that TemplateProcessing puts around one sequence, where the caller asks for them.
struct PostProcessor: Sendable, Hashable {
  var prefix: [Int32] = []
  var suffix: [Int32] = []

  /// - Throws: `TokenizerError.unsupported` naming a type that is not known here.
  init(_ json: JSONValue?, file: String) throws {
    switch json?.type {
    case nil, "ByteLevel": return
    case "Sequence":
      for part in json?["processors"]?.array ?? [] {
        let processor = try PostProcessor(part, file: file)
        prefix = processor.prefix + prefix
        suffix += processor.suffix
      }
    case "TemplateProcessing":
      var isBeforeText = true
      for element in json?["single"]?.array ?? [] {
        guard let name = element["SpecialToken"]?["id"]?.string else {
          isBeforeText = false
          continue
        }
        guard let ids = json?["special_tokens"]?[name]?["ids"]?.array else {
          throw TokenizerError.inconsistent(file: file, reason: "TemplateProcessing names \(name) but gives it no ids")
        }
        let tokens = ids.compactMap { $0.integer.map(Int32.init) }
        if isBeforeText { prefix += tokens } else { suffix += tokens }
      }
    case .some(let type):
      throw TokenizerError.unsupported(
        file: file, feature: "the post_processor \(type)", supported: "ByteLevel, TemplateProcessing, Sequence")
    }
  }
}
