// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner
import LedgerStorage

/// `jobledger status`
struct Status: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the ledger at a glance: its head, its last checkpoint, what runs, who you are.",
    discussion: """
        jobledger status
        jobledger status --json
        jobledger status --as-of 2026-06-30
      """)

  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let reader = try session.reader()
    let poison = try PoisonState.read(reader.directory)
    let free = try SpaceCheck.free(in: reader.directory)
    let caller = try session.caller().actor
    let owedFiles = try BlobErasure(reader).owed().count
    try moment.requireRecordedClock(for: "status")
    try session.reading(moment) { view in
      let report = StatusReport(
        reader: reader, anchors: moment.asOf == nil ? try AnchorLine.all(reader) : [],
        key: try keyProblem(reader, view.size), poison: poison, free: free,
        caller: caller,
        signed: CheckpointTime.read(reader.directory), size: view.size, time: view.at.time,
        root: Base64.standard.encode(Digest(try view.snapshot.root(at: view.size)).bytes),
        running: try view.runningJobs(),
        lost: moment.asOf == nil ? try view.lostJobs(reader) : [],
        member: try view.member(caller.person), holds: try view.documents.holdState().holds.count,
        alerts: try view.openAlerts(), owed: try view.snapshot.owedScrub(),
        owedFiles: owedFiles,
        asOf: moment.asOf == nil ? nil : view.at)
      try session.console.print(json: report.json, text: report.text(session.console))
    }
  }

  /// Why a checkpoint that is due cannot be signed; the key is looked for only where one is due.
  private func keyProblem(_ reader: LedgerReader, _ size: LedgerSize) throws -> String? {
    guard moment.asOf == nil, (reader.signedSize ?? LedgerSize(0)) < size else { return nil }
    return reader.keyStatus().problem
  }
}

/// What `status` tells.
private struct StatusReport {
  let reader: LedgerReader
  /// How each anchor of the policy stands.
  let anchors: [AnchorLine]
  /// Why no checkpoint can be signed now; nil when one can, or none is due.
  let key: String?
  let poison: PoisonState
  let free: UInt64
  let caller: Actor
  let signed: Timestamp?
  let size: LedgerSize
  let time: Timestamp?
  /// As checkpoints write it.
  let root: String
  let running: [Job]
  let lost: [Job]
  let member: Member?
  /// How many things are held.
  let holds: Int
  /// Alerts of what is in production that nobody answered, the oldest first.
  let alerts: [(deployment: DeploymentID, mark: Mark)]
  /// What is left to do of erasures.
  let owed: OwedScrub?
  /// How many stored files are there although they were erased.
  let owedFiles: Int
  let asOf: ResolvedSize?

  var isDue: Bool { (reader.signedSize ?? LedgerSize(0)) < size }

  var json: JSONValue {
    var object = JSONObject()
    object["ledger"] = .string(reader.directory.path)
    object["id"] = .string(reader.identity.id)
    object["origin"] = .string(reader.identity.origin)
    object["generation"] = .integer(reader.identity.generation)
    object["size"] = .integer(size.value)
    object["time"] = time.map { .string($0.description) }
    object["root"] = .string(root)
    var checkpoint = JSONObject()
    checkpoint["size"] = reader.signedSize.map { .integer($0.value) }
    checkpoint["time"] = signed.map { .string($0.description) }
    checkpoint["due"] = .bool(isDue)
    checkpoint["problem"] = key.map { .string($0) }
    object["checkpoint"] = .object(checkpoint)
    if !anchors.isEmpty { object["anchors"] = .array(anchors.map(\.json)) }
    object["asOf"] = asOf?.json
    object["poisoned"] = .bool(poison.isPoisoned)
    object["running"] = .array(running.map { .string($0.id.string) })
    object["lost"] = .array(lost.map { .string($0.id.string) })
    object["holds"] = .integer(holds)
    object["alerts"] = .array(alerts.map { .integer($0.mark.position.value) })
    if let owed {
      var members = JSONObject()
      members["first"] = .integer(owed.first.value)
      members["last"] = .integer(owed.last.value)
      object["unfinishedErasure"] = .object(members)
    }
    object["unfinishedFiles"] = owedFiles > 0 ? .integer(UInt64(owedFiles)) : nil
    object["free"] = .integer(free)
    var you = JSONObject()
    you["id"] = .string(caller.id.string)
    you["auth"] = .string(caller.authentication.rawValue)
    you["roles"] = .array((member?.ledgerRoles ?? []).map { .string($0.rawValue) })
    object["you"] = .object(you)
    return .object(object)
  }

