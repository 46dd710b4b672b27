/// What can go wrong with a store, worded for the person at the terminal: what, where, how to fix.
public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file was written by a newer program.
  case newerSchema(path: String, found: Int, known: Int)
  /// The file is not a SQLite database.
  case notADatabase(path: String)
  /// The file is a SQLite database of another program.
  case foreignDatabase(path: String)
  /// There is no such file, and none should be made.
  case missing(path: String)
  /// The file or its folder may not be written.
  case readOnly(path: String)
  /// The file cannot be opened at all.
  case cannotOpen(path: String, reason: String)
  /// No space is left on the disk.
  case diskFull(path: String)
  /// Another process holds the store.
  case busy(path: String)
  /// The file is damaged.
  case corrupt(path: String, detail: String)
  /// A row would break a rule of the schema.
  case constraint(String)
  /// No row has this id.
  case notFound(id: String)
  /// The request itself makes no sense.
  case invalid(String)
  /// Any other failure of SQLite.
  case failed(path: String, detail: String)

  public var description: String {
    switch self {
    case .newerSchema(let path, let found, let known):
      "\(path) was written by a newer program (schema \(found), this one knows \(known)); "
        + "update touchstone, or name another store with --store"
    case .notADatabase(let path):
      "\(path) is not a store (not a SQLite file); name another file with --store"
    case .foreignDatabase(let path):
      "\(path) is a SQLite file of another program; name another file with --store"
    case .missing(let path):
      "there is no store at \(path); name it with --store FILE, or make one with `prep ingest PATH`"
    case .readOnly(let path):
      "\(path) cannot be written; check the permissions of the file and its folder, or use --store elsewhere"
    case .cannotOpen(let path, let reason):
      "cannot open the store \(path): \(reason); check that its folder exists and may be written"
    case .diskFull(let path):
      "no space left on the disk of \(path); nothing was lost: free some space and run the command again"
    case .busy(let path):
      "\(path) is in use by another process; wait for it to end, or stop it, and try again"
    case .corrupt(let path, let detail):
      "\(path) is damaged (\(detail)); restore a copy, or save what is left with `sqlite3 \(path) .recover`"
    case .constraint(let detail):
      "the store refused a row: \(detail)"
    case .notFound(let id):
      "there is no row \(id) in the store; `prep search` and `prep status` show ids"
    case .invalid(let detail):
      detail
    case .failed(let path, let detail):
      "the store \(path) failed: \(detail); `prep verify` checks the file"
    }
  }
}
