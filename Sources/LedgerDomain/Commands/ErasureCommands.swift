// SPDX-License-Identifier: Apache-2.0

/// Erases words of events, or stored files. Each item becomes one event.
public struct Erase: Equatable, Sendable {
  /// What, by what it is about.
  public var items: [ErasureItem]
  /// On which ground.
  public var basis: ErasureBasis
  /// Why.
  public var reason: Text
  /// Gathers the members.
  public init(items: [ErasureItem], basis: ErasureBasis, reason: Text) {
    self.items = items
    self.basis = basis
    self.reason = reason
  }
}

/// What one erasure event names, with all that the rules ask about it.
public struct ErasureItem: Equatable, Sendable {
  /// What goes.
  public enum What: Equatable, Sendable {
    /// The words of these events; with `job` in the item, of that job's events alone.
    case texts([PositionRange])
    /// The stored files with these digests.
    case blobs([Digest])
  }

  /// Something that a hold could keep: what one or many of the events name.
  public struct Part: Hashable, Sendable {
    /// The project, where there is one.
    public var project: Name?
    /// The model or feature task, where there is one.
    public var subject: SubjectID?
    /// The version, where there is one.
    public var version: VersionID?
    /// The job, where there is one.
    public var job: JobID?
    /// Gathers the members.
    public init(
      project: Name? = nil, subject: SubjectID? = nil, version: VersionID? = nil,
      job: JobID? = nil
    ) {
      self.project = project
      self.subject = subject
      self.version = version
      self.job = job
    }
  }

  /// What goes.
  public var what: What
  /// The project that all of it belongs to; nil when there is no one project.
  public var project: Name?
  /// The subject that all of it is about.
  public var subject: SubjectReference?
  /// The version that all of it is about.
  public var number: VersionNumber?
  /// The job that all of it belongs to.
  public var job: JobID?
  /// What a hold could keep.
  public var parts: [Part]
  /// When the latest of it was recorded.
  public var latest: Timestamp
  /// How many texts or files.
  public var count: UInt64
  /// Gathers the members.
  public init(
    _ what: What, project: Name? = nil, subject: SubjectReference? = nil,
    number: VersionNumber? = nil, job: JobID? = nil, parts: [Part], latest: Timestamp,
    count: UInt64
  ) {
    self.what = what
    self.project = project
    self.subject = subject
    self.number = number
    self.job = job
    self.parts = parts
    self.latest = latest
    self.count = count
  }
}
