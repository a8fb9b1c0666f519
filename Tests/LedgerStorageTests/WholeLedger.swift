// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

/// The oracle after every fault: reads a ledger that nobody has open in this process, computes all
/// of it again from its leaves, and expects to find nothing.
///
/// Stored files are left out, since no runner made the ones that generated events name.
@discardableResult
func checkWholeLedger(
  _ path: String, allowing codes: Set<String> = [],
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> AuditReport {
  let report = try Auditor.audit(path, options: Auditor.Options(checksArtifacts: false))
  let findings = report.findings.filter { !codes.contains($0.code.rawValue) }
  #expect(findings == [], sourceLocation: sourceLocation)
  return report
}

/// Every entry of every table of a generation, by the table's name.
func dump(_ generation: String) throws -> [String: [[[UInt8]]]] {
  var options = Environment.Options()
  options.readOnly = true
  let environment = try Environment.open(directory: generation, options: options)
  let tables = try environment.openTables(Tables.names, create: false)
  var contents: [String: [[[UInt8]]]] = [:]
  try environment.read { (transaction) throws(LMDBError) in
    for (name, table) in zip(Tables.names, tables) {
      contents[name] = try transaction.loan.withCursor(table) { (cursor) throws(LMDBError) in
        var entries: [[[UInt8]]] = []
        var entry = try cursor.first()
        while let found = entry {
          entries.append([Array(found.key), Array(found.value)])
          entry = try cursor.next()
        }
        return entries
      }
    }
  }
  try environment.close()
  return contents
}

/// Changes a database behind the ledger's back; nobody in this process has it open.
func tamper(
  _ generation: String, _ body: (WriteLoan, Tables) throws(LMDBError) -> Void
) throws {
  let environment = try Environment.open(
    directory: generation, options: Environment.Options())
  let tables = try Tables.open(in: environment, create: false)
  _ = try environment.write { (transaction) throws(LMDBError) in
    try body(transaction.loan, tables)
  }
  try environment.close()
}
