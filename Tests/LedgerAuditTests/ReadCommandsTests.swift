// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// The reading commands themselves, as programs that print JSON, against the model that folds
/// everything in plain Swift. What lies beneath them is compared at every size in
/// ReadsPropertyTests; here it is every command, at sizes spread over a history.
@Suite struct ReadCommandsTests {
  @Test(arguments: UInt64(0)..<2)
  func `every reading command prints what the events say, at sizes all along a history`(
    seed: UInt64
  ) throws {
    let store = try Store(HistoryGenerator.history(seed: 6200 + seed, length: 120))
    let (events, texts) = try #require(store.ledger?.reader).stored()
    var random = SplitMix64(seed: seed)
    var sizes = Set([0, 1, events.count])
    while sizes.count < 9 { sizes.insert(random.below(events.count)) }
    for size in sizes.sorted() {
      let model = NaiveModel(events[..<size], texts: texts[..<size])
      let job = model.jobs.isEmpty ? nil : random.pick(model.jobs.values.sorted { $0.id < $1.id })
      let version = model.versions.keys.sorted().last
      var questions = [
        "jobledger jobs", "jobledger versions", "jobledger deployments", "jobledger subjects",
        "jobledger events", "jobledger member list", "jobledger policy show",
        "jobledger-replay state", "jobledger-replay decisions",
      ]
      var expected = [
        jobs(model), versions(model), deployments(model), subjects(model),
        model.events.map { "\($0.position.value) \(EventType($0.fact).name)" }, members(model),
        policy(model),
        jobs(model) + versions(model) + deployments(model) + subjects(model) + members(model)
          + policy(model),
        decisions(model),
      ]
      if let job {
        let own = model.events.filter { $0.job == job.id }
        questions += ["show", "logs", "events --job"].map { "jobledger \($0) \(job.id)" }
        questions.append("jobledger-replay trail \(job.id)")
        expected.append(jobs(model).filter { $0.hasPrefix("job \(job.id) ") })
        expected.append(own.filter { isLine($0) }.map { "line \($0.position.value)" })
        expected.append(own.map { "\($0.position.value) \(EventType($0.fact).name)" })
        expected.append(
          own.filter { !isLine($0) && !isProgress($0) }.map {
            "\($0.position.value) \(EventType($0.fact).name)"
          })
      }
      if let version {
        questions.append("jobledger show \(version)")
        expected.append(versions(model).filter { $0.hasPrefix("version \(version) ") })
      }
      let answers = try ask(questions, of: store.path, asOf: size)
      for (question, (answer, expected)) in zip(questions, zip(answers, expected)) {
        #expect(
          answer.sorted() == expected.sorted(), "seed \(seed), size \(size): \(question)")
      }
    }
  }

  private func isLine(_ event: Event) -> Bool {
    if case .jobLogged = event.fact { true } else { false }
  }

  private func isProgress(_ event: Event) -> Bool {
    if case .jobProgressed = event.fact { true } else { false }
  }

  // MARK: Asking

  /// Runs the questions one after another; each answer as the words of its JSON values.
  private func ask(_ questions: [String], of ledger: String, asOf size: Int) throws -> [[String]] {
    let folder = TemporaryFolder()
    let script = questions.enumerated().map { index, question in
      "JOBLEDGER_DIR='\(ledger)' '\(binaries)'/\(question) --as-of \(size) --json >'\(folder.path)/\(index)' "
        + "2>>'\(folder.path)/errors' || echo \(index) >>'\(folder.path)/failed'"
    }
    #expect(system(script.joined(separator: "\n")) == 0)
    let errors = TemporaryFolder.read(folder.file("errors")) ?? []
    #expect(
      TemporaryFolder.read(folder.file("failed")) == nil,
      "\(String(decoding: errors, as: UTF8.self))"
    )
    return try questions.indices.map { index in
      try (TemporaryFolder.read(folder.file("\(index)")) ?? []).split(separator: 0x0A)
        .flatMap { try words(JSONParser.parse(Array($0))) }
    }
  }

  /// What is compared of a JSON value that a command printed; by its members it is known what it is.
  private func words(_ value: JSONValue) -> [String] {
    guard let object = value.object else { return ["\(value)"] }
    func word(_ name: Text) -> String {
      switch object[name] {
      case .string(let text)?: text.string
      case .number(let number)?: "\(UInt64(number))"
      case .bool(let flag)?: "\(flag)"
      case .object(let inner)?: inner["name"].map { words(of: $0) } ?? "-"
      default: "-"
      }
    }
    func list(_ name: Text) -> [JSONValue] {
      if case .array(let values)? = object[name] { values } else { [] }
    }
    if object["jobs"] != nil {
      return ["jobs", "versions", "deployments", "subjects", "members"].flatMap {
        list($0).flatMap { words($0) }
      } + (object["policy"].map { words($0) } ?? [])
    }
    if object["leafHash"] != nil || object["v"] != nil {
      return ["\(word("position")) \(word("type"))"]
    }
    if object["stream"] != nil { return ["line \(word("position"))"] }
    if object["verdict"] != nil {
      return ["decision \(word("position")) \(word("verdict")) \(word("reason"))"]
    }
    if object["fourEyes"] != nil {
      return ["policy \(word("claims")) \(word("fourEyes")) \(object["set"] != nil)"]
    }
    if object["member"] != nil {
      return ["member \(word("member")) \(word("active")) \(list("grants").count)"]
    }
    if object["target"] != nil, object["engine"] != nil {
      return [
        "deployment \(word("deployment")) \(word("status")) \(word("project"))/\(word("subject"))"
          + "@\(word("number")) \(word("target")) \(word("retireReason"))"
      ]
    }
    if object["metrics"] != nil {
      let decided = object["decision"]?.object?["position"].map { words(of: $0) } ?? "-"
      return [
        "version \(word("project"))/\(word("subject"))@\(word("number")) \(word("status")) "
          + "\(list("evaluations").count) \(list("deployments").count) \(decided)"
      ]
    }
    if object["kind"] != nil, object["trigger"] != nil {
      let records = object["records"]?.object
      return [
        "job \(word("job")) \(word("kind")) \(word("status")) "
          + "\(records?["error"].map { words(of: $0) } ?? "-") \(word("first")) \(word("last"))"
      ]
    }
    if object["registered"] != nil {
      return ["subject \(word("project"))/\(word("subject")) \(word("latest"))"]
    }
    return []
  }

  private func words(of value: JSONValue) -> String {
    switch value {
    case .string(let text): text.string
    case .number(let number): "\(UInt64(number))"
    default: "-"
    }
  }

  // MARK: What is to be expected

  private func jobs(_ model: NaiveModel) -> [String] {
    model.jobs.values.map { job in
      // Progress is a moment's word and does not count as its last event.
      let last = model.events.last { $0.job == job.id && !isProgress($0) }
      return "job \(job.id) \(job.request.kind.rawValue) \(job.status.rawValue) "
        + "\(job.log.records.error) \(job.first.value) \(last?.position.value ?? 0)"
    }
  }

  private func versions(_ model: NaiveModel) -> [String] {
    model.versions.values.map { version in
      "version \(version.id) \(version.status.rawValue) \(version.evaluations.count) "
        + "\(version.deployments.count) "
        + (version.decisions.last.map { "\($0.event.position.value)" } ?? "-")
    }
  }

  private func deployments(_ model: NaiveModel) -> [String] {
    model.deployments.values.map { deployment in
      "deployment \(deployment.id) \(deployment.retired == nil ? "active" : "retired") "
        + "\(deployment.version) \(deployment.fact.target) \(deployment.reason?.string ?? "-")"
    }
  }

  private func subjects(_ model: NaiveModel) -> [String] {
    model.subjects.values.map { subject in
      "subject \(subject.id) " + (subject.numbers.last.map { "\($0.value)" } ?? "-")
    }
  }

  private func members(_ model: NaiveModel) -> [String] {
    model.members.values.map { "member \($0.id) \(!$0.grants.isEmpty) \($0.grants.count)" }
  }

  private func policy(_ model: NaiveModel) -> [String] {
    ["policy \(model.policy.claims) \(model.policy.fourEyes) \(model.policySet != nil)"]
  }

  private func decisions(_ model: NaiveModel) -> [String] {
    model.decisions.map {
      "decision \($0.event.position.value) \($0.verdict.rawValue) \($0.reason?.string ?? "-")"
    }
  }
}
