import Foundation
import GRDB
import Schemas

extension Store {
  /// Marks a SQLite file as ours ("Tchs"), so that another program's file is never migrated.
  static let applicationID = 0x5463_6873

  /// The schema this program knows: the number of its migrations.
  public static var schemaVersion: Int { Schemas.migrations.count }

  static func open(path: String, access: Access, maximumBytes: Int?) throws -> any DatabaseWriter {
    let header = try FileHeader(path: path)
    if header == nil, access != .create { throw StoreError.missing(path: path) }
    if let header {
      guard header.applicationID == applicationID || (header.version == 0 && header.applicationID == 0) else {
        throw StoreError.foreignDatabase(path: path)
      }
      guard header.version <= schemaVersion else {
        throw StoreError.newerSchema(path: path, found: header.version, known: schemaVersion)
      }
    }
    do {
      if access == .readOnly { return try openReadOnly(path: path) }
      guard header == nil || FileManager.default.isWritableFile(atPath: path) else {
        throw StoreError.readOnly(path: path)
      }
      var configuration = baseConfiguration()
      configuration.prepareDatabase { db in
        if let maximumBytes {
          let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
          try db.execute(sql: "PRAGMA max_page_count = \(max(1, maximumBytes / pageSize))")
        }
      }
      let pool = try waitingForOthers { try DatabasePool(path: path, configuration: configuration) }
      // After the pool is made: it sets NORMAL, with which the last commits may be lost when the power fails.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      try migrate(pool, path: path)
      return pool
    } catch let error as DatabaseError {
      throw storeError(error, path: path)
    }
  }

  /// Opens for looking only. An older store is first brought up to date, which needs leave to write.
  private static func openReadOnly(path: String) throws -> any DatabaseWriter {
    let database = try readOnlyDatabase(path: path)
    // Asked of SQLite, not of the header: the log may hold what the main file does not hold yet.
    let version = try database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
    if version == schemaVersion { return database }
    try database.close()
    if version > schemaVersion { throw StoreError.newerSchema(path: path, found: version, known: schemaVersion) }
    try open(path: path, access: .existing, maximumBytes: nil).close()
    return try readOnlyDatabase(path: path)
  }

  /// Where not even the files of WAL mode may be made, the file is read as it stands.
  private static func readOnlyDatabase(path: String) throws -> any DatabaseWriter {
    var configuration = baseConfiguration()
    configuration.readonly = true
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let hasLog = FileManager.default.fileExists(atPath: path + "-wal")
    if !hasLog && !FileManager.default.isWritableFile(atPath: folder) {
      let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
      return try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
    }
    return try DatabasePool(path: path, configuration: configuration)
  }

  /// Seconds that a transaction, or the opening of a store, waits for other processes.
  private static let waitForOthers = 10.0

  /// The switch of a new file to WAL is refused at once, whatever SQLite's own timeout is, while another process makes the
  /// same switch: it holds a read lock by then, and waiting with one could last for ever.
  private static func waitingForOthers<Value>(_ body: () throws -> Value) throws -> Value {
    let end = ContinuousClock.now + .seconds(waitForOthers)
    while true {
      do {
        return try body()
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < end {
        Thread.sleep(forTimeInterval: 0.01)
      }
    }
  }

  /// SQLite's `synchronous` of the writing connection: at 2, FULL, a commit is on the disk when it returns.
  package var synchronousLevel: Int {
    get throws { try write { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? 0 } }
  }

  private static func baseConfiguration() -> Configuration {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(waitForOthers)
    configuration.label = "touchstone"
    configuration.maximumReaderCount = 4
    return configuration
  }

  /// Applies the migrations that are missing, each in a transaction together with its record.
  private static func migrate(_ database: some DatabaseWriter, path: String) throws {
    try database.writeWithoutTransaction { db in
      let before = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
      defer {
        // From the log into the main file, whose header other programs look at.
        if before < schemaVersion { try? db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
      }
      for (number, migration) in zip(1..., Schemas.migrations) {
        try db.inTransaction(.immediate) {
          // Asked inside the transaction: another process may be opening the same new file.
          let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
          if version > schemaVersion {
            throw StoreError.newerSchema(path: path, found: version, known: schemaVersion)
          }
          if version == 0 {
            guard try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0 else {
              throw StoreError.foreignDatabase(path: path)
            }
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(
              sql: """
                CREATE TABLE migration (
                  number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied TEXT NOT NULL
                ) STRICT
                """)
          }
          guard version < number else { return .rollback }
          try db.execute(sql: migration.sql)
          try db.execute(
            sql: "INSERT INTO migration VALUES (?, ?, ?, ?)",
            arguments: [number, migration.name, ContentHash.of(migration.sql), Timestamp.now()])
          try db.execute(sql: "PRAGMA user_version = \(number)")
          return .commit
        }
      }
    }
  }

  static func storeError(_ error: DatabaseError, path: String) -> StoreError {
    let detail = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_FULL: return .diskFull(path: path)
    case .SQLITE_BUSY, .SQLITE_LOCKED: return .busy(path: path)
    case .SQLITE_READONLY, .SQLITE_PERM: return .readOnly(path: path)
    case .SQLITE_CANTOPEN: return .cannotOpen(path: path, reason: detail)
    case .SQLITE_NOTADB: return .notADatabase(path: path)
    case .SQLITE_CORRUPT: return .corrupt(path: path, detail: detail)
    case .SQLITE_CONSTRAINT: return .constraint(detail)
    // A write that fails for want of space may surface as an input/output error.
    case .SQLITE_IOERR where errno == ENOSPC: return .diskFull(path: path)
    default: return .failed(path: path, detail: detail)
    }
  }
}

/// The fields of a SQLite file's first 100 bytes that tell whose it is, read without opening the database.
private struct FileHeader {
  var version: Int
  var applicationID: Int

  /// Nil when there is no file, or an empty one, which SQLite takes for a new database.
  init?(path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    if isFolder.boolValue { throw StoreError.cannotOpen(path: path, reason: "it is a folder") }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw StoreError.cannotOpen(path: path, reason: "it may not be read")
    }
    defer { try? file.close() }
    let bytes = [UInt8]((try? file.read(upToCount: 100)) ?? Data())
    if bytes.isEmpty { return nil }
    guard bytes.count == 100, bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw StoreError.notADatabase(path: path)
    }
    func number(at offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    version = number(at: 60)
    applicationID = number(at: 68)
  }
}
