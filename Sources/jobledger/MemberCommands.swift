// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `jobledger member …`
struct MemberCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "member",
    abstract: "Say who may do what.",
    subcommands: [MemberGrant.self, MemberRevoke.self, MemberList.self])
}

/// `jobledger member grant`
struct MemberGrant: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "grant",
    abstract: "Grant roles, in addition to those that the member has.",
    discussion: """
      viewer reads; operator runs and deploys; approver decides about versions; auditor reads all \
      and places holds; admin grants and sets policy.

        jobledger member grant bob --role approver --display-name 'Bob Stone'
        jobledger member grant ci --role operator --project churn
      """)

  @Argument(help: "The member: a login, or 'uid:1000' for a user without one.") var name: String
  @Option(parsing: .upToNextOption, help: "The roles to grant.") var role: [Role]
  @Option(help: "The least authentication that the roles are for.") var auth: Authentication = .os
  @Option(help: ArgumentHelp("Grant in this project alone.", valueName: "project"))
  var project: String?
  @Option(
    help: ArgumentHelp("A file with the member's public SSH key.", valueName: "file"),
    completion: .file())
  var key: [String] = []
  @Option(help: ArgumentHelp("The name to show.", valueName: "name")) var displayName: String?
  @Option(help: "Why.") var reason: String?
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let member = try actorID(name)
    let scope = try project.map { try projectName($0) }
    let keys = try key.map { try PublicKeyFile.read($0) }
    var text = EventText()
    if let displayName { text[.displayName] = .string(displayName) }
    if let reason { text[.reason] = .string(reason) }
    if !keys.isEmpty { text[.keys] = .array(keys.map { .string($0.line) }) }
    let request = GrantRoles(
      member: member, project: scope, roles: role, leastAuth: auth,
      keyFingerprints: keys.map { Text($0.fingerprint) }, text: text)
    let made = try session.submit(
      .grant(request),
      Attempt(
        "grant", on: "roles to \(member)",
        [
          ("member", .string(member.string)), ("project", scope.map { .string($0.string) }),
          ("roles", .array(role.sorted().map { .string($0.rawValue) })),
          ("auth", .string(auth.rawValue)),
          ("keys", .array(keys.map { .string($0.fingerprint) })),
          ("displayName", displayName.map { .string($0) }),
          ("reason", reason.map { .string($0) }),
        ]))
    try session.printMember(member, made)
  }
}

/// `jobledger member revoke`
struct MemberRevoke: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Take all roles of a member. What they decided stands.",
    discussion: """
        jobledger member revoke bob --reason 'Left the team on 30 June'
      """)

  @Argument(help: "The member.") var name: String
  @Option(help: "Why.") var reason: String
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let member = try actorID(name)
    let made = try session.submit(
      .revoke(member, reason: Text(reason)),
      Attempt(
        "revoke", on: "the roles of \(member)",
        [("member", .string(member.string)), ("reason", .string(reason))]))
    try session.printMember(member, made)
  }
}

/// Reads a member's name; 65 when it is none.
func actorID(_ text: String) throws -> ActorID {
  if let id = ActorID(text) { return id }
  return ActorID(try checkedName(text, "a member's name"))
}

/// Reads a name of a project, subject or target; 65 when it is none.
func checkedName(_ text: String, _ what: String) throws -> Name {
  if let name = Name(text) { return name }
  throw Failure(
    .badInput, code: "name-malformed", what: "use", on: "'\(text)'",
    why: "\(what) is letters, digits, '.', '_' and '-', at most 63, a letter or digit first")
}

/// Reads a project's name; 65 when it is none.
func projectName(_ text: String) throws -> Name { try checkedName(text, "a project's name") }
