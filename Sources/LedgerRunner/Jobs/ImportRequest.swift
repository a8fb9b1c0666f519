// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// A wish to take in files as a new version: a model made elsewhere, or a feature task.
public struct ImportRequest: Equatable, Sendable {
  /// The model or feature task.
  public var subject: SubjectID
  /// Which of the two.
  public var kind: SubjectKind
  /// The files of a model, absolute; those of a feature task stand in its manifest.
  public var files: [String]
  /// The format; nil where the files are to tell it.
  public var format: Name?
  /// What it is called where it comes from.
  public var externalID: Text?
  /// Where it comes from.
  public var origin: Text?
  /// Why it is taken in.
  public var rationale: Text?
  /// The version that it was made from.
  public var parent: VersionNumber?
  /// The most bytes that one file may have.
  public var limitBytes: UInt64
  /// What every job can be given.
  public var settings: RunSettings

  /// The size above which a file is refused unless more is asked for: 16 GiB.
  public static let standardLimitBytes: UInt64 = 16 << 30

  /// Gathers the members.
  public init(
    subject: SubjectID, kind: SubjectKind, files: [String] = [], format: Name? = nil,
    externalID: Text? = nil, origin: Text? = nil, rationale: Text? = nil,
    parent: VersionNumber? = nil, limitBytes: UInt64 = standardLimitBytes,
    settings: RunSettings = RunSettings()
  ) {
    self.subject = subject
    self.kind = kind
    self.files = files
    self.format = format
    self.externalID = externalID
    self.origin = origin
    self.rationale = rationale
    self.parent = parent
    self.limitBytes = limitBytes
    self.settings = settings
  }
}