  func text(_ console: Console) -> String {
    var page = Page(console)
    page.add("ledger", reader.directory.path)
    page.add("origin", reader.identity.origin)
    page.add("events", "\(size.value)")
    page.add("latest", time)
    page.add("root", root)
    if let signedSize = reader.signedSize {
      let when = signed.map { ", signed \(TimeText.seconds($0))" } ?? ""
      page.add(
        "checkpoint", "size \(signedSize.value)\(when)\(isDue ? "; a new one is due" : "")",
        isDue ? .warning : .plain)
    } else {
      page.add("checkpoint", "none yet", .warning)
    }
    page.add("key", key, .warning)
    for anchor in anchors {
      page.add("anchor", anchor.words, anchor.state.failures > 0 ? .warning : .plain)
    }
    if poison.isPoisoned { page.add("poisoned", "yes: run 'jobledger doctor'", .bad) }
    page.add(
      "running", running.isEmpty ? "nothing" : running.map(\.id.string).joined(separator: ", "))
    page.add("lost", lost.map(\.id.string).joined(separator: ", "), .bad)
    if holds > 0 { page.add("holds", "\(holds); see: jobledger hold list") }
    for alert in alerts {
      page.add(
        "alert",
        "#\(alert.mark.position.value) of \(alert.deployment); see: jobledger show "
          + alert.deployment.string, .bad)
    }
    if let owed {
      page.add(
        "erasure", "#\(owed.last.value) is not finished: run 'jobledger erase --finish'", .bad)
    }
    if owedFiles > 0 {
      page.add(
        "erasure",
        "\(Words.count(owedFiles, "erased file")) still there: run 'jobledger erase --finish'",
        .bad)
    }
    page.add("free space", Words.bytes(free))
    let roles = member?.grants.map(\.words).joined(separator: "; ") ?? ""
    page.add("you", "\(caller.words): \(roles.isEmpty ? "no role here" : roles)")
    return page.text(colors: console.style.colors)
  }
}

/// How an anchor stands, for `status`.
private struct AnchorLine {
  var anchor: Policy.Anchor
  var state: AnchorState
  /// Why this user's processes leave it alone.
  var refusal: String?

  static func all(_ reader: LedgerReader) throws -> [AnchorLine] {
    let anchoring = Anchoring(reader)
    let policy = try anchoring.policy()
    if policy.policy.anchors.isEmpty { return [] }
    let refusal = try anchoring.refusal(policy)
    let receipts = Receipts(reader.directory)
    return policy.policy.anchors.map {
      AnchorLine(anchor: $0, state: receipts.state(of: $0.name), refusal: refusal)
    }
  }

  var json: JSONValue {
    var object = state.json.object ?? JSONObject()
    object["anchor"] = .string(anchor.name.string)
    object["refusal"] = refusal.map { .string($0) }
    return .object(object)
  }

  var words: String {
    var words = "\(anchor.name): "
    words += state.size.map { "has size \($0.value)" } ?? "has nothing yet"
    if state.failures > 0 {
      words += "; failed \(Words.count(state.failures, "time")): \(state.error ?? "")"
      if let next = state.next { words += "; next attempt \(TimeText.seconds(next))" }
    }
    if let refusal { words += "; \(refusal)" }
    return words
  }
}

/// When the last checkpoint was put on disk.
enum CheckpointTime {
  /// The time of the file's last change; nil when there is none.
  static func read(_ directory: LedgerDirectory) -> Timestamp? {
    var status = stat()
    guard stat(directory.checkpointFile, &status) == 0 else { return nil }
    return Timestamp(
      microseconds: Int64(status.st_mtim.tv_sec) * 1_000_000
        + Int64(status.st_mtim.tv_nsec) / 1000)
  }
}

extension Member {
  /// The roles in the whole ledger.
  var ledgerRoles: [Role] { grants.filter { $0.project == nil }.flatMap(\.roles) }
}

extension View {
  /// Alerts of active deployments without an answer, the oldest first.
  fileprivate func openAlerts() throws -> [(deployment: DeploymentID, mark: Mark)] {
    var alerts: [(deployment: DeploymentID, mark: Mark)] = []
    try snapshot.forEachEntity(of: .deployment, asOf: size) { entity in
      if case .deployment(let state) = entity, state.status == .active,
        let open = state.openAlert
      {
        alerts.append((state.id, open))
      }
      return true
    }
    return alerts.sorted { $0.mark.position < $1.mark.position }
  }

  /// Jobs that run or wait to be run, the oldest first.
  func runningJobs() throws -> [Job] {
    var jobs: [Job] = []
    try snapshot.forEachEntity(of: .job, asOf: size) { entity in
      if case .job(let job) = entity, !job.status.isFinal { jobs.append(job) }
      return true
    }
    return jobs.sorted { $0.created.position < $1.created.position }
  }

