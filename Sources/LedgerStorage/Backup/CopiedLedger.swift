// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerDomain
import LedgerReading

/// A database as it was copied: where its log ends, and which ledger it says it is.
struct CopiedLedger {
  var head: Head
  var state: LedgerState
  /// Whether words that were erased may still lie between its entries.
  var owesScrub: Bool

  init(_ folder: String) throws(BackupError) {
    (head, state, owesScrub) = try CopiedLedger.read(folder) { (snapshot) throws(ReadingError) in
      guard case .ledger(let state)? = try snapshot.entity(.ledger, asOf: snapshot.size) else {
        throw ReadingError(.rowDamaged("it does not say which ledger it is"), "reading the copy")
      }
      return (snapshot.head, state, try snapshot.owedScrub() != nil)
    }
  }

  /// Lends a database that nobody else has open.
  static func read<R>(
    _ folder: String, _ body: (Snapshot) throws(ReadingError) -> R
  ) throws(BackupError) -> R {
    do throws(ReadingError) {
      let environment: Environment
      let tables: Tables
      do throws(LMDBError) {
        var settings = Environment.Options()
        settings.maximumTables = Tables.names.count + 4
        settings.readOnly = true
        // A lock file is mapped when it is made; on a full disk that ends in a signal, not in an error.
        settings.noLock = true
        environment = try Environment.open(directory: folder, options: settings)
        tables = try Tables.open(in: environment, create: false)
      } catch {
        throw ReadingError(lmdb: error)
      }
      defer { try? environment.close() }
      return try environment.read { (transaction) throws(ReadingError) in
        let snapshot = try Snapshot(transaction.loan, tables)
        guard snapshot.head.reducer <= Reducer.version else {
          throw ReadingError(.newerViews(snapshot.head.reducer), "reading the copied database")
        }
        return try body(snapshot)
      }
    } catch {
      throw BackupError(StorageError(.reading(error), "reading the copied database"), folder)
    }
  }

  /// Overwrites what erased words left in it, and notes that nothing is owed.
  ///
  /// A copy has the pages in use as they are, with what lies between their entries. Nobody reads an
  /// older state of it, so that nothing needs to wait; the ledger that it is of still owes the same.
  static func scrub(_ folder: String) throws(BackupError) {
    do throws(StorageError) {
      let (environment, tables) = try Restoration.open(folder)
      defer { try? environment.close() }
      do throws(LMDBError) {
        _ = try environment.scrubUsedPages()
        do throws(WriteFailure<LMDBError>) {
          _ = try environment.write(growing: true) { (transaction) throws(LMDBError) in
            try transaction.loan.delete(tables.head, HeadKey.scrub)
          }
        } catch {
          switch error {
          case .begin(let error), .body(let error), .refused(let error), .commit(let error):
            throw error
          }
        }
        _ = try environment.scrubFreePages(freedUpTo: .max)
        // The commit wrote pages of its own, from buffers that nobody cleared.
        _ = try environment.scrubUsedPages()
      } catch {
        throw StorageError(.database(error), "finishing an erasure in the copy")
      }
    } catch {
      throw BackupError(error, folder)
    }
  }
}
