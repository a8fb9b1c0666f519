// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// What a mutating command shows of what it made: one line for people, the object for programs.
extension Session {
  /// Prints the events themselves, for what is no thing of its own.
  func printEvents(_ made: Made, _ line: (Event) -> String) throws {
    guard let last = made.events.last else {
      return console.remark("nothing to do: it is so already")
    }
    if console.isJSON {
      return try readingHead { view in
        var documents = view.documents
        guard let document = try documents.event(showing: last.position) else { return }
        try console.out.write(document.fullForm + [0x0A])
      }
    }
    try console.out.write(line(last))
  }

  /// Prints a member after a grant or revocation.
  func printMember(_ id: ActorID, _ made: Made) throws {
    remarkNothing(made)
    try readingHead { view in
      var documents = view.documents
      guard let document = try documents.member(id) else { return }
      let grants = document.member.grants.map(\.words).joined(separator: "; ")
      try console.print(
        json: document.json,
        text: TerminalText.escape("\(id): \(grants.isEmpty ? "no role any more" : grants)") + "\n")
    }
  }

  /// Prints a project after it was added or updated.
  func printProject(_ name: Name, _ made: Made, verb: String) throws {
    remarkNothing(made)
    try readingHead { view in
      var documents = view.documents
      guard let document = try documents.project(name) else { return }
      let path = document.words.string(.path)?.string ?? ""
      try console.print(
        json: document.json,
        text: TerminalText.escape("project \(name) \(verb): \(path)") + "\n")
    }
  }

  /// Prints a subject after something about it was set.
  func printSubject(_ id: SubjectID, _ made: Made) throws {
    remarkNothing(made)
    try readingHead { view in
      var documents = view.documents
      guard let document = try documents.subject(id) else { return }
      let described = document.subject.described
      let facts = [
        described.owner.map { "owner \($0)" }, described.tier.map { "tier \($0)" },
        described.reviewBy.map { "review by \($0)" },
        described.modelType.map { "type \($0)" },
      ].compactMap { $0 }
      try console.print(
        json: document.json,
        text: TerminalText.escape("\(document.label): \(facts.joined(separator: ", "))") + "\n")
    }
  }

  /// Prints a deployment after it was made or ended.
  func printDeployment(_ id: DeploymentID, job: JobID) throws {
    try readingHead { view in
      var documents = view.documents
      guard let document = try documents.deployment(id) else { return }
      let state = document.deployment
      let line =
        state.status == .active
        ? "\(document.version) deployed to \(state.target): \(state.id)"
        : "\(document.version) retired from \(state.target): \(state.id)"
      guard console.isJSON, case .object(var object) = document.json else {
        return try console.print(TerminalText.escape(line))
      }
      // Which job did it, where that is not the one that gave the deployment its name.
      object["job"] = .string(job.string)
      try console.print(.object(object))
    }
  }

  /// Prints a decision: its job, with the decision in it.
  func printDecision(_ made: Made) throws {
    let decided = made.events.first { event in
      switch event.fact {
      case .versionApproved, .versionRejected: true
      default: false
      }
    }
    guard let decided, let job = decided.job else { return }
    try readingHead { view in
      var documents = view.documents
      guard let decision = try documents.decision(at: decided.position) else { return }
      if !console.isJSON {
        let exceptions = decision.fact.exceptions.map(\.rawValue).joined(separator: ", ")
        try console.print(
          TerminalText.escape(
            "\(decision.version) \(decision.verdict.rawValue) by \(decided.actor.person), "
              + "event #\(decided.position.value)"
              + (exceptions.isEmpty ? "" : " (exceptions: \(exceptions))")))
        return
      }
      guard let document = try documents.job(job), case .object(var object) = document.json,
        case .object(let members) = decision.json
      else { return }
      object["decision"] = .object(members)
      for name in ["verdict", "reason", "exceptions", "position"] as [Text] {
        object[name] = members[name]
      }
      try console.print(.object(object))
    }
  }

  /// Says so where a command found everything as it wants it.
  func remarkNothing(_ made: Made) {
    if made.events.isEmpty { console.remark("nothing to do: it is so already") }
  }
}

extension View {
  /// What things look like as of this size.
  var documents: Documents { Documents(snapshot, asOf: size, directory: directory) }
}

extension Member.Grant {
  /// The grant for people: `approver, operator in churn (ssh or better)`.
  var words: String {
    roles.map(\.rawValue).joined(separator: ", ") + (project.map { " in \($0)" } ?? "")
      + (leastAuth == .os ? "" : " (\(leastAuth.rawValue)\(leastAuth == .ssh ? "" : " or better"))")
  }
}
