// SPDX-License-Identifier: Apache-2.0

/// A model or feature task.
public struct Subject: Equatable, Sendable {
  /// Project and name.
  public var id: SubjectID
  /// Model or feature task.
  public var kind: SubjectKind
  /// The greatest version number given out, failed ones included; 0 before the first.
  public var latestNumber: UInt32
  /// What is known of it.
  public var described: SubjectDescribed
  /// When it became known.
  public var registered: Mark
  /// The latest event that told of it in words; its text holds description and rationale.
  public var changed: Mark
  /// Gathers the members.
  public init(
    id: SubjectID, kind: SubjectKind, latestNumber: UInt32, described: SubjectDescribed,
    registered: Mark, changed: Mark
  ) {
    self.id = id
    self.kind = kind
    self.latestNumber = latestNumber
    self.described = described
    self.registered = registered
    self.changed = changed
  }

  /// How an event names it.
  public var reference: SubjectReference { SubjectReference(kind: kind, name: id.name) }
}
