// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain

/// The members of a document as they are gathered; what is unknown is left out.
struct DocumentObject {
  private var object = JSONObject()

  var json: JSONValue { .object(object) }

  init() {}

  init(_ object: JSONObject) { self.object = object }

  mutating func put(_ name: Text, _ value: JSONValue?) {
    if let value { object[name] = value }
  }
  mutating func put(_ name: Text, _ value: String?) { put(name, value.map { .string($0) }) }
  mutating func put(_ name: Text, _ value: Text?) { put(name, value.map { .string($0) }) }
  mutating func put(_ name: Text, _ value: Name?) { put(name, value?.string) }
  mutating func put(_ name: Text, _ value: JobID?) { put(name, value?.string) }
  mutating func put(_ name: Text, _ value: ActorID?) { put(name, value?.string) }
  mutating func put(_ name: Text, _ value: Digest?) { put(name, value?.description) }
  mutating func put(_ name: Text, _ value: Timestamp?) { put(name, value?.description) }
  mutating func put(_ name: Text, _ value: Position?) {
    put(name, value.map { .integer($0.value) })
  }
  mutating func put(_ name: Text, _ value: Bool?) { put(name, value.map { .bool($0) }) }
  mutating func put(_ name: Text, _ value: Actor?) { put(name, value?.json) }
  mutating func put(_ name: Text, _ value: SubjectReference?) { put(name, value?.json) }
  mutating func put(_ name: Text, _ value: CalendarDate?) { put(name, value?.description) }
  mutating func put(number name: Text, _ value: (some BinaryInteger)?) {
    put(name, value.map { .integer($0) })
  }
}

/// A document that has one JSON shape (DESIGN §7).
public protocol Document: Equatable, Sendable {
  /// The shape; members that are unknown are absent.
  var json: JSONValue { get }
}
