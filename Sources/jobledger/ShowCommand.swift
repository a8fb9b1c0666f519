// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `jobledger show`
struct Show: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show one job, version, deployment, schedule, model, project or event.",
    discussion: """
      A beginning will do where it is unique.

        jobledger show churn-lr@3
        jobledger show train-7k
        jobledger show '#41'
        jobledger show churn-lr@3 --as-of 2026-06-30

      Who signed, without this program: FILE has one line, the member's name and public key.

        jobledger show churn-lr@3 --signature > decision.sig
        jobledger show churn-lr@3 --statement |
          ssh-keygen -Y verify -f FILE -I bob -n jobledger -s decision.sig
      """)

  @Argument(help: "What to show.") var ref: String
  @Flag(help: "Show the very bytes that were signed for it, and nothing else.")
  var statement = false
  @Flag(help: "Show the signature alone, as 'ssh-keygen -Y verify -n jobledger' reads it.")
  var signature = false
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    try moment.requireRecordedClock(for: "show")
    if statement || signature {
      return try session.reading(moment) { view in
        let referent = try view.resolve(ref, [.job, .version, .deployment, .event])
        try showSigned(referent, view, session.console)
      }
    }
    try session.paging {
      try session.reading(moment) { view in
        let referent = try view.resolve(
          ref, [.job, .version, .deployment, .subject, .schedule, .project, .event])
        try show(referent, view, session.console)
      }
    }
  }

  private func show(_ referent: Referent, _ view: View, _ console: Console) throws {
    var documents = view.documents
    let holds = try documents.holds(on: referent)
    func withAsOf(_ json: JSONValue, _ view: View) -> JSONValue {
      guard case .object(var object) = json else { return json }
      if !holds.isEmpty { object["holds"] = .array(holds.map(\.json)) }
      object["asOf"] = view.at.json
      return .object(object)
    }
    switch referent {
    case .job(let id):
      guard let document = try documents.job(id) else { return }
      // A deployment has the identifier of the job that made it: it is shown with it.
      let deployment = try documents.deployment(id)
      if console.isJSON {
        var json = withAsOf(document.json, view)
        if let deployment, case .object(var object) = json {
          object["deployed"] = deployment.json
          json = .object(object)
        }
        return try console.print(json)
      }
      var page = Page(console)
      page.add(document)
      if let deployment { page.add(deployment, below: "Deployment") }
      page.add(holds)
      try page.print()
    case .version(let id):
      guard let document = try documents.version(id) else { return }
      if console.isJSON { return try console.print(withAsOf(document.json, view)) }
      var page = Page(console)
      page.add(document, policy: try view.policy().policy, asOf: view.size)
      page.add(holds)
      try page.print()
    case .deployment(let id):
      guard let document = try documents.deployment(id) else { return }
      if console.isJSON { return try console.print(withAsOf(document.json, view)) }
      var page = Page(console)
      page.add(document)
      page.add(holds)
      try page.print()
    case .subject(let id):
      guard let document = try documents.subject(id) else { return }
      if console.isJSON { return try console.print(withAsOf(document.json, view)) }
      var page = Page(console)
      page.add(document)
      page.add(holds)
      try page.print()
    case .project(let name):
      guard let document = try documents.project(name) else { return }
      if console.isJSON { return try console.print(withAsOf(document.json, view)) }
      var page = Page(console)
      page.add("project", name.string)
      page.add("folder", document.words.string(.path)?.string)
      page.add("description", document.words.string(.description)?.string)
      page.add("added", document.project.created.time)
      page.add(holds)
      try page.print()
    case .schedule(let project, let name):
      guard let state = try documents.schedule(project: project, name: name)?.schedule else {
        return
      }
      let history = try documents.history(of: state)
      // What is to come is known of the present alone.
      let next =
        moment.asOf == nil
        ? try view.nextTicks(of: state, after: ProcessEnvironment.now(), count: 3) : []
      if console.isJSON {
        return try console.print(withAsOf(history.json(nextTicks: next), view))
      }
      var page = Page(console)
      page.add(history, nextTicks: next)
      page.add(holds)
      try page.print()
    case .event(let position):
      guard let document = try documents.event(showing: position) else { return }
      if console.isJSON { return try console.out.write(document.fullForm + [0x0A]) }
      var page = Page(console)
      try page.add(document, cause: try documents.cause(of: document.event))
      page.add(holds)
      try page.print()
    }
  }

  /// Shows what was signed, byte for byte: the latest decision, the deployment, or the event.
  private func showSigned(_ referent: Referent, _ view: View, _ console: Console) throws {
    var documents = view.documents
    let position: Position?
    switch referent {
    case .version(let id): position = try documents.version(id)?.decision?.event.position
    case .job(let id): position = try documents.signedPosition(of: id)
    case .deployment(let id): position = try documents.deployment(id)?.deployment.since.position
    case .event(let place): position = place
    default: position = nil
    }
    guard let position, let found = try documents.event(showing: position)?.event.fact.signature,
      let bytes = try documents.statement(at: position)
    else {
      throw Failure(
        .notFound, code: "not-signed", what: "show what was signed", on: "'\(ref)'",
        why: "nobody signed it", next: "decisions are signed with: jobledger approve --sign KEY")
    }
    if statement { try console.out.write(bytes) }
    if signature { try console.out.write(found.armored.string) }
  }
}

