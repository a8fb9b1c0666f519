// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerTestSupport

/// Answers found by looking at all events for each line: what is asked, in the plainest words.
struct NaiveAnswers {
  /// Every event before the size.
  var all: ArraySlice<Event>
  /// Every event that there is: erasures count, however late.
  var every: [Event]
  var texts: [EventText]
  var scope: TrailScope
  var since: Int

  /// What of an answer is compared: the columns named here, the events, and the exceptions.
  static let columns: [Question: [AnswerColumn]] = [
    .actors: [.actor, .authentication, .roles], .times: [.apart],
    .reasons: [.actor, .reason], .evidence: [.verdict, .laterEvidence],
    .fourEyes: [.approver, .trainer, .fromTrainer, .deployer, .fromDeployer],
    .rejections: [.actor, .outcome, .followedBy], .provenance: [.version, .status],
    .imports: [.actor, .artifactsDigest], .evaluations: [.actor, .responsible],
    .changes: [.about, .before, .after],
  ]

  static func lines(of answer: Answer) -> [String] {
    let columns = columns[answer.question] ?? []
    var lines: [String] = []
    for row in 0..<answer.rows.count {
      // Of changes, those of a version's status alone.
      if answer.question == .changes {
        guard answer.column(.field)[row] == "status",
          answer.column(.about)[row].hasPrefix("version ")
        else { continue }
      }
      let values = columns.map { answer.column($0)[row] }.joined(separator: " ")
      let places =
        [.rejections, .provenance, .evidence, .reasons].contains(answer.question)
        ? "" : " " + Answer.words(answer.rows[row].positions)
      lines.append(values + places)
    }
    return lines + answer.told.filter { !$0.hasPrefix("evidence-erased") }.sorted()
  }

  /// The lines that each question must give.
  var answers: [(Question, [String])] {
    [
      (.actors, of(visible) { actors }), (.times, of(visible) { times }),
      (.reasons, of(visible.filter { NaiveAnswers.wantsReason($0) }) { reasons }),
      (.evidence, of(decisions) { evidence }),
      (.fourEyes, of(decisions.filter { $0.isApproval }) { fourEyes }),
      (.rejections, of(decisions.filter { !$0.isApproval }) { rejections }),
      (.imports, of(visible.filter { $0.imported != nil }) { imports }),
      (
        .evaluations,
        of(visible.filter { $0.isEvaluated || $0.isRun || $0.deployed != nil }) { evaluations }
      ),
      (.changes, of(visible) { changes }),
      (
        .provenance,
        of(
          visible.filter { event in
            switch event.fact {
            case .versionTrained, .versionImported, .jobCreated: true
            default: false
            }
          }
        ) { provenance }
      ),
    ]
  }

  func of(_ feeding: [Event], _ lines: () -> [String]) -> [String] {
    feeding.isEmpty ? ["not answerable"] : lines()
  }

  // MARK: What is in scope

  var visible: [Event] {
    all.filter { event in
      switch event.fact {
      case .jobLogged, .jobProgressed: return false
      default: break
      }
      return switch scope {
      case .project(let name): event.project == name
      case .subject(let id): event.subjectID == id
      case .version(let id): event.versionID == id
      default: true
      }
    }
  }
  var window: [Event] { visible.filter { $0.position.value >= UInt64(since) } }
  var decisions: [Event] { visible.filter { $0.verdict != nil } }

  func label(_ version: VersionID) -> String {
    let owners = Set(all.compactMap(\.subjectID).filter { $0.name == version.subject.name })
    return (owners.count > 1 ? version.subject.description : version.subject.name.string)
      + "@\(version.number.value)"
  }
  func about(_ event: Event) -> String { event.versionID.map { label($0) } ?? "-" }
  func places(_ events: Event...) -> String {
    Answer.words(events.map(\.position).sorted())
  }

  /// The roles of somebody before an event, in its project.
  func roles(_ member: ActorID, _ event: Event) -> [Role] {
    var grants: [Name?: [Role]] = [:]
    for other in all.prefix(while: { $0.position < event.position }) {
      if case .memberGranted(let fact) = other.fact, fact.member == member {
        grants[other.project] = fact.roles
      }
      if case .memberRevoked(let fact) = other.fact, fact.member == member { grants = [:] }
    }
    let own = event.project.flatMap { grants[.some($0)] } ?? []
    return Set((grants[nil] ?? []) + own).sorted()
  }

  // MARK: The lines

  var actors: [String] {
    var lines: [String] = []
    var claimed: [String: [Event]] = [:]
    var without: [String: [Event]] = [:]
    for event in window {
      let roles = roles(event.actor.person, event)
      let words = roles.isEmpty ? "-" : "[" + roles.map { "\"\($0)\"" }.joined(separator: ",") + "]"
      lines.append(
        "\(event.actor.id) \(event.actor.authentication.rawValue) \(words) \(places(event))")
      if event.actor.authentication == .claimed {
        claimed[event.actor.id.string, default: []].append(event)
      }
      var isRefusal = false
      if case .commandRefused = event.fact { isRefusal = true }
      if roles.isEmpty, !isRefusal, event.actor.authentication != .system,
        event.position.value > 1
      {
        without[event.actor.person.string, default: []].append(event)
      }
    }
    let told =
      claimed.map { "claimed-name \($0.key) \(Answer.words($0.value.map(\.position)))" }
      + without.map { "without-role \($0.key) \(Answer.words($0.value.map(\.position)))" }
    return lines + told.sorted()
  }

