// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// What is shown of a job.
public struct JobDocument: Document {
  /// Its state.
  public var job: Job
  /// The version it makes or uses, as it is written.
  public var version: String?
  /// The deployment it uses, makes or ends.
  public var deployment: DeploymentID?
  /// The words it was created with: command, parameters, inputs, paths, purpose, name.
  public var words: DisclosedText
  /// What a prediction, run or batch run left.
  public var outputs: OutputsMade?
  /// What a statistics job computed.
  public var statistics: StatisticsComputed?
  /// How far a prediction's data had moved, or how an evaluation compares with the approvals of what
  /// is deployed.
  public var drift: [DriftDocument] = []
  /// What went wrong, in words.
  public var error: Text?
  /// What is counted of its log, by level.
  public var log: LogCounts
  /// Its first event.
  public var first: Position
  /// Its last event, log lines included, progress not.
  public var last: Position

  /// How long it ran, or has been running when `size` was reached; nil before it starts.
  public func duration(until now: Timestamp?) -> UInt64? {
    if let known = job.ending?.durationMicroseconds { return known }
    guard let started = job.started?.time, let end = job.ended?.time ?? now else { return nil }
    return UInt64(max(0, end.microseconds - started.microseconds))
  }

  /// Who erased its words; nil where they are there, or nobody did.
  public var erasure: ErasureMark?

  /// The argument vector as one line, for people; nil when there is none or it was erased.
  public var commandLine: String? {
    guard let arguments = words[.command]?.array else { return words.string(.name)?.string }
    return arguments.map { CommandLineText.quote($0.text?.string ?? "?") }.joined(separator: " ")
  }

  /// The shape of a job (DESIGN §7), with more members behind it.
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("job", job.id)
    object.put("project", job.project)
    object.put("kind", job.kind.rawValue)
    object.put("subject", job.subject)
    object.put("version", version)
    object.put(number: "number", job.number?.value)
    object.put("deployment", deployment)
    object.put("status", job.status.rawValue)
    object.put("createdBy", job.createdBy)
    object.put("created", job.created.time)
    object.put("started", job.started?.time)
    object.put("ended", job.ended?.time)
    object.put(number: "exit", job.ending?.exit)
    object.put("signal", job.ending?.signal)
    object.put("trigger", job.request.trigger.rawValue)
    for member in [TextMember.command, .inputs, .name, .parameters, .paths, .purpose] {
      object.put(Text(member.name.description), words[member])
    }
    object.put("lines", log.lines.json)
    object.put("records", log.records.json)
    object.put("first", first)
    object.put("last", last)
    object.put("target", job.request.target)
    object.put("queued", job.request.queued)
    object.put("schedule", job.request.schedule)
    object.put("nominalTime", job.request.nominalTime)
    object.put("retryOf", job.request.retryOf)
    object.put("commit", job.request.commit)
    object.put("dirty", job.request.dirty)
    object.put("stopRequested", job.stopRequested?.time)
    object.put(number: "duration", job.ending?.durationMicroseconds)
    object.put("effectRemaining", job.ending?.effectRemaining?.rawValue)
    if let outputs {
      object.put(number: "rows", outputs.rows)
      object.put("outputs", outputs.outputs.json)
    }
    if let statistics {
      object.put(number: "rows", statistics.rows)
      object.put(number: "columns", statistics.columns.count)
      object.put("columnsDigest", statistics.columns.digest)
      object.put("validation", statistics.validation.rawValue)
    }
    if !drift.isEmpty { object.put("drift", .array(drift.map(\.json))) }
    object.put("error", error)
    if words == .erased { object.put("erased", true) }
    object.put("erasure", erasure?.json)
    return object.json
  }
}

extension Documents {
  /// A job, by its identifier.
  public mutating func job(_ id: JobID) throws(ReadingError) -> JobDocument? {
    guard case .job(let job)? = try snapshot.entity(.job(id), asOf: size) else { return nil }
    return try document(of: job)
  }

