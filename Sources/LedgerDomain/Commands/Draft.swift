// SPDX-License-Identifier: Apache-2.0

/// An event that was decided on, before storage gives it position, time, revision and digest.
public struct Draft: Equatable, Sendable {
  /// Who acted.
  public var actor: Actor
  /// When it happened, where that was before.
  public var occurred: Timestamp?
  /// The project.
  public var project: Name?
  /// The subject.
  public var subject: SubjectReference?
  /// The version.
  public var number: VersionNumber?
  /// The job.
  public var job: JobID?
  /// The event that caused this one.
  public var cause: Position?
  /// What happened.
  public var fact: Fact
  /// Its words.
  public var text: EventText
  /// Gathers the members.
  public init(
    actor: Actor, occurred: Timestamp? = nil, project: Name? = nil,
    subject: SubjectReference? = nil, number: VersionNumber? = nil, job: JobID? = nil,
    cause: Position? = nil, fact: Fact, text: EventText = EventText()
  ) {
    self.actor = actor
    self.occurred = occurred
    self.project = project
    self.subject = subject
    self.number = number
    self.job = job
    self.cause = cause
    self.fact = fact
    self.text = text
  }
}
