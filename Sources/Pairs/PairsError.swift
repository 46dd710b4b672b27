/// What can go wrong between documents and pairs; the text is for the person at the terminal.
public enum PairsError: Error, Equatable, CustomStringConvertible {
  case badSplit(String)
  case badParameter(name: String, value: String, rule: String)
  case missingIdentity(String)
  case nothingToMine(store: String)

  public var description: String {
    switch self {
    case .badSplit(let text):
      "the split '\(text)' is not three shares such as 0.9,0.05,0.05 (train, validation, test) that add up to 1"
    case .badParameter(let name, let value, let rule):
      "\(name) is \(value), but \(rule)"
    case .missingIdentity(let what):
      "identity pairs need the model's \(what): give --name NAME and --author AUTHOR, or leave identity pairs out"
    case .nothingToMine(let store):
      "\(store) holds no kept document to mine; add some first with: prep ingest PATH"
    }
  }
}
