// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// An event that something followed from: who did what, and why.
public struct EventCause: Equatable, Sendable {
  /// The event.
  public var event: Event
  /// What happened, in a few words of ours.
  public var what: String
  /// The reason that was given.
  public var reason: Text?

  /// `{"position","time","actor","what","reason"}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("position", event.position)
    object.put("time", event.time)
    object.put("actor", event.actor)
    object.put("what", what)
    object.put("reason", reason)
    return object.json
  }
}

extension Documents {
  /// What an event followed from; nil where it names nothing before it.
  public mutating func cause(of event: Event) throws(ReadingError) -> EventCause? {
    guard let position = event.cause, position < event.position else { return nil }
    return try cause(at: position)
  }

  /// What happened at a position, for whoever is told that something followed from it.
  mutating func cause(at position: Position) throws(ReadingError) -> EventCause {
    let event = try event(at: position)
    return EventCause(
      event: event, what: EventPhrase(event, about: try label(of: event)).words,
      reason: try snapshot.text(of: event).string(.reason))
  }

  /// The version or subject that an event is about, as it is written.
  mutating func label(of event: Event) throws(ReadingError) -> String? {
    if let version = event.versionID { return try label(of: version) }
    return try event.subjectID.map { subject throws(ReadingError) in try label(of: subject) }
  }
}
