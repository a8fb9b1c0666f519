// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// Which part of a history a trail tells.
public struct TrailWindow: Equatable, Sendable {
  /// The first event that may be in it.
  public var since: Position
  /// What comes at or after this size is not in it; nil: up to the size of the trail.
  public var until: LedgerSize?
  /// Nothing that happened before this is in it, whenever it was recorded.
  public var happenedSince: Timestamp?
  /// Nothing that happened after this is in it, whenever it was recorded.
  public var happenedUntil: Timestamp?

  /// Nothing that somebody else did is in it.
  public var actor: ActorID?

  /// Gathers the ends; without any, all is told.
  public init(
    since: Position = Position(0), until: LedgerSize? = nil, happenedSince: Timestamp? = nil,
    happenedUntil: Timestamp? = nil, actor: ActorID? = nil
  ) {
    self.since = since
    self.until = until
    self.happenedSince = happenedSince
    self.happenedUntil = happenedUntil
    self.actor = actor
  }

  /// Everything.
  public static let all = TrailWindow()

  /// Whether an event is in it.
  func includes(_ event: Event) -> Bool {
    if event.position < since { return false }
    if let until, !until.includes(event.position) { return false }
    if let happenedSince, event.happened < happenedSince { return false }
    if let happenedUntil, event.happened > happenedUntil { return false }
    if let actor, !event.actor.isOrActsFor(actor) { return false }
    return true
  }

  /// `{"since","until","happenedSince","happenedUntil","actor"}`; nil where it is everything.
  var json: JSONValue? {
    if self == .all { return nil }
    var object = DocumentObject()
    object.put("since", since)
    object.put(number: "until", until?.value)
    object.put("happenedSince", happenedSince)
    object.put("happenedUntil", happenedUntil)
    object.put("actor", actor)
    return object.json
  }
}

extension Actor {
  /// Whether this is somebody, or the system for them.
  func isOrActsFor(_ id: ActorID) -> Bool { self.id == id || actsFor == id }
}