  /// Running jobs whose runner on this machine is gone; the next command that writes records it.
  func lostJobs(_ reader: LedgerReader) throws -> [Job] {
    try runningJobs().filter { job in
      guard job.status == .running, let runner = job.runner,
        runner.machine == Text(Machine.current.name)
      else { return false }
      return try RunnerLock.canBeTaken(reader.directory, job.id)
    }
  }

  /// A member as of this size.
  func member(_ id: ActorID) throws -> Member? {
    if case .member(let state)? = try entity(.member(id)) { return state }
    return nil
  }
}

/// `jobledger whoami`
struct Whoami: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "whoami",
    abstract: "Show who you are to the ledger, how that is known, and what you may do.",
    discussion: """
        jobledger whoami
        jobledger whoami --as bob
        jobledger whoami --as-of 2026-06-30
      """)

  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let actor = try session.caller().actor
    try moment.requireRecordedClock(for: "whoami")
    try session.reading(moment) { view in
      session.remarkAsOf(moment, view)
      let member = try view.member(actor.person)
      let policy = try view.policy().policy
      let isRefused = actor.authentication == .claimed && !policy.claims
      if session.console.isJSON {
        var object = actor.json.object ?? JSONObject()
        object["roles"] = .array((member?.ledgerRoles ?? []).map { .string($0.rawValue) })
        var documents = view.documents
        if let document = try documents.member(actor.person),
          case .object(let members) = document.json
        {
          object["grants"] = members["grants"]
        }
        object["claimsAllowed"] = .bool(policy.claims)
        if moment.asOf != nil { object["asOf"] = view.at.json }
        return try session.console.print(.object(object))
      }
      var page = Page(session.console)
      page.add("you are", actor.id.string)
      page.add("known by", actor.authentication.rawValue)
      page.add("login", actor.os?.login?.string)
      page.add("uid", actor.os.map { "\($0.uid)" })
      page.add("host", actor.host?.string)
      let roles = member?.grants.map(\.words).joined(separator: "; ") ?? ""
      page.add("roles", roles.isEmpty ? "none in this ledger" : roles)
      if isRefused { page.add("but", "the policy allows no claimed names", .warning) }
      try page.print()
    }
  }
}

/// `jobledger du`
struct DiskUsage: SimpleCommand {
  static let hasRows = true
  static let configuration = CommandConfiguration(
    commandName: "du",
    abstract: "Show how many bytes each part of the ledger takes.",
    discussion: """
        jobledger du
        jobledger du --csv
      """)

  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let usage = try session.reader().usage()
    var rows: [(part: String, entries: UInt64?, bytes: UInt64)] = usage.tables.map {
      ("db/\($0.name)", $0.entries, $0.bytes)
    }
    rows.append(("db used", nil, usage.databaseUsed))
    rows.append(("db free", nil, usage.databaseFree))
    rows.append(("db on disk", nil, usage.databaseAllocated))
    rows.append(("blobs", usage.blobs, usage.blobBytes))
    rows.append(("runners", nil, usage.runnerBytes))
    rows.append(("deployments", nil, usage.deploymentBytes))
    rows.append(("receipts", nil, usage.receiptBytes))
    if session.console.isJSON {
      var object = JSONObject()
      var tables = JSONObject()
      for table in usage.tables {
        var members = JSONObject()
        members["entries"] = .integer(table.entries)
        members["bytes"] = .integer(table.bytes)
        tables[Text(table.name)] = .object(members)
      }
      object["tables"] = .object(tables)
      var database = JSONObject()
      database["used"] = .integer(usage.databaseUsed)
      database["free"] = .integer(usage.databaseFree)
      database["allocated"] = .integer(usage.databaseAllocated)
      object["db"] = .object(database)
      var blobs = JSONObject()
      blobs["bytes"] = .integer(usage.blobBytes)
      blobs["files"] = .integer(usage.blobs)
      object["blobs"] = .object(blobs)
      object["runners"] = .integer(usage.runnerBytes)
      object["deployments"] = .integer(usage.deploymentBytes)
      object["receipts"] = .integer(usage.receiptBytes)
      return try session.console.print(.object(object))
    }
    var printer = try ListPrinter(
      session.console,
      [Column("part"), Column("entries", .right), Column("bytes", .right), Column("size", .right)])
    for row in rows {
      try printer.add(
        [
          .text(row.part), .number(row.entries), .number(row.bytes), .text(Words.bytes(row.bytes)),
        ], json: .null)
    }
    try printer.finish()
  }
}
