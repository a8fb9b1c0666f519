// SPDX-License-Identifier: Apache-2.0
public import LMDB
import LedgerDomain

/// The tables of a ledger's database. All keys are ordered and big-endian; none holds duplicates.
public struct Tables: Sendable {
  /// Position → leaf: the stored bytes of an event.
  public let leaves: Table
  /// Position → disclosure: the salted words of an event.
  public let texts: Table
  /// (Size that completes it, height) → hash of a full subtree, from height 7 up.
  public let tree: Table
  /// (Entity, position) → the entity's state from there on.
  public let rows: Table
  /// (Subject, revision) → position.
  public let revisions: Table
  /// (Job, position) → fact code; without log lines.
  public let jobs: Table
  /// (Fact code, position) → nothing; without log lines.
  public let types: Table
  /// (Job, first position) → a run of its consecutive log lines.
  public let logs: Table
  /// (Actor, request key) → digest of the command, first position, number of events.
  public let requests: Table
  /// A few single values: see ``Head`` and ``HeadKey``.
  public let head: Table
  /// (Word, position) → nothing: see ``WordIndex``. Nil in a file from before it, until a writer
  /// opens that.
  public let words: Table?

  /// The tables' names in a file that this program makes. That of the rows carries the reducer's
  /// version, so that a changed reducer builds its rows beside the old ones.
  public static let names = names(of: Reducer.version)

  /// The tables' names in a file whose rows were made by this version of the reducer.
  public static func names(of reducer: UInt32) -> [String] {
    [
      "leaves", "texts", "tree", "rows-\(reducer)", "revisions", "jobs", "types", "logs",
      "requests", "head", wordIndex,
    ]
  }

  private static let wordIndex = "words"

  /// Opens all tables; with `create`, makes those that are missing, else the rows are those of the
  /// version that the head names, which may be older or newer than this program's.
  public static func open(
    in environment: Environment, create: Bool
  ) throws(LMDBError) -> Tables {
    let made = create ? Reducer.version : try reducer(of: environment)
    var tables = try environment.openTables(Array(names(of: made).dropLast()), create: create)
    do throws(LMDBError) {
      tables += try environment.openTables([wordIndex], create: create)
    } catch {
      guard error.code == .notFound else { throw error }
    }
    return Tables(
      leaves: tables[0], texts: tables[1], tree: tables[2], rows: tables[3],
      revisions: tables[4], jobs: tables[5], types: tables[6], logs: tables[7],
      requests: tables[8], head: tables[9], words: tables.count > 10 ? tables[10] : nil)
  }

  /// Who made the rows; this program's own version where the head cannot tell.
  private static func reducer(of environment: Environment) throws(LMDBError) -> UInt32 {
    let table = try environment.openTables(["head"], create: false)[0]
    let head = try environment.read { (transaction) throws(LMDBError) in
      try transaction.loan.get(table, HeadKey.head) { Head($0) }
    }
    return (head ?? nil)?.reducer ?? Reducer.version
  }
}

/// The keys of the table `head`.
public enum HeadKey {
  /// The value of ``Head``.
  public static let head = Array("head".utf8)
  /// Refusals not yet told by an event begin with this.
  public static let refusals = Array("refused\0".utf8)
  /// An ``OwedScrub``, from an erasure's commit until nothing of it is left in the file.
  public static let scrub = Array("scrub".utf8)
  /// How far the ``WordIndex`` reaches: a size (8 bytes, big-endian).
  public static let words = Array("words".utf8)
}
