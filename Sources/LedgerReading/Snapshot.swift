// SPDX-License-Identifier: Apache-2.0
public import LMDB
import LedgerCodec
public import LedgerDomain
public import Transparency

/// The ledger at one moment, for as long as a read transaction lasts.
///
/// Copyable within the closure that received it; any use after that stops the process. Long reads
/// note a position, end, and go on in a new snapshot: events never change.
public struct Snapshot {
  /// The open transaction.
  public let loan: Loan
  /// The tables.
  public let tables: Tables
  /// Where the log ends.
  public let head: Head

  /// Reads the head of an open transaction.
  public init(_ loan: Loan, _ tables: Tables) throws(ReadingError) {
    self.loan = loan
    self.tables = tables
    let head = try loan.get(tables.head, HeadKey.head) { (bytes) throws(ReadingError) -> Head in
      guard let head = Head(bytes) else { throw ReadingError(.headDamaged, "reading the head") }
      return head
    }
    guard let head else { throw ReadingError(.headDamaged, "reading the head") }
    self.head = head
  }

  /// Takes a head that the caller knows, such as that of a log still being made.
  public init(_ loan: Loan, _ tables: Tables, head: Head) {
    self.loan = loan
    self.tables = tables
    self.head = head
  }

  /// The number of events.
  public var size: LedgerSize { head.size }

  /// Lends the same state a second time, for another thread to read while `body` runs; nil, and
  /// nothing was run, where it cannot be had: see ``Loan/withTwin(_:)``.
  public func withTwin<R>(
    _ body: (Snapshot) throws(ReadingError) -> R
  ) throws(ReadingError) -> R? {
    try loan.withTwin { (twin) throws(ReadingError) in
      try body(Snapshot(twin, tables, head: head))
    }
  }

  // MARK: Events

  /// Lends the stored bytes of an event. One seek.
  public func leaf<R>(
    at position: Position, _ body: (UnsafeRawBufferPointer) throws(ReadingError) -> R
  ) throws(ReadingError) -> R {
    let leaf = try lending { () throws(LMDBError) in
      try loan.lent(tables.leaves, BigEndianKey(position.value))
    }
    guard let leaf else {
      throw ReadingError(.leafMissing(position), "reading event #\(position.value)")
    }
    return try body(leaf)
  }

  /// Copies the stored bytes of an event.
  public func leafBytes(at position: Position) throws(ReadingError) -> [UInt8] {
    try leaf(at: position) { (bytes) throws(ReadingError) in Array(bytes) }
  }

  /// Decodes an event. Not re-hashed: see ``verifiedLeaf(at:using:)``.
  public func event(at position: Position) throws(ReadingError) -> Event {
    try leaf(at: position) { (bytes) throws(ReadingError) in
      try Snapshot.decode(bytes, at: position)
    }
  }

  /// Decodes a leaf and checks that it says the position where it stands.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, at position: Position
  ) throws(ReadingError) -> Event {
    let event: Event
    do throws(CodecError) { event = try EventCodec.decode(bytes) } catch {
      throw ReadingError(
        .leafUndecodable(position, error), "decoding event #\(position.value)")
    }
    guard event.position == position else {
      throw ReadingError(.leafAltered(position), "decoding event #\(position.value)")
    }
    return event
  }

  /// Copies the disclosure of an event; nil when it has none or it was erased.
  public func disclosure(at position: Position) throws(ReadingError) -> [UInt8]? {
    try lending { () throws(LMDBError) in
      try loan.bytes(tables.texts, BigEndianKey(position.value))
    }
  }

  /// Whether an event has a disclosure that was not erased. One seek.
  public func hasDisclosure(at position: Position) throws(ReadingError) -> Bool {
    try lending { () throws(LMDBError) in
      try loan.contains(tables.texts, BigEndianKey(position.value))
    }
  }

  /// The words of an event, checked against the leaf's digest.
  public func text(of event: Event) throws(ReadingError) -> DisclosedText {
    guard let digest = event.text else { return .none }
    let operation = "reading the text of event #\(event.position.value)"
    guard let bytes = try disclosure(at: event.position) else { return .erased }
    guard Digest(MerkleTree.sha256(bytes)) == digest else {
      throw ReadingError(.textAltered(event.position), operation)
    }
    do throws(CodecError) {
      return .values(try Disclosure.decode(bytes).values)
    } catch {
      throw ReadingError(.textAltered(event.position), operation)
    }
  }

  /// Runs a call of the database and wraps its error.
  func lending<R>(_ body: () throws(LMDBError) -> R) throws(ReadingError) -> R {
    do throws(LMDBError) { return try body() } catch { throw ReadingError(lmdb: error) }
  }
}

/// The words of an event as they can be had.
public enum DisclosedText: Equatable, Sendable {
  /// The event has none.
  case none
  /// They were erased.
  case erased
  /// They are these.
  case values(EventText)

  /// A member that is a string.
  public func string(_ member: TextMember) -> Text? {
    if case .values(let text) = self { text.string(member) } else { nil }
  }

  /// The value of a member.
  public subscript(_ member: TextMember) -> JSONValue? {
    if case .values(let text) = self { text[member] } else { nil }
  }
}

extension Digest {
  /// The same 32 bytes.
  public init(_ hash: MerkleHash) {
    self = hash.withUnsafeBytes { bytes in
      func word(_ index: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
      }
      return Digest(words: (word(0), word(1), word(2), word(3)))
    }
  }
}
