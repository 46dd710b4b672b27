/// The SQL migrations of the store, embedded from the `.sql` files of this folder, in the order of their numbers.
public enum Schemas {
  /// Every migration's name and SQL text. Applied ones are never edited: a change is a new file.
  public static var migrations: [(name: String, sql: String)] {
    [
      ("m0001-sources", text(PackageResources.m0001_sources_sql)),
      ("m0002-pairs", text(PackageResources.m0002_pairs_sql)),
      ("m0003-models", text(PackageResources.m0003_models_sql)),
      ("m0004-labels", text(PackageResources.m0004_labels_sql)),
      ("m0005-rollouts", text(PackageResources.m0005_rollouts_sql)),
    ]
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
