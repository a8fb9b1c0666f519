// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// Writes the runs of jobs as OpenLineage run events (spec 2-0-2), one a line.
///
/// `START` stands for `job.started`; `COMPLETE`, `FAIL` or `ABORT` for how the job ended, lost ones
/// being aborted. A job that ended without having started has both at its end. An event says what
/// was known at its position, so that exports one after the other make up one export of all.
public enum OpenLineageExporter {
  private static let types: [FactCode] = [
    .jobStarted, .jobCompleted, .jobFailed, .jobStopped, .jobLost,
  ]

  /// Calls `write` with the run events that positions `since`…size−1 stand for, and tells how many.
  ///
  /// `tool` names the program and its version. Damage ends the export with a ``ReadingError``.
  @discardableResult
  public static func export(
    _ reader: LedgerReader, since first: LedgerSize = LedgerSize(0), through size: LedgerSize,
    about subject: SubjectID? = nil, tool: String, _ write: ([UInt8]) throws -> Void,
    progress: (UInt64) -> Void = { _ in }
  ) throws -> UInt64 {
    var history = try VerifiedHistory(reader, asOf: size)
    let form = OpenLineageEvents(
      origin: history.origin, ledger: reader.identity.id, tool: tool)
    return try withoutActuallyEscaping(write) { write in
      var lines = LineWriter(write)
      try history.forEachEvent(of: types, since: first, about: subject) {
        event, snapshot, history in
        let asOf = LedgerSize(after: event.position)
        guard let id = event.job,
          let story = try history.story(of: id, asOf: asOf, in: snapshot)
        else { return }
        for value in try form.events(of: story, at: event, history, in: snapshot) {
          try lines.line(value)
        }
        progress(event.position.value + 1)
      }
      try lines.flush()
      return lines.count
    }
  }
}
