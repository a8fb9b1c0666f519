// SPDX-License-Identifier: Apache-2.0
public import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// What is shown of an event.
public struct EventDocument: Equatable, Sendable {
  /// The event.
  public var event: Event
  /// Its full form (DESIGN §3): canonical JSON.
  public var fullForm: [UInt8]
  /// Its words.
  public var words: DisclosedText
  /// Who erased its words; nil where they are there, or nobody did.
  public var erasure: ErasureMark?
  /// The version or subject that it is about, as it is written.
  public var label: String?

  /// The stored name of its type, such as `job.created`.
  public var type: String { EventType(event.fact).name.description }

  /// The most telling of its words or members, for one line of a list; not escaped.
  public var summary: String? {
    if words == .erased { return erasure.map { "(\($0.words))" } ?? "(missing)" }
    for member in [TextMember.reason, .message, .error, .note, .purpose, .name] {
      if let text = words.string(member) { return text.string }
    }
    switch event.fact {
    case .jobCreated(let fact): return fact.kind.rawValue
    case .jobCompleted(let ending), .jobFailed(let ending), .jobStopped(let ending),
      .jobLost(let ending):
      return ending.signal ?? ending.exit.map { "exit \($0)" }
    case .jobProgressed(let progress):
      return "\(EventDocument.plain(progress.done)) of \(EventDocument.plain(progress.of))"
    case .versionEvaluated(let fact):
      return fact.metrics.map { "\($0.name.string) \(EventDocument.plain($0.value))" }
        .joined(separator: ", ")
    case .versionDeployed(let fact): return fact.target.string
    case .deploymentRetired(let fact): return fact.target.string
    case .memberGranted(let fact):
      return "\(fact.member): \(fact.roles.map(\.rawValue).joined(separator: ", "))"
    case .memberRevoked(let fact): return fact.member.string
    case .projectCreated(let fact), .projectUpdated(let fact): return fact.name.string
    case .commandRefused(let fact): return "\(fact.command): \(fact.rule)"
    case .ledgerCreated(let fact): return fact.origin.string
    default: return nil
    }
  }

  private static func plain(_ number: Double) -> String {
    Int64(exactly: number).map { String($0) } ?? "\(number)"
  }
}

extension Documents {
  /// The event at a position; nil beyond the size.
  public mutating func event(
    showing position: Position
  ) throws(ReadingError) -> EventDocument? {
    guard size.includes(position) else { return nil }
    let event = try event(at: position)
    var label: String?
    if let version = event.versionID {
      label = try self.label(of: version)
    } else if let subject = event.subjectID {
      label = try self.label(of: subject)
    }
    var buffer = ByteBuffer()
    try appendFullForm(of: event, to: &buffer)
    let words = try snapshot.text(of: event)
    return EventDocument(
      event: event, fullForm: buffer.array(), words: words,
      erasure: words == .erased ? try erasure(of: event) : nil, label: label)
  }

  /// Appends the full form of the event at a position, which is below the size.
  public mutating func appendFullForm(
    at position: Position, to buffer: inout ByteBuffer
  ) throws(ReadingError) {
    try appendFullForm(of: try event(at: position), to: &buffer)
  }

  mutating func appendFullForm(
    of event: Event, to buffer: inout ByteBuffer
  ) throws(ReadingError) {
    let position = event.position
    let leaf = try snapshot.leafBytes(at: position)
    var disclosure: [UInt8]?
    var isErased = false
    if event.text != nil {
      disclosure = try snapshot.disclosure(at: position)
      // Words that are gone though no erasure names them are shown as not at hand.
      if disclosure == nil { isErased = try self.isErased(event) }
    }
    do throws(CodecError) {
      let form = try FullForm.encode(leaf: leaf, disclosure: disclosure, erased: isErased)
      buffer.append(form)
    } catch {
      throw ReadingError(.leafUndecodable(position, error), "showing event #\(position.value)")
    }
  }
}
