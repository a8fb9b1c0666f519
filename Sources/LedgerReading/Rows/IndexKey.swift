// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// The keys of the indexes beside the rows, each lent for the length of a call.
///
/// Names end with 0x00; integers are big-endian; nothing is allocated on the heap.
public enum IndexKey {
  /// Lends the key of an event of a subject: project, name, revision (8).
  @inlinable
  public static func revision<Result: ~Copyable, Failure: Error>(
    _ subject: SubjectID, _ revision: Revision,
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withKey({ write(subject, revision, into: &$0) }, body)
  }

  /// Lends the key of an event of a type: the code of ``FactCode`` (2), position (8).
  @inlinable
  public static func type<Result: ~Copyable, Failure: Error>(
    code: UInt16, _ position: Position,
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withKey({ write(code, position, into: &$0) }, body)
  }

  /// Lends the key of an event of a job, or of a run of its log lines: identifier, position (8).
  @inlinable
  public static func job<Result: ~Copyable, Failure: Error>(
    _ job: JobID, _ position: Position,
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withKey({ write(job, position, into: &$0) }, body)
  }

  /// Lends the key of a request: actor, the actor's key.
  @inlinable
  public static func request<Result: ~Copyable, Failure: Error>(
    _ actor: ActorID, _ key: RequestKey,
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withKey({ write(actor, key, into: &$0) }, body)
  }

  /// Lends the key of a full subtree: the size of the log that completes it (8), its height (1). A
  /// growing tree completes them in this order.
  ///
  /// - Parameter height: below 63.
  @inlinable
  public static func treeNode<Result: ~Copyable, Failure: Error>(
    height: UInt8, index: UInt64,
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withKey({ write(height, index, into: &$0) }, body)
  }

  /// Lends the key of an event: its position (8).
  @inlinable
  public static func position<Result: ~Copyable, Failure: Error>(
    _ position: Position, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withKey({ write(position, into: &$0) }, body)
  }
}

extension IndexKey {
  /// Parses the key of an event of a subject; nil for other bytes.
  public static func parseRevision(_ bytes: UnsafeRawBufferPointer) -> (SubjectID, Revision)? {
    var reader = KeyReader(bytes)
    guard let subject = reader.subject(), let revision = reader.integer(UInt64.self),
      reader.isAtEnd
    else { return nil }
    return (subject, Revision(revision))
  }

  /// Parses the key of an event of a type; nil for other bytes. The code may be unknown here.
  public static func parseType(
    _ bytes: UnsafeRawBufferPointer
  ) -> (code: UInt16, position: Position)? {
    var reader = KeyReader(bytes)
    guard let code = reader.integer(UInt16.self), let position = reader.position(),
      reader.isAtEnd
    else { return nil }
    return (code, position)
  }

  /// Parses the key of an event of a job or of a run of its log lines; nil for other bytes.
  public static func parseJob(_ bytes: UnsafeRawBufferPointer) -> (JobID, Position)? {
    var reader = KeyReader(bytes)
    guard let job = reader.job(), let position = reader.position(), reader.isAtEnd else {
      return nil
    }
    return (job, position)
  }

  /// Parses the key of a request; nil for other bytes.
  public static func parseRequest(_ bytes: UnsafeRawBufferPointer) -> (ActorID, RequestKey)? {
    var reader = KeyReader(bytes)
    guard let actor = reader.actor(), let key = reader.request(), reader.isAtEnd else {
      return nil
    }
    return (actor, key)
  }

  /// Parses the key of a full subtree; nil for other bytes.
  public static func parseTreeNode(
    _ bytes: UnsafeRawBufferPointer
  ) -> (height: UInt8, index: UInt64)? {
    var reader = KeyReader(bytes)
    guard let end = reader.integer(UInt64.self), let height = reader.byte(), reader.isAtEnd,
      height < 63, end > 0, end & (1 << UInt64(height) - 1) == 0
    else { return nil }
    return (height, end >> UInt64(height) - 1)
  }

  /// Parses the key of an event; nil for other bytes.
  public static func parsePosition(_ bytes: UnsafeRawBufferPointer) -> Position? {
    var reader = KeyReader(bytes)
    guard let position = reader.position(), reader.isAtEnd else { return nil }
    return position
  }
}

extension IndexKey {
  @usableFromInline
  static func write(_ id: SubjectID, _ revision: Revision, into writer: inout KeyWriter) {
    RowKey.write(id, into: &writer)
    writer.integer(revision.value)
  }

  @usableFromInline
  static func write(_ code: UInt16, _ position: Position, into writer: inout KeyWriter) {
    writer.integer(code)
    writer.integer(position.value)
  }

  @usableFromInline
  static func write(_ job: JobID, _ position: Position, into writer: inout KeyWriter) {
    writer.name(job.string)
    writer.integer(position.value)
  }

  @usableFromInline
  static func write(_ actor: ActorID, _ key: RequestKey, into writer: inout KeyWriter) {
    writer.name(actor.string)
    writer.name(key.string)
  }

  @usableFromInline
  static func write(_ height: UInt8, _ index: UInt64, into writer: inout KeyWriter) {
    // Heights and indexes that no tree has make keys that no tree has.
    writer.integer((index &+ 1) << UInt64(height))
    writer.byte(height)
  }

  @usableFromInline
  static func write(_ position: Position, into writer: inout KeyWriter) {
    writer.integer(position.value)
  }
}
