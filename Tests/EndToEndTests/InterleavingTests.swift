// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

/// What somebody who only reads the log would say was allowed: written without the rules.
private struct Onlooker {
  private var roles: [ActorID: Set<Role>] = [:]
  private var policy = Policy.default
  private var approval: (position: Position, artifacts: Digest)?
  private var artifacts: Digest?
  /// What happened that was not allowed then, in words.
  var wrong: [String] = []
  /// How often each thing happened.
  var seen: [String: Int] = [:]

  mutating func watch(_ event: Event) {
    switch event.fact {
    case .ledgerCreated: roles[event.actor.id] = Set(Role.allCases)
    case .memberGranted(let fact): roles[fact.member] = Set(fact.roles)
    case .memberRevoked(let fact): roles[fact.member] = []
    case .policySet(let fact): policy = fact.policy
    case .versionTrained(let fact): artifacts = fact.artifacts.digest
    case .versionApproved(let fact):
      note("approved", event, .approver)
      if event.actor.authentication < policy.decisionAuth { fail(event, "known too weakly") }
      if fact.artifactsDigest != artifacts { fail(event, "of other artifacts") }
      approval = (event.position, fact.artifactsDigest)
    case .versionRejected:
      note("rejected", event, .approver)
      approval = nil
    case .versionDeployed(let fact):
      note("deployed", event, .operator)
      if approval == nil { fail(event, "without a then-valid approval") }
      if approval?.position != fact.decision { fail(event, "on another approval than the latest") }
      if fact.artifactsDigest != artifacts { fail(event, "of other artifacts") }
    case .jobCreated(let fact) where fact.kind == .exec: note("ran", event, .operator)
    case .commandRefused: seen["refused", default: 0] += 1
    default: break
    }
  }

  private mutating func note(_ what: String, _ event: Event, _ role: Role) {
    seen[what, default: 0] += 1
    if roles[event.actor.person]?.contains(role) != true { fail(event, "without its role") }
    if event.actor.authentication == .claimed, !policy.claims { fail(event, "by a claim") }
  }

  private mutating func fail(_ event: Event, _ why: String) {
    wrong.append("#\(event.position.value) \(event.actor.id): \(why)")
  }
}

/// Two processes approve, reject, revoke, grant, set the policy and start, as they come.
@Suite struct InterleavingTests {
  /// One process's commands, drawn from a seed.
  private static func script(seed: UInt64, length: Int) -> String {
    var random = SplitMix64(seed: seed)
    var lines = ["set +e"]
    for step in 0..<length {
      let command =
        switch random.below(20) {
        case 0..<4: "approve m@1 --as bob --reason yes"
        case 4: "reject m@1 --as bob --reason no"
        case 5..<11: "deploy m@1 --target t\(seed)-\(step) --as olga"
        case 11..<13: "exec --as olga -- true"
        case 13: "member revoke bob --reason gone"
        case 14: "member grant bob --role approver --auth claimed"
        case 15: "member revoke olga --reason gone"
        case 16: "member grant olga --role operator --auth claimed"
        case 17: "policy set \(random.oneIn(2) ? "closed" : "strict").yaml --reason r"
        default: "policy set open.yaml --reason r"
        }
      lines.append("jobledger \(command) >> log.\(seed) 2>&1")
      // Whatever went wrong, it went wrong as an answer and not as a bug.
      lines.append("[ $? -ne 70 ] || exit 70")
    }
    return lines.joined(separator: "\n")
  }

  @Test(arguments: [UInt64(1), 2])
  func `nothing starts without a then-valid approval, whoever comes between`(
    seed: UInt64
  ) throws {
    let site = Site()
    site.write("{claims: true, decisionAuth: claimed}", to: "open.yaml")
    site.write("{claims: false}", to: "closed.yaml")
    site.write("{claims: true, decisionAuth: os}", to: "strict.yaml")
    let ready = site.run(
      """
      set -e
      jobledger policy set open.yaml --reason r
      jobledger member grant bob --role approver --auth claimed
      jobledger member grant olga --role operator --auth claimed
      jobledger train m; jobledger evaluate m@1
      """)
    try #require(ready.exit == 0, "\(ready.words)")
    site.write(Self.script(seed: seed * 2, length: 40), to: "left.sh")
    site.write(Self.script(seed: seed * 2 + 1, length: 40), to: "right.sh")
    let run = site.run("sh left.sh & left=$!; sh right.sh; right=$?; wait $left && exit $right")
    #expect(run.exit == 0, "\(run.words)")
    // What came of chance may lack one of these; the onlooker is to see each.
    let last = site.run(
      """
      set -e
      jobledger policy set open.yaml --reason r
      jobledger member grant bob --role approver --auth claimed
      jobledger approve m@1 --as bob --reason r
      jobledger deploy m@1 --target last
      jobledger reject m@1 --as bob --reason r
      ! jobledger deploy m@1 --target never
      """)
    #expect(last.exit == 0, "\(last.words)")

    let reader = try LedgerReader.open(site.folder.file("L"))
    defer { reader.close() }
    let events = try reader.read { (snapshot) throws(ReadingError) in
      var events: [Event] = []
      for position in 0..<snapshot.size.value {
        events.append(try snapshot.event(at: Position(position)))
      }
      return events
    }
    var onlooker = Onlooker()
    for event in events { onlooker.watch(event) }
    #expect(onlooker.wrong == [])
    for what in ["approved", "deployed", "refused"] {
      #expect(onlooker.seen[what, default: 0] > 0, "nothing was \(what): \(onlooker.seen)")
    }

    // The control: an onlooker who missed the approvals objects to every deployment.
    var blind = Onlooker()
    for event in events {
      if case .versionApproved = event.fact { continue }
      blind.watch(event)
    }
    #expect(blind.wrong.count >= onlooker.seen["deployed", default: 0])
    #expect(site.run("jobledger replay verify").exit == 0)
  }
}
