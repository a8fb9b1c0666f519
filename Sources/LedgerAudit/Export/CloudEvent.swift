// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// The envelope of CloudEvents 1.0 in its JSON format, around the full form of an event.
///
/// Members are in canonical order: `data`, `datacontenttype`, `id` (the position), `sequence` (the
/// position in 20 digits, so that strings sort as events do), `source` (`//` and the origin),
/// `specversion`, `subject`, `time`, `type` (`jobledger.` and the event's own).
/// Source: CloudEvents 1.0.2, and its extension *sequence*.
struct CloudEvent: Sendable {
  private let source: String

  init(origin: String) { source = URIText.reference(toOrigin: origin) }

  /// What stands before the full form.
  func open(into buffer: inout ByteBuffer) { buffer.append("{\"data\":") }

  /// What stands behind it.
  func close(_ read: ReadLeaf, into buffer: inout ByteBuffer) {
    let position = read.position.value
    buffer.append(",\"datacontenttype\":\"application/json\",\"id\":\"")
    buffer.appendInteger(position)
    buffer.append("\",\"sequence\":\"")
    let digits = String(position)
    for _ in digits.utf8.count..<20 { buffer.append(0x30) }
    buffer.append(Array(digits.utf8))
    buffer.append("\",\"source\":")
    buffer.appendString(source)
    buffer.append(",\"specversion\":\"1.0\"")
    if let subject = CloudEvent.subject(of: read) {
      buffer.append(",\"subject\":")
      buffer.appendString(subject)
    }
    buffer.append(",\"time\":")
    buffer.appendString(CloudEvent.time(of: read).description)
    buffer.append(",\"type\":\"jobledger.")
    switch read {
    case .line: buffer.append(EventType.jobLogged.name)
    case .event(let event): buffer.append(EventType(event.fact).name)
    }
    buffer.append("\"}")
  }

  private static func time(of read: ReadLeaf) -> Timestamp {
    switch read {
    case .line(let line): line.time
    case .event(let event): event.time
    }
  }

  /// `project/subject@3`, else the subject, the job, or the project that the event is about.
  private static func subject(of read: ReadLeaf) -> String? {
    guard case .event(let event) = read else { return read.job?.string }
    return event.versionID?.description ?? event.subjectID?.description ?? event.job?.string
      ?? event.project?.string
  }
}
