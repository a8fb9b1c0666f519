// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading
import Transparency

/// What came of comparing stored views with those that the events make.
public struct RebuildReport: Equatable, Sendable {
  /// The views of one kind as of the size.
  public struct Kind: Equatable, Sendable {
    /// Which kind.
    public var kind: EntityKind
    /// How many entities are stored.
    public var entities: UInt64
    /// The root of an RFC 6962 tree whose leaves are the stored rows in the order of their keys, each
    /// the key without position, then the row.
    public var stored: Digest
    /// The same of the rows that were made anew.
    public var rebuilt: Digest
  }

  /// The first row that is not as the events make it.
  public struct Mismatch: Equatable, Sendable {
    /// What is wrong with it.
    public enum What: Equatable, Sendable {
      /// This value is another one.
      case differs(field: String, stored: JSONValue?, rebuilt: JSONValue?)
      /// It says the same in other bytes.
      case otherBytes(stored: [UInt8], rebuilt: [UInt8])
      /// It cannot be read.
      case unreadable(String)
      /// It is not stored.
      case missing
      /// It is stored, and no event makes it.
      case surplus
      /// The event cannot follow what is before it, so that nothing after it could be rebuilt.
      case unfoldable(String)
    }
    /// Of which entity; nil where the event itself is wrong.
    public var entity: EntityKey?
    /// The event that made the row, or should have.
    public var event: EventCause?
    /// Where that event is.
    public var position: Position
    /// What is wrong.
    public var what: What
  }

  /// As of when.
  public var asOf: ResolvedSize
  /// Which version of the reducer made the stored views.
  public var stored: UInt32
  /// Which version made them anew.
  public var reducer: UInt32
  /// How many events were folded, log lines that the index let skip not among them.
  public var events: UInt64 = 0
  /// How many rows they made: one for each entity and event that changed it.
  public var rows: UInt64 = 0
  /// How many rows differ, are missing, or are too many.
  public var differences: UInt64 = 0
  /// The one whose event comes first.
  public var first: Mismatch?
  /// The state as of the size, kind by kind.
  public var kinds: [Kind] = []

  /// Whether every row is as the events make it, at every size up to this one.
  public var isEqual: Bool {
    differences == 0 && first == nil && kinds.allSatisfy { $0.stored == $0.rebuilt }
  }

  /// `{"ok","asOf","viewsReducer","reducer","events","rows","digests":[…],"differences","first"}`
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("ok", isEqual)
    object.put("asOf", asOf.json)
    object.put(number: "viewsReducer", stored)
    object.put(number: "reducer", reducer)
    object.put(number: "events", events)
    object.put(number: "rows", rows)
    object.put("digests", .array(kinds.map(\.json)))
    object.put(number: "differences", differences)
    object.put("first", first?.json)
    return object.json
  }
}

extension RebuildReport.Kind {
  /// `{"kind","entities","stored","rebuilt","equal"}`
  var json: JSONValue {
    var object = DocumentObject()
    object.put("kind", "\(kind)")
    object.put(number: "entities", entities)
    object.put("stored", stored)
    object.put("rebuilt", rebuilt)
    object.put("equal", stored == rebuilt)
    return object.json
  }
}

extension RebuildReport.Mismatch {
  /// `{"entity","event","position","what","field","stored","rebuilt"}`
  var json: JSONValue {
    var object = DocumentObject()
    object.put("entity", entity?.json)
    object.put("position", position)
    object.put("event", event?.json)
    switch what {
    case .differs(let field, let stored, let rebuilt):
      object.put("what", "differs")
      object.put("field", field)
      object.put("stored", stored)
      object.put("rebuilt", rebuilt)
    case .otherBytes(let stored, let rebuilt):
      object.put("what", "other-bytes")
      object.put("stored", Digest(MerkleTree.sha256(stored)))
      object.put("rebuilt", Digest(MerkleTree.sha256(rebuilt)))
    case .unreadable(let why):
      object.put("what", "unreadable")
      object.put("why", why)
    case .missing: object.put("what", "missing")
    case .surplus: object.put("what", "surplus")
    case .unfoldable(let why):
      object.put("what", "unfoldable")
      object.put("why", why)
    }
    return object.json
  }
}
