// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Export — what happened, as it leaves the ledger: events, and forms that others read.
// Reads: leaves, texts, erasures, lists of files. Never: view rows, but for one version's ML-BOM;
// an event that was not held against the tree.
// Invariant: words that were erased are said to be, in every form; words of others are data. An
// export from a size on is what the export of all has behind the export up to that size.
// Start at: Exporter.export(_:as:since:through:_:), VerifiedHistory. Tests: Export*Tests.

public import LedgerDomain
public import LedgerReading

/// Writes every event as a line of JSON.
public enum Exporter {
  /// What an event's line is.
  public enum Form: Equatable, Sendable {
    /// Its full form: put the digest back for the text, apply JCS, and it is its leaf again.
    case fullForm
    /// A CloudEvent 1.0 with the full form as its data.
    case cloudEvent
  }

  /// What an export held.
  public struct Summary: Equatable, Sendable {
    /// How many events.
    public var events: UInt64 = 0
    /// How many of their texts were erased.
    public var erased: UInt64 = 0
    /// How many of their texts are gone though no erasure names them; those have a digest alone.
    public var missing: UInt64 = 0
    /// The first of those.
    public var firstMissing: Position?
  }

  /// Calls `write` with the events `since`…size−1, one a line, in order, some hundred lines a call.
  ///
  /// Every block of leaves is hashed and compared with the tree, every text with its digest;
  /// damage ends the export with a ``ReadingError``. Memory is bounded. `progress` gets the number
  /// of events written.
  public static func export(
    _ reader: LedgerReader, as form: Form = .fullForm, since first: LedgerSize = LedgerSize(0),
    through size: LedgerSize,
    _ write: ([UInt8]) throws -> Void, progress: (UInt64) -> Void = { _ in }
  ) throws -> Summary {
    let erasures = try reader.read { (snapshot) throws(ReadingError) in
      guard size <= snapshot.size else {
        throw ReadingError(.beyondHead(asked: size, head: snapshot.size), "exporting events")
      }
      return try Erasures(snapshot)
    }
    let envelope = form == .cloudEvent ? CloudEvent(origin: reader.identity.origin) : nil
    var summary = Summary()
    try Pipeline.run { emit in
      var walk = ExportWalk(
        reader: reader, from: first.value, end: size.value, erasures: erasures,
        envelope: envelope)
      while let lines = try walk.lines(), emit(lines) {}
    } consume: { (lines: ExportWalk.Lines) in
      try write(lines.bytes)
      summary = lines.summary
      progress(summary.events)
    }
    return summary
  }
}
