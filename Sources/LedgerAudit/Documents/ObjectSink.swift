// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain

/// What takes the members of a JSON object one after the other, ascending by name.
public protocol ObjectSink {
  /// Why a member cannot be taken.
  associatedtype Failure: Error

  /// Takes a member; nothing where its value is unknown.
  mutating func put(_ name: Text, _ value: JSONValue?) throws(Failure)
  /// Begins a member that is an array.
  mutating func beginArray(_ name: Text) throws(Failure)
  /// Takes an item of the array.
  mutating func add(_ item: JSONValue) throws(Failure)
  /// Ends the array.
  mutating func endArray() throws(Failure)
  /// Takes an array of so many items, each made when it is its turn or on another thread before.
  mutating func put(
    _ name: Text, _ count: Int, _ item: @escaping @Sendable (Int) -> JSONValue
  ) throws(Failure)
}

extension ObjectSink {
  /// Takes an array, item by item as they are made.
  public mutating func put(_ name: Text, each items: some Sequence<JSONValue>) throws(Failure) {
    try beginArray(name)
    for item in items { try add(item) }
    try endArray()
  }

  /// Takes an array, item by item as they are made.
  public mutating func put(
    _ name: Text, _ count: Int, _ item: @escaping @Sendable (Int) -> JSONValue
  ) throws(Failure) {
    try put(name, each: (0..<count).lazy.map(item))
  }
}

/// Keeps the members as a value.
struct ObjectValue: ObjectSink {
  private var object = JSONObject()
  private var name: Text = ""
  private var items: [JSONValue] = []

  var json: JSONValue { .object(object) }

  mutating func put(_ name: Text, _ value: JSONValue?) throws(Never) {
    if let value { object[name] = value }
  }

  mutating func beginArray(_ name: Text) throws(Never) { (self.name, items) = (name, []) }

  mutating func add(_ item: JSONValue) throws(Never) { items.append(item) }

  mutating func endArray() throws(Never) { object[name] = .array(items) }
}

/// Hands one object on as canonical JSON (RFC 8785) as it is made: it may be larger than memory.
public struct ObjectStream: ObjectSink {
  private static let pieceSize = 1 << 16
  /// How many items of an array a thread makes at a time.
  static let batchLength = 512

  private let write: ([UInt8]) throws -> Void
  private var piece: [UInt8] = Array("{".utf8)
  private var last: Text?
  private var isFirstItem = false

  /// Begins an object, the bytes of which `write` takes.
  public init(_ write: @escaping ([UInt8]) throws -> Void) { self.write = write }

  /// Takes a member; nothing where its value is unknown.
  public mutating func put(_ name: Text, _ value: JSONValue?) throws {
    guard let value else { return }
    try begin(name)
    try append(try CanonicalJSON.encode(value))
  }

  /// Begins a member that is an array.
  public mutating func beginArray(_ name: Text) throws {
    try begin(name)
    piece.append(UInt8(ascii: "["))
    isFirstItem = true
  }

  /// Takes an item of the array.
  public mutating func add(_ item: JSONValue) throws {
    if !isFirstItem { piece.append(UInt8(ascii: ",")) }
    isFirstItem = false
    try append(try CanonicalJSON.encode(item))
  }

  /// Takes an array of so many items. Many are made on two threads.
  public mutating func put(
    _ name: Text, _ count: Int, _ item: @escaping @Sendable (Int) -> JSONValue
  ) throws {
    let length = ObjectStream.batchLength
    try beginArray(name)
    try Pipeline.inOrder((count + length - 1) / length) { batch in
      let first = batch * length
      var writer = CanonicalWriter()
      for index in first..<min(first + length, count) {
        if index > 0 { writer.buffer.append(UInt8(ascii: ",")) }
        try writer.value(item(index))
      }
      return writer.finish().array()
    } consume: {
      try append($0)
    }
    try endArray()
  }

  /// Ends the array.
  public mutating func endArray() throws { piece.append(UInt8(ascii: "]")) }

  /// Ends the object, and the line that it is.
  public mutating func finish() throws {
    piece += Array("}\n".utf8)
    try write(piece)
    piece = []
  }

  private mutating func begin(_ name: Text) throws {
    if let last {
      precondition(last.string.utf8.lexicographicallyPrecedes(name.string.utf8), "names ascend")
      piece.append(UInt8(ascii: ","))
    }
    last = name
    try append(try CanonicalJSON.encode(.string(name)))
    piece.append(UInt8(ascii: ":"))
  }

  private mutating func append(_ bytes: [UInt8]) throws {
    piece += bytes
    guard piece.count >= ObjectStream.pieceSize else { return }
    try write(piece)
    piece.removeAll(keepingCapacity: true)
  }
}
