// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// What the events of one job tell up to a size; each was held against the tree.
struct JobStory {
  /// Data that a job was given.
  struct Input {
    /// The name it has in the job's words and in the command's environment.
    var name: String
    /// Of the file, or of the list of a folder's files; nil for what lies elsewhere and was not read.
    var digest: Digest?
    /// The size of what was digested.
    var bytes: JSONValue?
    /// Where it was, as the job's words say; nil where those are gone.
    var location: Text?
  }

  /// Its identifier.
  var id: JobID
  /// How it came about.
  var created: Event
  /// What was asked for.
  var request: JobCreated
  /// Its command, parameters and inputs.
  var words: ExportedWords
  /// Its start.
  var started: Event?
  /// How it ended.
  var ended: Event?
  /// What came of it, in order: versions, evaluations, decisions, deployments, outputs.
  var results: [Event] = []

  /// The version it makes or uses, where it is about one.
  var version: VersionID? { created.versionID ?? results.lazy.compactMap(\.versionID).first }

  /// Who runs it: what the runner says of itself.
  var runner: RunnerIdentity? {
    if case .jobStarted(let runner)? = started?.fact { runner } else { nil }
  }

  /// `project/subject.kind`, or less where it is about less.
  var name: String {
    let kind = request.kind.rawValue
    if let subject = created.subjectID { return "\(subject).\(kind)" }
    return created.project.map { "\($0).\(kind)" } ?? kind
  }

  /// How it ended, in the ledger's word; nil before that.
  var status: JobStatus? {
    switch ended?.fact {
    case .jobCompleted: .completed
    case .jobFailed: .failed
    case .jobStopped: .stopped
    case .jobLost: .lost
    default: nil
    }
  }
}

extension VerifiedHistory {
  /// The story of a job as of a size; nil for a job that does not begin before it. A seek an event.
  mutating func story(
    of job: JobID, asOf size: LedgerSize, in snapshot: Snapshot
  ) throws(ReadingError) -> JobStory? {
    var positions: [Position] = []
    try snapshot.forEachPosition(of: job, asOf: size) {
      positions.append($0)
      return true
    }
    var story: JobStory?
    for position in positions {
      let event = try event(at: position, in: snapshot)
      switch event.fact {
      case .jobCreated(let request):
        story = JobStory(
          id: job, created: event, request: request,
          words: try words(of: event, in: snapshot))
      case .jobStarted: story?.started = event
      case .jobCompleted, .jobFailed, .jobStopped, .jobLost: story?.ended = event
      default: story?.results.append(event)
      }
    }
    return story
  }

  /// The artifacts of a version that was made before a position; nil for one that was not.
  mutating func artifacts(
    of version: VersionID, before position: Position, in snapshot: Snapshot
  ) throws(ReadingError) -> Digest? {
    let before = LedgerSize(position.value)
    guard case .version(let state)? = try snapshot.entity(.version(version), asOf: before),
      let story = try story(of: state.job, asOf: before, in: snapshot)
    else { return nil }
    // A row only leads there; what counts is what an event says of this version.
    for result in story.results where result.versionID == version {
      switch result.fact {
      case .versionTrained(let made), .versionImported(let made): return made.artifacts.digest
      default: continue
      }
    }
    return nil
  }

  /// The data that a job was given, by its list; or the list alone, where it is not at hand.
  func inputs(of story: JobStory) -> [JobStory.Input] {
    guard let inputs = story.request.inputs else { return [] }
    let locations = story.words[.inputs]?.object
    guard let list = list(inputs.digest, namedAt: story.created.position) else {
      return [JobStory.Input(name: "inputs", digest: inputs.digest)]
    }
    return list.map { entry in
      // An import that waited names the files it takes in, which have a path and no name.
      let path = entry["name"] == nil ? entry["path"]?.text : nil
      let name = entry["name"]?.text ?? path ?? "input"
      return JobStory.Input(
        name: name.string, digest: entry["digest"]?.text.flatMap { Digest($0.string) },
        bytes: entry["bytes"],
        location: locations?[name]?.text ?? (story.words.isGone ? nil : path))
    }
  }
}
