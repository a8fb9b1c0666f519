// SPDX-License-Identifier: Apache-2.0

import LMDB
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerTestSupport
public import Transparency

/// Verifies a ledger as `jobledger-replay verify` does and, where nothing is found, reads all of it.
public enum DataFileReading {
  /// What became of one file.
  public enum Outcome: Equatable, Sendable {
    /// The verification found something, or the ledger could not be opened.
    case told(String)
    /// Nothing was found; this is what was read after that.
    case passed(MerkleHash)
    /// Nothing was found, and then it could not be read.
    case unreadable(String)
  }

  /// Verifies and reads. May end the process by a signal.
  ///
  /// `onPassed` is called between the two. Without `verifying` the ledger is taken as it is: the
  /// control.
  public static func judge(
    _ path: String, verifying: Bool = true, onPassed: () -> Void = {}
  ) -> Outcome {
    if verifying {
      do {
        let report = try Auditor.audit(path, options: Auditor.Options(checksArtifacts: false))
        if let first = report.findings.first { return .told(first.code.rawValue) }
      } catch {
        return .told("\(error)")
      }
    }
    onPassed()
    do { return .passed(try content(of: path)) } catch { return .unreadable("\(error)") }
  }

  /// A digest of everything that can be read: each entry of each table, the events with their words,
  /// the state of everything as of now and of the middle, and the trail of the whole ledger.
  ///
  /// Left out is what the head remembers of the machine's clock: no event repeats it, nobody reads
  /// it but the next writer, and to that it tells no more than whether the clock was set meanwhile.
  public static func content(of path: String) throws -> MerkleHash {
    let reader = try LedgerReader.open(path)
    defer { reader.close() }
    var bytes: [UInt8] = []
    func take(_ part: some Collection<UInt8>) {
      withUnsafeBytes(of: UInt64(part.count).bigEndian) { bytes += $0 }
      bytes += part
    }
    let size = try reader.withSnapshot { snapshot in
      take(snapshot.head.frontier.bytes)
      take("\(snapshot.head.lastTime) \(snapshot.head.reducer)".utf8)
      for table in all(snapshot.tables) {
        try snapshot.loan.withCursor(table) { (cursor) throws(LMDBError) in
          var entry = try cursor.first()
          while let found = entry {
            take(found.key)
            if !found.key.elementsEqual(HeadKey.head) { take(found.value) }
            entry = try cursor.next()
          }
        }
        take([])
      }
      return snapshot.size
    }
    _ = try Exporter.export(reader, through: size) { take($0) }
    for moment in [size, LedgerSize(size.value / 2)] {
      try reader.withSnapshot { snapshot in
        var documents = Documents(
          snapshot, asOf: moment, directory: reader.directory, verifying: true)
        take(try CanonicalJSON.encode(try documents.state().json))
      }
    }
    try Trail(reader, of: .ledger, asOf: size, includingLogs: true).forEachEntry {
      take(try CanonicalJSON.encode($0.json))
    }
    return MerkleTree.sha256(bytes)
  }

  private static func all(_ tables: Tables) -> [Table] {
    [
      tables.leaves, tables.texts, tables.tree, tables.rows, tables.revisions, tables.jobs,
      tables.types, tables.logs, tables.requests, tables.head,
    ]
  }
}
