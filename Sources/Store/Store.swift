import Foundation
import GRDB

/// One SQLite file that holds everything from raw documents to trained models; the only place that knows SQL.
///
/// All methods are synchronous and may be called from any thread. Writers wait for each other, readers never wait.
/// Each call is one transaction, durable when it returns; `atomically` makes several calls one.
public final class Store: Sendable {
  /// How a store is opened.
  public enum Access: Sendable {
    /// For writing; makes the file when there is none.
    case create
    /// For writing; the file must be there.
    case existing
    /// For looking only: changes nothing, and works in a read-only folder.
    case readOnly
  }

  /// The store's file.
  public let path: String
  let database: any DatabaseWriter

  /// Opens a store, and brings it to this program's schema.
  /// - Parameter maximumBytes: a limit of the file's size; nil for none but the disk's.
  /// - Throws: `StoreError` when the file is newer, foreign, damaged, missing or not writable; it is then untouched.
  public init(path: String, access: Access = .create, maximumBytes: Int? = nil) throws {
    self.path = path
    database = try Self.open(path: path, access: access, maximumBytes: maximumBytes)
  }

  /// Makes all calls of the body one transaction: they happen together, or not at all.
  /// - Throws: what the body throws, after taking everything back.
  public func atomically<Value>(_ body: () throws -> Value) throws -> Value {
    try write { _ in try body() }
  }

  /// Runs a writing transaction, nested as a savepoint inside `atomically`.
  func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try database.unsafeReentrantWrite { db in
        var value: Value?
        try db.inSavepoint {
          value = try body(db)
          return .commit
        }
        guard let value else { throw StoreError.failed(path: path, detail: "the transaction was not carried out") }
        return value
      }
    } catch {
      throw translated(error)
    }
  }

  /// Runs a reading transaction; inside `atomically` it sees what was written so far.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try database.unsafeReentrantRead(body)
    } catch {
      throw translated(error)
    }
  }

  /// SQLite's error as ours; other errors pass unchanged.
  func translated(_ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    return Self.storeError(error, path: path)
  }
}
