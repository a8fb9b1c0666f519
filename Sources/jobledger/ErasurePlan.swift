// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner
import LedgerStorage

/// What an erasure would take.
struct ErasurePlan {
  /// Words that match a pattern.
  struct Match {
    var position: Position
    var job: JobID
    /// The line of the log; nil for other words of the job.
    var line: UInt64?
    /// What stands around it, with what matches blacked out.
    var context: String
  }

  /// One event each.
  var items: [ErasureItem] = []
  /// What matched, where a pattern was given.
  var matches: [Match]?
  /// How many events have lost their words before.
  var goneAlready: UInt64 = 0
  /// How many events never had words.
  var wordless: UInt64 = 0
  /// Files that were erased before.
  var filesGone: UInt64 = 0

  /// How many texts would go.
  var texts: UInt64 {
    items.reduce(0) { sum, item in
      if case .texts = item.what { sum + item.count } else { sum }
    }
  }

  /// Why there is nothing to do.
  var nothingWords: String {
    if goneAlready > 0 || filesGone > 0 {
      return "nothing to do: it was erased before"
    }
    return matches != nil ? "nothing to do: nothing matches" : "nothing to do: it has no words"
  }

  /// Prints it as a list, and sums it up beside.
  func show(_ session: Session) throws {
    try session.paging {
      if let matches { try show(matches, session.console) } else { try showItems(session.console) }
    }
    let console = session.console
    console.remark(
      items.isEmpty
        ? nothingWords
        : "would erase \(summary), in \(Words.count(UInt64(items.count), "event"))")
    if goneAlready > 0, !items.isEmpty {
      console.remark("\(Words.count(goneAlready, "text")) were erased before")
    }
  }

  private var summary: String {
    var parts: [String] = []
    if texts > 0 { parts.append(Words.count(texts, "text")) }
    var files: Set<Digest> = []
    for case .blobs(let digests) in items.map(\.what) { files.formUnion(digests) }
    if !files.isEmpty { parts.append(Words.count(UInt64(files.count), "stored file")) }
    return parts.joined(separator: " and ")
  }

  private func show(_ matches: [Match], _ console: Console) throws {
    var printer = try ListPrinter(
      console,
      [
        Column("event", .right), Column("job"), Column("line", .right),
        Column("context", isFlexible: true),
      ])
    for match in matches {
      try printer.add(
        [
          .number(match.position.value), .text(match.job.string), .number(match.line),
          .text(match.context),
        ], json: match.json)
    }
    try printer.finish()
  }

  private func showItems(_ console: Console) throws {
    var printer = try ListPrinter(
      console,
      [
        Column("what", isFlexible: true), Column("about"), Column("job"), Column("count", .right),
      ])
    for item in items {
      try printer.add(
        [
          .text(item.words), .text(item.about), .text(item.job?.string), .number(item.count),
        ], json: item.json)
    }
    try printer.finish()
  }
}

extension ErasurePlan.Match {
  fileprivate var json: JSONValue {
    var object = JSONObject()
    object["context"] = .string(Text(context))
    object["job"] = .string(job.string)
    object["line"] = line.map { .integer($0) }
    object["position"] = .integer(position.value)
    return .object(object)
  }
}

extension ErasureItem {
  fileprivate var words: String {
    switch what {
    case .texts(let ranges):
      ranges.prefix(20).map(\.words).joined(separator: " ")
        + (ranges.count > 20 ? " and \(ranges.count - 20) ranges more" : "")
    case .blobs(let digests): digests.map(\.description).joined(separator: " ")
    }
  }

  fileprivate var about: String? {
    guard let subject else { return project?.string }
    let name = project.map { "\($0)/\(subject.name)" } ?? subject.name.string
    return number.map { "\(name)@\($0.value)" } ?? name
  }