extension Page {
  /// Adds the holds on what is shown.
  mutating func add(_ holds: [HoldDocument]) {
    if holds.isEmpty { return }
    heading("Held: nothing of it may be erased")
    for hold in holds { for words in hold.words { item(words) } }
  }

  /// Adds a job.
  mutating func add(_ document: JobDocument) {
    let job = document.job
    add("job", job.id.string)
    add("kind", job.kind.rawValue)
    add("status", word: job.status.rawValue)
    add("error", document.error?.string, .bad)
    add("project", job.project?.string)
    add("version", document.version)
    add("deployment", document.deployment?.string)
    add("target", job.request.target?.string)
    add("name", document.words.string(.name)?.string)
    add("purpose", document.words.string(.purpose)?.string)
    add("created by", job.createdBy)
    add("created", job.created.time)
    add("started", job.started?.time)
    add("stop asked", job.stopRequested?.time)
    add("ended", job.ended?.time)
    add("took", document.duration(until: nil).map { TimeText.duration(microseconds: $0) })
    add("exit", job.ending?.exit.map { "\($0)" })
    add("signal", job.ending?.signal)
    if let left = job.ending?.effectRemaining, left != .none { add("left behind", left.rawValue) }
    add("retry of", job.request.retryOf?.string)
    add("command", document.commandLine)
    for (name, member) in [("parameters", TextMember.parameters), ("inputs", .inputs)] {
      guard let object = document.words[member]?.object else { continue }
      let words = object.members.map { "\($0.name.string)=\(Page.plain($0.value))" }
      add(name, words.joined(separator: " "))
    }
    add(
      "code",
      job.request.commit.map { $0 + (job.request.dirty == true ? " (changed since)" : "") })
    let (lines, records) = (document.log.lines, document.log.records)
    if lines.total > 0 {
      let counts = [
        records.error > 0 ? Words.count(records.error, "error") : nil,
        records.warning > 0 ? Words.count(records.warning, "warning") : nil,
      ].compactMap { $0 }
      add(
        "log",
        Words.count(lines.total, "line")
          + (counts.isEmpty ? "" : ", " + counts.joined(separator: ", "))
          + "; see: jobledger logs \(job.id)")
    }
    add("events", "#\(document.first.value) to #\(document.last.value)")
    if case .erased = document.words { add("words", document.erasure?.words ?? "missing") }
  }

  private static func plain(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text.string
    case .number(let number): Words.number(number)
    default: (try? CanonicalJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }
  }

  /// Adds a version with what a decider looks at.
  mutating func add(_ document: VersionDocument, policy: Policy, asOf size: LedgerSize) {
    let version = document.version
    add("version", document.label)
    add("status", word: version.status.rawValue)
    add("made by", version.maker)
    add("created", version.created.time)
    add("job", version.job.string)
    add("parent", version.made?.parent.map { "\(version.id.subject.name)@\($0.value)" })
    add("format", version.made?.format?.string)
    add("origin", document.words.string(.origin)?.string)
    add("rationale", document.words.string(.rationale)?.string)
    if let files = version.made?.artifacts {
      add("artifacts", "\(Words.count(files.count, "file")), \(Words.bytes(files.bytes))")
      add("digest", files.digest.description)
    }
    add("as of", "size \(size.value)")
    if !version.metrics.isEmpty { addMetrics(version, policy) }
    if !document.evaluations.isEmpty {
      heading(version.kind == .model ? "Evaluations" : "Runs")
      for evaluation in document.evaluations {
        item(
          [
            "#\(evaluation.mark.position.value)", TimeText.absolute(evaluation.mark.time),
            evaluation.actor.words, evaluation.fact.map { Words.metrics($0.metrics) } ?? "",
          ].filter { !$0.isEmpty }.joined(separator: "  "))
        if let digest = evaluation.fact?.dataDigest { item("data \(digest)", .dim) }
      }
    }
    if let artifacts = document.artifacts, !artifacts.isEmpty {
      heading("Artifacts")
      for case .object(let file) in artifacts {
        let bytes: String
        if case .number(let count)? = file["bytes"] {
          bytes = Words.bytes(UInt64(exactly: count) ?? 0)
        } else {
          bytes = ""
        }
        let erasure = file["erasure"]?.object
        let gone = erasure.map { "  (erased, #\(Page.plain($0["position"] ?? .null)))" } ?? ""
        item(
          "\(file["path"]?.text?.string ?? "?")  \(bytes)  \(file["digest"]?.text?.string ?? "")"
            + gone)
      }
    } else if let erasure = document.artifactsErasure {
      heading("Artifacts")
      item("their list was \(erasure.words)")
    }
    if let decision = document.decision {
      heading("Decision")
      let verdict = decision.verdict.rawValue
      item("\(verdict) by \(decision.event.actor.words)", Style.of(word: verdict))
      item("event #\(decision.event.position.value), \(TimeText.absolute(decision.event.time))")
      if let signature = decision.fact.signature { item("signed with \(signature.words)") }
      item(
        "because: "
          + (decision.reason?.string ?? "(\(decision.erasure?.words ?? "missing"))"))
      if let conditions = decision.words.string(.conditions) {
        item("on conditions: \(conditions.string)")
      }
      if let last = decision.fact.validUntil { item("valid until \(last)") }
      for exception in decision.fact.exceptions {
        item("exception: \(exception.rawValue)", .warning)
      }
    }
    if !document.deployments.isEmpty {
      heading("Deployments")
      for deployment in document.deployments {
        let state = deployment.deployment
        let until = state.until.map { " until \(TimeText.absolute($0.time))" } ?? ""
        item(
          "\(state.id)  \(state.target)  \(state.status.rawValue)  "
            + "since \(TimeText.absolute(state.since.time))\(until)",
          Style.of(word: state.status.rawValue))
      }
    }
  }

