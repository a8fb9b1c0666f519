// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// For each value of an entity as of a size, the event that set it.
public struct Blame: Equatable, Sendable {
  /// One value, and since which event it has been that.
  public struct Line: Equatable, Sendable {
    /// The value.
    public var field: Field
    /// Who set it, when and why; nil for a default that nobody ever changed.
    public var setBy: EventCause?
  }

  /// Which entity.
  public var key: EntityKey
  /// As of when.
  public var asOf: ResolvedSize
  /// A line for each value.
  public var lines: [Line]

  /// `{"asOf","entity":{"kind","name"},"fields":[{"name","value","setBy":{"position",…}}]}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("asOf", asOf.json)
    object.put("entity", key.json)
    object.put("fields", .array(lines.map(\.json)))
    return object.json
  }
}

extension Blame.Line {
  var json: JSONValue {
    var object = DocumentObject()
    object.put("name", field.name)
    object.put("value", field.value)
    object.put("setBy", setBy?.json)
    return object.json
  }
}

extension Documents {
  /// Who set what of an entity; nil when it did not exist as of the size.
  ///
  /// Looks at every state that it has had. A value that was set again to what it was counts from the
  /// first of those events.
  public mutating func blame(_ key: EntityKey) throws(ReadingError) -> Blame? {
    var states: [(position: Position, state: Entity)] = []
    try snapshot.forEachState(of: key, asOf: size) {
      states.append(($0, $1))
      return true
    }
    // Before the first policy the defaults are in force, set by nobody.
    guard !states.isEmpty || key == .policy else { return nil }
    var memory = WordMemory()
    var setters: [String: (value: JSONValue, position: Position?)] = [:]
    var fields: [Field] = []
    if key == .policy {
      fields = try self.fields(of: .policy(.initial), &memory)
      for field in fields { setters[field.name] = (field.value, nil) }
    }
    for (position, state) in states {
      fields = try self.fields(of: state, &memory)
      var next: [String: (value: JSONValue, position: Position?)] = [:]
      next.reserveCapacity(fields.count)
      for field in fields {
        if let known = setters[field.name], known.value == field.value {
          next[field.name] = known
        } else {
          next[field.name] = (field.value, position)
        }
      }
      setters = next
    }
    var causes: [Position: EventCause] = [:]
    var lines: [Blame.Line] = []
    for field in fields {
      var line = Blame.Line(field: field)
      if let position = setters[field.name]?.position {
        if causes[position] == nil { causes[position] = try cause(at: position) }
        line.setBy = causes[position]
      }
      lines.append(line)
    }
    return Blame(key: key, asOf: try asOf(), lines: lines)
  }
}
