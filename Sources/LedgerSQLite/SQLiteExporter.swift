// SPDX-License-Identifier: Apache-2.0
// LedgerSQLite — all events and views of a ledger in one SQLite file, for whoever asks in SQL.
// Reads: what LedgerAudit shows. Writes: the one file it is given.
// Invariant: a row says what the commands print as of that size; words that were erased are NULL
// and marked. No statement is made of words: every value is bound.
// Start at: SQLiteExporter.export. Tests: SQLiteExportTests in LedgerAuditTests.

public import LedgerAudit
import LedgerCodec
public import LedgerDomain
public import LedgerReading
import Transparency

/// Writes a ledger as of a size into a SQLite file.
public enum SQLiteExporter {
  /// Fills the empty file at `path`; a failure leaves it in any state.
  ///
  /// Every event is held against the tree. Memory is bounded. `tool` is the program's version.
  public static func export(
    _ reader: LedgerReader, through size: LedgerSize, to path: String, tool: String,
    progress: (UInt64) -> Void = { _ in }
  ) throws -> Exporter.Summary {
    let file = try SQLiteFile(path)
    // Nobody else looks at it yet, and half of it is thrown away.
    try file.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA encoding = 'UTF-8'")
    try file.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -32768")
    try file.run("BEGIN; " + SQLiteSchema.tables)
    let summary = try events(of: reader, through: size, into: file, progress)
    var views = try SQLiteViews(file)
    try views.write(reader, asOf: size)
    try meta(of: reader, size, summary, tool, into: file)
    try file.run(SQLiteSchema.indexes)
    try file.run("PRAGMA application_id = 1245465676; PRAGMA user_version = 1; COMMIT")
    return summary
  }

  private static func events(
    of reader: LedgerReader, through size: LedgerSize, into file: SQLiteFile,
    _ progress: (UInt64) -> Void
  ) throws -> Exporter.Summary {
    let insert = try file.prepare(
      "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
    return try Exporter.forEachEvent(reader, through: size) { exported in
      let event = exported.event
      var row = SQLiteRow()
      row.add(event.position)
      row.add(event.time)
      row.add(event.occurred)
      row.add(EventType(event.fact).name.description)
      row.add(event.project)
      row.add(event.subjectID?.description)
      row.add(number: event.number?.value)
      row.add(event.versionID?.description)
      row.add(number: event.revision?.value)
      row.add(event.job)
      row.add(event.cause)
      row.add(event.actor)
      row.add(event.actor.authentication.rawValue)
      row.add(event.actor.actsFor?.string)
      row.add(exported.isErased)
      row.add(bytes: exported.fullForm)
      try insert.run(row.values)
      if event.position.value & 4095 == 0 { progress(event.position.value) }
    }
  }

  private static func meta(
    of reader: LedgerReader, _ size: LedgerSize, _ summary: Exporter.Summary, _ tool: String,
    into file: SQLiteFile
  ) throws {
    let (root, at) = try reader.read { (snapshot) throws(ReadingError) in
      (try snapshot.root(at: size), try ResolvedSize(size, in: snapshot))
    }
    let insert = try file.prepare("INSERT INTO meta VALUES (?,?)")
    let facts: [(String, String?)] = [
      ("format", "1"), ("ledger", reader.identity.id), ("origin", reader.identity.origin),
      ("vkey", reader.identity.vkey), ("size", "\(size.value)"),
      ("root", root.withUnsafeBytes { LedgerCodec.Base64.standard.encode($0) }),
      ("time", at.time?.description), ("tool", "jobledger-replay/\(tool)"),
      ("erased", "\(summary.erased)"), ("missing", "\(summary.missing)"),
    ]
    for (key, value) in facts {
      guard let value else { continue }
      try insert.run([.text(Array(key.utf8)), .text(Array(value.utf8))])
    }
  }
}
