// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerReading

/// What a trail covers, and what it lacks.
public struct TrailHeader: Equatable, Sendable {
  /// A signed checkpoint.
  public struct SignedHead: Equatable, Sendable {
    /// Its size.
    public var size: LedgerSize
    /// Its root, base64.
    public var root: String
    /// Whether all events of the trail are among those that it signs.
    public var covers: Bool
  }

  /// What it is about.
  public var scope: TrailScope
  /// Which part of it.
  public var window: TrailWindow
  /// The identifier of the ledger.
  public var id: String
  /// Its name in proofs.
  public var origin: String
  /// As of when.
  public var asOf: ResolvedSize
  /// Whether log lines are entries.
  public var includesLogs: Bool
  /// How many events, log lines and progress left out.
  public var events: UInt64 = 0
  /// The first of them.
  public var first: Position?
  /// The last of them.
  public var last: Position?
  /// How many events of each type, by its stored name.
  public var types: [String: UInt64] = [:]
  /// What is counted of the logs of the trail's jobs.
  public var log = LogCounts()
  /// How many events stand out, and by what.
  public var marks: [TrailMark: UInt64] = [:]
  /// How many events' words were erased.
  public var erased: UInt64 = 0
  /// Events whose words are gone though no erasure names them: the first few.
  public var missing: [Position] = []
  /// How many there are.
  public var missingCount: UInt64 = 0
  /// The last signed checkpoint of the ledger.
  public var checkpoint: SignedHead?

  init(
    scope: TrailScope, window: TrailWindow, id: String, origin: String, asOf: ResolvedSize,
    includesLogs: Bool
  ) {
    self.scope = scope
    self.window = window
    self.id = id
    self.origin = origin
    self.asOf = asOf
    self.includesLogs = includesLogs
  }

  mutating func count(_ event: Event, _ documents: inout Documents) throws {
    events += 1
    if first == nil { first = event.position }
    last = event.position
    types[EventType(event.fact).name.description, default: 0] += 1
    let isGone = try event.text != nil && documents.snapshot.text(of: event) == .erased
    let isErased = try isGone && documents.isErased(event)
    for mark in TrailMark.marks(of: event, isErased: isErased, isMissing: isGone && !isErased) {
      marks[mark, default: 0] += 1
    }
    if isErased { erased += 1 }
    if isGone, !isErased {
      missingCount += 1
      if missing.count < 20 { missing.append(event.position) }
    }
  }

  /// `{"scope","ledger","asOf","events",…}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("scope", scope.json)
    object.put("window", window.json)
    var ledger = DocumentObject()
    ledger.put("id", id)
    ledger.put("origin", origin)
    object.put("ledger", ledger.json)
    object.put("asOf", asOf.json)
    object.put(number: "events", events)
    object.put("first", first)
    object.put("last", last)
    var types = JSONObject()
    for (name, count) in self.types { types[Text(name)] = .integer(count) }
    object.put("types", .object(types))
    object.put("lines", log.lines.json)
    object.put("records", log.records.json)
    object.put("logs", includesLogs)
    var marks = JSONObject()
    for mark in TrailMark.allCases { marks[Text(mark.rawValue)] = .integer(self.marks[mark] ?? 0) }
    object.put("marks", .object(marks))
    object.put(number: "erased", erased)
    object.put("missing", .array(missing.map { .integer($0.value) }))
    object.put(number: "missingCount", missingCount)
    if let checkpoint {
      var head = DocumentObject()
      head.put(number: "size", checkpoint.size.value)
      head.put("root", checkpoint.root)
      head.put("covers", checkpoint.covers)
      object.put("checkpoint", head.json)
    }
    return object.json
  }
}