  /// Every job, oldest first.
  public mutating func forEachJob<Failure: Error>(
    _ body: (JobDocument) throws(Failure) -> Void
  ) throws {
    for position in try positions(of: .jobCreated) {
      try body(try job(createdAt: position))
    }
  }

  /// The job that an event created. That there is none is damage: nothing is left out of a list.
  mutating func job(createdAt position: Position) throws(ReadingError) -> JobDocument {
    if let id = try event(at: position).job, let document = try job(id) { return document }
    throw Documents.missing("the job of event #\(position.value)")
  }

  /// An event, or another row, names a thing that is not there.
  static func missing(_ thing: String) -> ReadingError {
    ReadingError(.rowDamaged("\(thing) has no row"), "reading a view")
  }

  /// Where the events of a type are, in order.
  func positions(of type: FactCode) throws(ReadingError) -> [Position] {
    var positions: [Position] = []
    try snapshot.forEachPosition(of: type, asOf: size) { position in
      positions.append(position)
      return true
    }
    return positions
  }

  /// Joins words, counts and ends to the state of a job. About six seeks.
  public mutating func document(of job: Job) throws(ReadingError) -> JobDocument {
    let words = try words(at: job.created.position)
    var error: Text?
    if let ended = job.ended, job.status != .completed {
      error = try self.words(at: ended.position).string(.error)
    }
    let summary = try snapshot.logSummary(of: job.id, asOf: size)
    var deployment = job.request.deployment
    if deployment == nil, job.kind == .deployment {
      let made = try snapshot.entity(.deployment(job.id), asOf: size)
      if made != nil { deployment = job.id }
    }
    let results = try results(of: job)
    return JobDocument(
      job: job, version: try job.versionID.map { id throws(ReadingError) in try label(of: id) },
      deployment: deployment, words: words, outputs: results.outputs,
      statistics: results.statistics, drift: results.drift, error: error,
      log: summary?.counts ?? LogCounts(),
      first: job.created.position,
      last: try snapshot.lastPosition(of: job.id, asOf: size) ?? job.created.position,
      erasure: words == .erased
        ? try erasure(of: try event(at: job.created.position)) : nil)
  }

  /// What the events before a job's last one say of its results; they are of one transaction.
  private mutating func results(of job: Job) throws(ReadingError) -> Results {
    var results = Results()
    guard job.status == .completed, var position = job.ended?.position.value,
      [.prediction, .run, .batchRun, .statistics, .evaluation].contains(job.kind)
    else { return results }
    while position > 0 {
      position -= 1
      let event = try event(at: Position(position))
      guard event.job == job.id else { break }
      switch event.fact {
      case .driftMeasured(let fact):
        results.drift.insert(DriftDocument(mark: Mark(event), fact: fact), at: 0)
        continue
      case .predictionCompleted(let made), .runCompleted(let made): results.outputs = made
      case .statisticsComputed(let computed): results.statistics = computed
      default: break
      }
      break
    }
    return results
  }

  private struct Results {
    var outputs: OutputsMade?
    var statistics: StatisticsComputed?
    var drift: [DriftDocument] = []
  }

  /// The states of a kind, so that lists can be made while the cursor is closed.
  func states(of kind: EntityKind) throws(ReadingError) -> [Entity] {
    var states: [Entity] = []
    try forEach(kind) { (entity) throws(ReadingError) in states.append(entity) }
    return states
  }
}

extension FilesDigest {
  /// Count, size and digest of the list.
  var json: JSONValue {
    var object = DocumentObject()
    object.put(number: "count", count)
    object.put(number: "bytes", bytes)
    object.put("digest", digest)
    return object.json
  }
}

/// Argument vectors as a shell would need them, for people to read.
enum CommandLineText {
  static func quote(_ argument: String) -> String {
    let isPlain =
      !argument.isEmpty
      && argument.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || "-_./:=@%+,".utf8.contains(byte) || byte >= 0x80
      }
    if isPlain { return argument }
    var quoted = "'"
    for scalar in argument.unicodeScalars {
      if scalar == "'" { quoted += "'\\''" } else { quoted.unicodeScalars.append(scalar) }
    }
    return quoted + "'"
  }
}
