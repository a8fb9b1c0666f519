// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `jobledger note`
struct Note: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "note",
    abstract: "Add a remark to a job, version, deployment, model, project or event.",
    discussion: """
        jobledger note churn-lr@3 'Trained without the March rows, see ticket 4711'
        jobledger note '#41' 'Stopped by mistake'
      """)

  @Argument(help: "What the remark is on.") var ref: String
  @Argument(help: "The remark.") var text: String
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    _ = try session.ledger()
    let referent = try session.resolve(
      ref, [.job, .version, .deployment, .subject, .project, .event])
    var request = AddNote(on: Text(referent.written), note: Text(text))
    try session.read { snapshot in
      try request.locate(referent, in: snapshot)
    }
    let attempt = Attempt(
      "note", on: referent.written,
      [("on", .string(referent.written)), ("note", .string(text))])
    let made: Made
    do { made = try session.submit(.note(request), attempt) } catch var failure as Failure {
      if failure.code == "reason-blank" {
        failure.why = "the remark has no visible character"
        failure.next = "write it after what it is on"
      }
      throw failure
    }
    try session.printEvents(made) {
      "noted on \(referent.written): event #\($0.position.value)\n"
    }
  }
}

extension AddNote {
  /// Names project, subject, version and job of what the remark is on.
  fileprivate mutating func locate(_ referent: Referent, in snapshot: Snapshot) throws {
    switch referent {
    case .job(let id): job = id
    case .version(let id):
      try locate(id.subject, in: snapshot)
      number = id.number
    case .deployment(let id):
      guard case .deployment(let state)? = try snapshot.entity(.deployment(id), asOf: snapshot.size)
      else { return }
      project = state.version.subject.project
      subject = state.reference
      number = state.version.number
    case .subject(let id): try locate(id, in: snapshot)
    case .project(let name): project = name
    case .schedule(let project, _): self.project = project
    case .event(let position):
      let event = try snapshot.event(at: position)
      (project, subject, number, job) = (event.project, event.subject, event.number, event.job)
    }
  }

  private mutating func locate(_ id: SubjectID, in snapshot: Snapshot) throws {
    guard case .subject(let state)? = try snapshot.entity(.subject(id), asOf: snapshot.size)
    else { return }
    project = id.project
    subject = state.reference
  }
}

/// `jobledger change …`
struct ChangeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "change",
    abstract: "Say whether a change to a model is substantial.", subcommands: [ChangeAssess.self])
}

/// `yes` or `no`.
enum YesNo: String, ExpressibleByArgument, CaseIterable { case yes, no }

/// `jobledger change assess`
struct ChangeAssess: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "assess",
    abstract: "Record whether a version, or what changed about a model, is substantial, and why.",
    discussion: """
        jobledger change assess churn-lr@4 --substantial no --reason 'Newer rows'
      """)

  @Argument(help: "The version, model or feature task.") var ref: String
  @Option(help: "Whether the change is substantial.") var substantial: YesNo
  @Option(help: "Why.") var reason: String
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    _ = try session.ledger()
    let referent = try session.resolve(ref, [.version, .subject])
    let target: VersionOrSubject
    switch referent {
    case .version(let id): target = VersionOrSubject(subject: id.subject, number: id.number)
    case .subject(let id): target = VersionOrSubject(subject: id, number: nil)
    default: throw ValidationError("'\(ref)' is neither version nor model")
    }
    let made = try session.submit(
      .assessChange(target, substantial: substantial == .yes, reason: Text(reason)),
      Attempt(
        "assess", on: "the change of \(referent.written)",
        [
          ("on", .string(referent.written)), ("substantial", .bool(substantial == .yes)),
          ("reason", .string(reason)),
        ]))
    try session.printEvents(made) {
      "\(referent.written): \(substantial == .yes ? "a" : "no") substantial change, "
        + "event #\($0.position.value)\n"
    }
  }
}