  fileprivate var json: JSONValue {
    var object = JSONObject()
    object["about"] = about.map { .string(Text($0)) }
    object["count"] = .integer(count)
    object["job"] = job.map { .string($0.string) }
    switch what {
    case .texts(let ranges):
      object["ranges"] = .array(
        ranges.map { .array([.integer($0.from.value), .integer($0.to.value)]) })
    case .blobs(let digests):
      object["digests"] = .array(digests.map { .string($0.description) })
    }
    return .object(object)
  }
}

/// Looks up what references and a pattern mean.
struct ErasurePlanner {
  private let snapshot: Snapshot
  private let directory: LedgerDirectory
  private var ranges: [PositionRange] = []
  private var jobs: [JobID] = []
  private var digests: [Digest] = []
  private var chosen: [JobID: Set<UInt64>] = [:]
  private var plan = ErasurePlan()

  init(_ snapshot: Snapshot, _ directory: LedgerDirectory) {
    self.snapshot = snapshot
    self.directory = directory
  }

  /// Adds what a reference names; with a pattern, what of it matches.
  mutating func add(_ ref: String, _ pattern: TextPattern?) throws {
    if let pattern { return try search(ref, pattern) }
    if let digest = Digest(ref) {
      digests.append(digest)
    } else if let range = try eventRange(ref) {
      ranges.append(range)
    } else if let colon = ref.utf8.firstIndex(of: UInt8(ascii: ":")) {
      try addFile(String(ref[..<colon]), String(ref[ref.utf8.index(after: colon)...]), ref)
    } else {
      switch try resolve(ref, [.job, .event]) {
      case .job(let job): jobs.append(job)
      case .event(let position): ranges.append(PositionRange(from: position, to: position))
      default: break
      }
    }
  }

  /// All of it as events to come.
  mutating func finish() throws -> ErasurePlan {
    try surveyTexts()
    try surveyFiles()
    return plan
  }

  private func resolve(_ ref: String, _ kinds: [ReferentKind]) throws -> Referent {
    try Reference(ref).resolve(kinds, in: SnapshotCatalog(snapshot, asOf: snapshot.size)).get()
  }

  /// `#41..#50`; nil for anything else.
  private func eventRange(_ ref: String) throws -> PositionRange? {
    guard ref.utf8.first == UInt8(ascii: "#"), let dots = ref.firstRange(of: "..") else {
      return nil
    }
    var end = String(ref[dots.upperBound...])
    if end.utf8.first != UInt8(ascii: "#") { end = "#" + end }
    guard case .event(let from) = try resolve(String(ref[..<dots.lowerBound]), [.event]),
      case .event(let to) = try resolve(end, [.event])
    else { return nil }
    guard from <= to else {
      throw Failure(
        .badInput, code: "range", what: "erase", on: ref, why: "its end is before its beginning")
    }
    return PositionRange(from: from, to: to)
  }

  // MARK: Words

  private mutating func surveyTexts() throws {
    // Each event once, however often it was named.
    var merged: [PositionRange] = []
    for range in ranges.sorted(by: { $0.from < $1.from }) {
      if let last = merged.indices.last, range.from.value <= merged[last].to.value + 1 {
        merged[last].to = max(merged[last].to, range.to)
      } else {
        merged.append(range)
      }
    }
    try take(TextSurvey(snapshot, merged))
    var seen: Set<JobID> = []
    for job in jobs where seen.insert(job).inserted {
      guard let range = try range(of: job) else { continue }
      // An event of the job that was named by itself is in the first list already.
      var rest: Set<UInt64>?
      let named = merged.filter { $0.from <= range.to && $0.to >= range.from }
      if !named.isEmpty || chosen[job] != nil {
        rest = Set(
          (range.from.value...range.to.value).filter { value in
            !named.contains { $0.from.value <= value && value <= $0.to.value }
              && chosen[job]?.contains(value) ?? true
          })
      }
      try take(TextSurvey(snapshot, [range], job: job, chosen: rest, sparingErasures: true))
    }
  }

