// SPDX-License-Identifier: Apache-2.0
import CSQLite

/// What the SQLite library refused.
public struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
  /// SQLite's extended result code.
  public var code: Int32
  /// What was attempted, as an infinitive.
  public var operation: String
  /// SQLite's own words.
  public var reason: String

  /// Two errors are equal when their codes are.
  public static func == (left: SQLiteError, right: SQLiteError) -> Bool {
    left.code == right.code
  }

  /// What was attempted, and why it failed.
  public var description: String { "cannot \(operation): \(reason) (SQLite \(code))" }
}

/// What a column holds.
enum SQLiteValue {
  case null
  case integer(Int64)
  case real(Double)
  case text([UInt8])
}

/// An open database file, written by one thread.
final class SQLiteFile {
  fileprivate let handle: OpaquePointer

  /// Opens a file that exists; an empty one is an empty database.
  init(_ path: String) throws(SQLiteError) {
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE, nil)
    guard code == SQLITE_OK, let opened else {
      let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(opened)
      throw SQLiteError(code: code, operation: "open the database \(path)", reason: reason)
    }
    handle = opened
  }

  // Statements that are left end with it.
  deinit { sqlite3_close_v2(handle) }

  /// Runs statements without parameters.
  func run(_ sql: String) throws(SQLiteError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw error("run '\(sql.prefix(60))'") }
  }

  /// Prepares one statement.
  func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
    var prepared: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &prepared, nil) == SQLITE_OK, let prepared else {
      throw error("prepare '\(sql.prefix(60))'")
    }
    return SQLiteStatement(prepared, of: self)
  }

  fileprivate func error(_ operation: String) -> SQLiteError {
    SQLiteError(
      code: sqlite3_extended_errcode(handle), operation: operation,
      reason: String(cString: sqlite3_errmsg(handle)))
  }
}

/// A statement that is run again and again with other values.
final class SQLiteStatement {
  private let handle: OpaquePointer
  private let file: SQLiteFile

  fileprivate init(_ handle: OpaquePointer, of file: SQLiteFile) {
    self.handle = handle
    self.file = file
  }

  deinit { sqlite3_finalize(handle) }

  /// Binds the values in order and runs to the end; rows that come are passed over.
  func run(_ values: [SQLiteValue]) throws(SQLiteError) {
    for (index, value) in values.enumerated() {
      let place = Int32(index + 1)
      let code =
        switch value {
        case .null: sqlite3_bind_null(handle, place)
        case .integer(let number): sqlite3_bind_int64(handle, place, number)
        case .real(let number): sqlite3_bind_double(handle, place, number)
        case .text(let bytes):
          bytes.withUnsafeBytes { raw in
            // An array without elements may have no address, which SQLite takes for NULL.
            raw.count == 0
              ? csqlite_bind_text(handle, place, "", 0)
              : csqlite_bind_text(
                handle, place, raw.bindMemory(to: CChar.self).baseAddress, Int32(raw.count))
          }
        }
      guard code == SQLITE_OK else { throw file.error("bind a value") }
    }
    var code = sqlite3_step(handle)
    while code == SQLITE_ROW { code = sqlite3_step(handle) }
    guard code == SQLITE_DONE else {
      let failure = file.error("write a row")
      sqlite3_reset(handle)
      throw failure
    }
    sqlite3_reset(handle)
  }
}