  private mutating func addMetrics(_ version: Version, _ policy: Policy) {
    let unmet = policy.unmetThresholds(of: version.id.subject, version.metrics)
    let subject = version.id.subject
    let scopes = [subject.project.string, subject.name.string, subject.description].map { Text($0) }
    func bounds(_ metric: Text) -> String {
      let words = policy.thresholds
        .filter { $0.metric == metric && scopes.contains($0.scope) }
        .flatMap { bound in
          [
            bound.threshold.min.map { "at least \(Words.number($0))" },
            bound.threshold.max.map { "at most \(Words.number($0))" },
          ].compactMap { $0 }
        }
      return words.isEmpty ? "" : " (\(words.joined(separator: ", ")))"
    }
    heading("Metrics")
    for metric in version.metrics {
      let misses = unmet.contains(metric.name)
      item(
        "\(metric.name.string) \(Words.number(metric.value))"
          + (misses ? "  misses the policy's threshold\(bounds(metric.name))" : ""),
        misses ? .bad : .plain)
    }
    for name in unmet where !version.metrics.contains(where: { $0.name == name }) {
      item("\(name.string) is missing, and the policy has a threshold for it", .bad)
    }
  }

  /// Adds a deployment, under a heading where it stands below something else.
  mutating func add(_ document: DeploymentDocument, below heading: String? = nil) {
    let state = document.deployment
    if let heading { self.heading(heading) }
    add("deployment", state.id.string)
    add("version", document.version)
    add("target", state.target.string)
    add("engine", state.fact.engine.rawValue)
    add("status", word: state.status.rawValue)
    add("since", state.since.time)
    add("deployed by", state.deployedBy)
    add("because", document.deployReason?.string)
    add("approved in", "event #\(state.fact.decision.value)")
    add("digest", state.fact.artifactsDigest.description)
    add("replaces", state.fact.replaces?.string)
    add("until", state.until?.time)
    add("retired by", state.retiredBy)
    add("retired because", document.retireReason?.string)
    add("replaced by", state.replacedBy?.string)
    addHealth(document)
  }

  /// Adds a model or feature task.
  mutating func add(_ document: SubjectDocument) {
    let described = document.subject.described
    add(document.subject.kind.rawValue, document.subject.id.description)
    add("description", document.words.string(.description)?.string)
    add("rationale", document.words.string(.rationale)?.string)
    add("owner", described.owner?.string)
    add("tier", described.tier?.string)
    add("review by", described.reviewBy?.description)
    add("type", described.modelType?.string)
    add("versions", "\(document.subject.latestNumber)")
    add("registered", document.subject.registered.time)
    add("changed", document.subject.changed.time)
  }

  /// Adds an event: what is known of it, then every member of its data and words.
  mutating func add(_ document: EventDocument, cause: EventCause?) throws {
    let event = document.event
    add("event", "#\(event.position.value)")
    add("type", document.type)
    add("time", event.time)
    add("occurred", event.occurred)
    add("clock read", event.clock)
    add("actor", event.actor)
    add("about", document.label)
    add("project", event.project?.string)
    add("job", event.job?.string)
    add("revision", event.revision.map { "\($0.value)" })
    add("caused by", cause)
    add("request", event.request?.key.string)
    guard case .object(let form) = try CanonicalJSON.decode(document.fullForm) else { return }
    for (title, members) in [
      ("Data", form["data"]?.object), ("Words", form["text"]?.object?["values"]?.object),
    ] {
      guard let members, !members.members.isEmpty else { continue }
      heading(title)
      for member in members.members {
        item("\(member.name.string): \(Page.plain(member.value))")
      }
    }
    if document.words == .erased {
      heading("Words")
      item(document.erasure?.words ?? "missing")
    }
  }
}
