// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// How one entity differs between two sizes.
public struct EntityDifference: Equatable, Sendable {
  /// What became of the entity.
  public enum Change: String, Sendable {
    /// It was not there.
    case new = "new"
    /// It was another.
    case changed = "changed"
    /// It is not there: a difference against the course of time alone says so.
    case gone = "gone"
  }

  /// Which entity.
  public var key: EntityKey
  /// What became of it.
  public var change: Change
  /// The values that differ.
  public var fields: [FieldDifference]
  /// The events that set them, in the order of the log.
  public var events: [EventCause]

  /// `{"entity":{"kind","name"},"change","fields":[{"name","before","after","events"}],"events":[…]}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("entity", key.json)
    object.put("change", change.rawValue)
    object.put("fields", .array(fields.map(\.json)))
    object.put("events", .array(events.map(\.json)))
    return object.json
  }
}

/// How one value differs.
public struct FieldDifference: Equatable, Sendable {
  /// Its name.
  public var name: String
  /// At the first size; nil when there was none.
  public var before: JSONValue?
  /// At the second one; nil when there is none.
  public var after: JSONValue?
  /// Every event between that set it to another value, in the order of the log.
  public var events: [Position]

  /// `{"name","before","after","events"}`
  var json: JSONValue {
    var object = DocumentObject()
    object.put("name", name)
    object.put("before", before)
    object.put("after", after)
    object.put("events", .array(events.map { .integer($0.value) }))
    return object.json
  }
}
