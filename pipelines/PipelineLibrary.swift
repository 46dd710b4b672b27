/// The recipes that come with the programs.
public enum PipelineLibrary {
  public struct Entry: Sendable {
    public var name: String
    public var summary: String
    public var text: String
  }

  /// All bundled recipes, by name; the summary is the first line of the recipe's opening comment.
  public static let entries: [Entry] = [
    entry("demo", PackageResources.demo_yaml), entry("debian", PackageResources.debian_yaml),
    entry("methods", PackageResources.methods_yaml),
  ]

  private static func entry(_ name: String, _ bytes: [UInt8]) -> Entry {
    let text = String(decoding: bytes, as: UTF8.self)
    let first = text.prefix { $0 != "\n" }.drop { $0 == "#" || $0 == " " }
    return Entry(name: name, summary: String(first), text: text)
  }
}