  private mutating func take(_ survey: TextSurvey) {
    plan.items += survey.items
    plan.goneAlready += survey.goneAlready
    plan.wordless += survey.wordless
  }

  /// From the first to the latest event of a job.
  private func range(of job: JobID) throws -> PositionRange? {
    guard case .job(let state)? = try snapshot.entity(.job(job), asOf: snapshot.size),
      let last = try snapshot.lastPosition(of: job, asOf: snapshot.size)
    else { return nil }
    return PositionRange(from: state.created.position, to: max(last, state.created.position))
  }

  // MARK: A pattern

  private mutating func search(_ ref: String, _ pattern: TextPattern) throws {
    var found: [JobID] = []
    switch try resolve(ref, [.job, .subject]) {
    case .job(let job): found = [job]
    case .subject(let subject):
      try snapshot.forEachEntity(of: .job, asOf: snapshot.size) { entity in
        if case .job(let job) = entity, job.subjectID == subject { found.append(job.id) }
        return true
      }
    default: break
    }
    plan.matches = plan.matches ?? []
    for job in found where chosen[job] == nil {
      var search = WordsSearch(snapshot, job, pattern)
      try search.run()
      plan.goneAlready += search.goneAlready
      if search.matches.isEmpty { continue }
      plan.matches?.append(contentsOf: search.matches)
      chosen[job] = Set(search.matches.map(\.position.value))
      jobs.append(job)
    }
  }

  // MARK: Files

  private mutating func addFile(_ version: String, _ path: String, _ ref: String) throws {
    guard case .version(let id) = try resolve(version, [.version]),
      case .version(let state)? = try snapshot.entity(.version(id), asOf: snapshot.size)
    else { return }
    guard let artifacts = state.made?.artifacts else {
      throw Failure(
        .notFound, code: "file-not-found", what: "erase", on: ref, why: "\(id) has no files")
    }
    let list: FileList
    do throws(FilesError) {
      list = try ArtifactFolder.list(artifacts.digest, in: BlobStore(directory))
    } catch {
      throw Failure(
        .notFound, code: "file-not-found", what: "erase", on: ref,
        why: "the list of the files of \(id) cannot be read: \(error.reason)",
        next: "name the file by its digest: sha256:…")
    }
    guard let entry = list.entries.first(where: { $0.path.utf8.elementsEqual(path.utf8) }) else {
      throw Failure(
        .notFound, code: "file-not-found", what: "erase", on: ref,
        why: "\(id) has no file of this name", next: "see them: jobledger show \(id)")
    }
    let survey = try BlobSurvey(snapshot, directory, of: [entry.digest])
    let others = (survey.owners[entry.digest] ?? []).filter { $0.versionID != id }
    guard others.isEmpty else {
      let names = others.map { $0.versionID?.description ?? $0.job?.string ?? "event" }
      throw Failure(
        .refused, code: "shared", what: "erase", on: ref,
        why: "the same bytes belong to \(names.joined(separator: ", ")) too",
        next: "to erase them everywhere: jobledger erase \(entry.digest)")
    }
    digests.append(entry.digest)
  }

  private mutating func surveyFiles() throws {
    if digests.isEmpty { return }
    let survey = try BlobSurvey(snapshot, directory, of: Set(digests))
    let erasures = try Erasures(snapshot)
    let store = BlobStore(directory)
    var wanted: [Digest] = []
    for digest in digests where !wanted.contains(digest) {
      let owner = survey.owners[digest]?.last?.position
      if let erased = erasures.artifacts[digest], owner.map({ $0 < erased }) ?? true {
        plan.filesGone += 1
        continue
      }
      guard store.contains(digest) else {
        throw Failure(
          .notFound, code: "file-not-found", what: "erase", on: digest.description,
          why: "there is no such stored file",
          next: owner == nil ? nil : "an event names it: run 'jobledger replay verify'")
      }
      wanted.append(digest)
    }
    plan.items += survey.items(wanted)
  }
}
