extension RecipeKeys {
  static let splitNames: [String] = ["train", "validation", "test"]
  static let originNames: [String] = [
    "mined-faq", "mined-section", "template-identity", "imported", "written", "generated",
  ]

  static let ingest: [Key] = [
    Key("paths", .list(.path), isRequired: true, "files, folders and globs"),
    Key("licence", .text, "the documents' licence, kept with each source"),
  ]

  static let pairs: [Key] = [
    Key("faq", .boolean, default: true, "questions in headings and questions marked as such, with their answers"),
    Key("definitions", .boolean, default: true, "entries of definition lists"),
    Key("sections", .boolean, default: true, "a section's heading becomes the instruction, its text the answer"),
    Key("maximum_answer_characters", .count, default: 8000, "longer answers are rejected"),
    Key("maximum_section_characters", .count, default: 4000, "longer sections are rejected"),
    Key("identity", .map(identity), "pairs in which the model introduces itself, in English and Chinese"),
    Key("split", .map(split), default: [:], "how documents are shared out; all pairs of one document go to one side"),
  ]

  static let identity: [Key] = [
    Key("name", .text, isRequired: true, "what the model calls itself"),
    Key("author", .text, isRequired: true, "whom it names as its maker"),
    Key("languages", .list(.choice(["en", "zh"])), default: ["en", "zh"], "languages of the pairs"),
  ]

  static let split: [Key] = [
    Key("validation", .fraction, default: 0.1, "share of documents that measure, never train"),
    Key("test", .fraction, default: 0.1, "share of documents kept for the end"),
  ]

  static let sample: [Key] = [
    Key("from", .text, "the stage whose model answers (default: the last before this one)"),
    Key("splits", .list(.choice(splitNames)), default: ["train", "validation"], "splits whose prompts are answered"),
    Key("origins", .list(.choice(originNames)), "pairs whose questions are used (default: all)"),
    Key("prompts", .countOrZero, default: 0, "most prompts of each split; 0 means all"),
    Key("answers", .integer(2...64), default: 2, "answers per prompt"),
    Key("comparisons", .integer(1...2016), default: 1, "comparisons per prompt"),
    Key("batch", .count, default: 32, "prompts answered together"),
    Key("sampling", .map(sampling), default: [:], "how answers are drawn"),
    matmulPrecision,
  ]

  static let sampling: [Key] = [
    Key("temperature", .number(0...10), default: 1, "0 takes the likeliest token"),
    Key("top_k", .countOrZero, default: 0, "only the k likeliest tokens; 0 means all"),
    Key("top_p", .fraction, default: 1, "only the likeliest tokens of this total probability"),
    Key("min_p", .fraction, default: 0, "only tokens at least this fraction as likely as the likeliest"),
    Key("repetition_penalty", .number(0.1...10), default: 1, "above 1 discourages repeating"),
    Key("maximum_tokens", .count, default: 96, "longest answer, tokens"),
  ]

  static let label: [Key] = [
    Key("by", .choice(["people", "rule"]), default: "people", "who judges"),
    Key("rule", .text, default: "concise", "the rule's name, for by: rule"),
    Key("from", .text, "the sample stage whose comparisons are judged (default: the last before this one)"),
    Key("at_least", .countOrZero, default: 0, "judgements that people must give; 0 means all comparisons"),
  ]
}
