import Store

extension IngestPipeline {
  /// A hash of the names, sizes and times of the files that `paths` stand for: while it is the same, `run` would find
  /// nothing new.
  ///
  /// - Throws: `IngestError.missing` and `.noMatch`.
  public static func signature(of paths: [String]) throws -> String {
    let files = try FileDiscovery(paths: paths).files
    return ContentHash.of(files.map { "\($0.path) \($0.size) \($0.modified)" }.joined(separator: "\n"))
  }
}