  var times: [String] {
    var lines: [String] = []
    var told: [String] = []
    for event in window {
      let apart = event.occurred.map { event.time.microseconds - $0.microseconds }
      lines.append((apart.map { "\($0)" } ?? "-") + " " + places(event))
      if let apart, apart > 3_600_000_000 { told.append(places(event)) }
    }
    let corrected = all.filter { event in
      if case .clockCorrected = event.fact { event.position.value >= UInt64(since) } else { false }
    }
    return lines
      + (told.map { place in
        let event = window.first { places($0) == place }
        return "recorded-late \(event.map { name($0) } ?? "-") \(place)"
      } + corrected.map { "clock-corrected - \(places($0))" }).sorted()
  }

  /// What an event is about.
  func name(_ event: Event) -> String {
    if let version = event.versionID { return label(version) }
    if let subject = event.subjectID {
      return String(
        label(VersionID(subject: subject, number: VersionNumber(1))).dropLast(2))
    }
    if let job = event.job { return job.string }
    switch event.fact {
    case .memberGranted(let fact): return fact.member.string
    case .memberRevoked(let fact): return fact.member.string
    case .noteAdded(let fact): return fact.on.string
    default: return event.project?.string ?? "-"
    }
  }

  static func wantsReason(_ event: Event) -> Bool {
    switch event.fact {
    case .versionApproved, .versionRejected, .jobStopRequested, .jobStopped, .deploymentRetired,
      .textErased, .artifactErased, .holdPlaced, .holdReleased, .policySet, .memberRevoked,
      .scheduleRemoved, .alertAnswered, .changeAssessed, .keyRotated, .clockCorrected,
      .ledgerRestored, .ledgerUpgraded, .versionDeployed:
      true
    default: false
    }
  }

  var reasons: [String] {
    var lines: [String] = []
    var told: [String] = []
    for event in window where NaiveAnswers.wantsReason(event) {
      if let fact = event.deployed, fact.replaces == nil { continue }
      if case .jobStopped = event.fact,
        all.contains(where: {
          if case .jobStopRequested = $0.fact { $0.job == event.job } else { false }
        })
      {
        continue
      }
      let reason = texts[Int(event.position.value)].string(.reason)
      lines.append("\(event.actor.id) \(reason?.string ?? "-")")
      if reason == nil { told.append("no-reason \(name(event)) \(places(event))") }
    }
    return lines + told.sorted()
  }

  var imports: [String] {
    var lines: [String] = []
    var told: [String] = []
    for event in window {
      guard let made = event.imported else { continue }
      lines.append("\(event.actor.id) \(made.artifacts.digest) \(places(event))")
      guard event.subject?.kind == .model else { continue }
      if event.text == nil
        || (texts[Int(event.position.value)].string(.origin) == nil
          && !texts[Int(event.position.value)].isEmpty)
      {
        told.append("origin-unknown \(about(event)) \(places(event))")
      }
      if made.format == nil { told.append("format-unknown \(about(event)) \(places(event))") }
    }
    return lines + told.sorted()
  }

  var evaluations: [String] {
    var lines: [String] = []
    var told: [String] = []
    for event in window where event.isEvaluated || event.isRun {
      var responsible: ActorID?
      if case .versionEvaluated(let fact) = event.fact { responsible = fact.responsible }
      lines.append("\(event.actor.id) \(responsible?.string ?? "-") \(places(event))")
      if event.isEvaluated, responsible == nil {
        told.append("responsible-unknown \(about(event)) \(places(event))")
      }
    }
    for event in visible where event.deployed != nil {
      let before = all.filter {
        $0.versionID == event.versionID && $0.position < event.position
      }
      guard !before.contains(where: { $0.isEvaluated || $0.isRun }),
        let made = before.first(where: { $0.createsVersion })
      else { continue }
      told.append("never-evaluated \(about(event)) \(places(made, event))")
    }
    return lines + told.sorted()
  }

  var provenance: [String] {
    let model = NaiveModel(all, texts: texts[..<all.endIndex])
    var lines: [String] = []
    var told: [String] = []
    for version in model.versions.values.sorted(by: { $0.id < $1.id })
    where visible.contains(where: { $0.position == version.created.position }) {
      lines.append("\(label(version.id)) \(version.status.rawValue)")
      guard case .jobCreated(let fact) = version.created.fact, fact.kind == .training,
        let made = version.made
      else { continue }
      let end = "\(label(version.id)) \(places(version.created, made))"
      if fact.commit == nil, fact.code == nil { told.append("code-unknown \(end)") }
      if fact.dirty == true { told.append("code-not-committed \(end)") }
      if (fact.inputs?.count ?? 0) == 0 { told.append("data-unknown \(end)") }
      if fact.environmentDigest == nil { told.append("environment-unknown \(end)") }
    }
    return lines + told.sorted()
  }

  /// How the status of each version moved, event by event.
  var changes: [String] {
    var lines: [String] = []
    for event in window {
      guard let version = event.versionID else { continue }
      let index = Int(event.position.value)
      let before = NaiveModel(all[..<index], texts: texts[..<index]).versions[version]?.status
      let after = NaiveModel(all[...index], texts: texts[...index]).versions[version]?.status
      if let after, before != after {
        lines.append(
          "version \(version) \(before?.rawValue ?? "-") \(after.rawValue) \(places(event))")
      }
    }
    return lines
  }
}
