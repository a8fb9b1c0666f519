// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// Which decisions are asked for, as it is written.
struct DecisionFilters: ParsableArguments {
  @Option(
    help: ArgumentHelp("Only reasons and conditions with all these words.", valueName: "words"))
  var match: String?
  @Option(
    help: ArgumentHelp(
      "Only reasons and conditions that match this regular expression, in any case.",
      valueName: "re"))
  var grep: String?
  @Option(help: "Only approvals (approved) or rejections (rejected).") var verdict: String?
  @Option(
    help: ArgumentHelp(
      "Only those of this model, feature task, version or project.", valueName: "ref"))
  var subject: String?
  @Option(help: ArgumentHelp("Only by this member.", valueName: "name")) var actor: String?
  @Option(
    help: ArgumentHelp("Only by who had this role then, in that project.", valueName: "role"))
  var role: String?
  @Option(
    help: ArgumentHelp(
      "Only by who was known so: claimed, os, token or ssh.", valueName: "auth"))
  var auth: String?
  @Option(
    help: ArgumentHelp(
      "Only from this event, time, day or checkpoint on.", valueName: "when"))
  var since: String?
  @Option(
    help: ArgumentHelp("Only up to then, as --as-of takes it.", valueName: "when"))
  var until: String?
  @Option(
    help: ArgumentHelp(
      "Only with this exception: no-evaluation, self-approval, separation-claimed, "
        + "threshold-overridden or not-shown.", valueName: "word"))
  var exception: String?
  @Flag(help: "Only what is the latest about its version, and has not expired.")
  var inForce = false
  @Flag(help: "Only where the version was decided on again.") var superseded = false
  @Flag(help: "Only the latest about its version that has expired.") var expired = false
  @Flag(help: "Only versions that were ever deployed.") var deployed = false
  @Flag(help: "Only versions that never were.") var neverDeployed = false

  func validate() throws {
    if [inForce, superseded, expired].filter({ $0 }).count > 1 {
      throw ValidationError("--in-force, --superseded and --expired exclude each other")
    }
    if deployed, neverDeployed {
      throw ValidationError("--deployed and --never-deployed exclude each other")
    }
  }

  /// What needs no ledger.
  func words() throws -> DecisionQuery {
    var query = DecisionQuery()
    query.words = try match.map { (text) throws in try WordSearch(text) }
    query.pattern = try grep.map { FoldedPattern(try Failure.telling(pattern: $0)) }
    query.verdict = try Self.word(verdict, "verdict")
    query.role = try Self.word(role, "role")
    query.authentication = try Self.word(auth, "authentication")
    query.exception = try Self.word(exception, "exception")
    query.actor = try actor.map { name in
      guard let id = ActorID(name) else {
        throw Failure(
          .badInput, code: "name-malformed", what: "look for decisions by", on: "'\(name)'",
          why: "it is no name of a member")
      }
      return id
    }
    query.standing = inForce ? .inForce : superseded ? .superseded : expired ? .expired : nil
    query.isDeployed = deployed ? true : neverDeployed ? false : nil
    return query
  }

  /// The rest, looked up in the ledger; nil where nothing can be asked for.
  func query(
    _ words: DecisionQuery, in view: ReplayView, zone: TimeZoneRules, now: Timestamp
  ) throws -> DecisionQuery? {
    var query = words
    if let actor = query.actor { try view.requireMember(actor) }
    if let subject {
      switch try view.resolve(subject, [.subject, .version, .project]) {
      case .subject(let id): query.subject = id
      case .version(let id): query.version = id
      case .project(let name): query.project = name
      default: break
      }
    }
    let origin = view.reader.identity.origin
    query.since = try since.map {
      try DecisionBound(since: $0, in: view.snapshot, origin: origin, zone: zone, now: now)
    }
    if let until {
      guard
        let bound = try DecisionBound(
          until: until, in: view.snapshot, origin: origin, zone: zone, now: now)
      else { return nil }
      query.until = bound
    }
    return query
  }

  /// What decisions are counted by.
  static func groupings(_ text: String) throws -> [DecisionGrouping] {
    var groupings: [DecisionGrouping] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let grouping: DecisionGrouping? = try word(String(part), "grouping")
      if let grouping, !groupings.contains(grouping) { groupings.append(grouping) }
    }
    return groupings
  }

  /// One of our words; 64 with the nearest ones for any other.
  private static func word<Word: RawRepresentable<String> & CaseIterable>(
    _ text: String?, _ what: String
  ) throws -> Word? {
    guard let text else { return nil }
    let known = Word.allCases.map(\.rawValue)
    if let word = Word(rawValue: text) { return word }
    let near = EditDistance.suggestions(for: text, among: known)
    throw Failure(
      .usage, code: "\(what)-unknown", what: "look for the \(what)", on: "'\(text)'",
      why: "there is none of that name",
      next: near.isEmpty
        ? "one of " + known.joined(separator: ", ")
        : "did you mean " + near.map { "'\($0)'" }.joined(separator: " or ") + "?")
  }
}
