// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStatistics

extension JobRunner {
  /// Takes in files as a new version: a model made elsewhere, or the files of a feature task that
  /// its manifest names. Nothing in them is run, loaded or unpacked.
  ///
  /// The files are stored before the job exists, and where it is queued its first event names their
  /// list: what becomes of the files until a worker takes it does not matter. Errors: `JobError`, for
  /// a file that is missing, no regular file, too large, or changes while it is read; then nothing is
  /// recorded of it.
  public func importFiles(_ request: ImportRequest) throws(JobError) -> JobReport {
    try wrapping {
      if case .start(let queued) = context.mode { return try importStored(request, queued) }
      let sources = try sources(of: request)
      var entries: [FileList.Entry] = []
      for file in sources.files {
        try requireSize(file.location, atMost: request.limitBytes)
        entries.append(try blobs.put(folder: AT_FDCWD, name: file.location, path: file.name))
      }
      let list = FileList(entries)
      var request = request
      request.format = try request.format ?? format(of: list, request.kind)
      try blobs.put(list.canonical)
      var prepared = try prepare(request, sources)
      var runner = self
      if case .queue(.importFiles(var task)) = context.mode {
        task.format = request.format
        runner.context.mode = .queue(.importFiles(task))
        prepared.create.fact.inputs = ListDigest(
          count: UInt64(list.entries.count), digest: list.summary.digest)
      }
      return try runner.record(list, request, as: prepared)
    }
  }

  // MARK: Parts

  /// Makes a version of files that were stored when the job was queued.
  private func importStored(
    _ request: ImportRequest, _ queued: QueuedJob
  ) throws -> JobReport {
    guard let stored = queued.job.request.inputs else {
      throw JobError.badInput("the ledger does not hold which files were taken in")
    }
    let list = try ArtifactFolder.list(stored.digest, in: blobs)
    for entry in list.entries where try !blobs.has(entry.digest, bytes: entry.bytes) {
      throw FilesError(
        .damaged, "import", entry.path, "what was stored of it when it was queued is gone",
        whatNext: "import it again")
    }
    let create = CreateJob(
      project: request.subject.project,
      subject: SubjectReference(kind: request.kind, name: request.subject.name),
      fact: queued.job.request, text: queued.text)
    return try record(
      list, request, as: PreparedJob(create: create, arguments: [], folder: "/"))
  }

  /// Records stored files as a new version, by a job of its own.
  private func record(
    _ list: FileList, _ request: ImportRequest, as prepared: PreparedJob
  ) throws -> JobReport {
    try withJob(prepared, request.settings) { job in
      if let cause = job.stopCause() {
        return job.endUnsuccessful(ActiveJob.CommandOutcome(stop: cause))
      }
      var text = EventText()
      if let words = request.externalID { text[.externalId] = .string(words) }
      if let words = request.origin { text[.origin] = .string(words) }
      if let words = request.rationale { text[.rationale] = .string(words) }
      let made = VersionMade(
        artifacts: list.summary, format: request.format, parent: request.parent)
      return job.end(
        EndJob(
          job: job.id, status: .completed, ending: job.ending(nil),
          result: .made(made, text: text)))
    }
  }

  /// The form that a model's files have by their content, else their names; an error for a file that
  /// breaks the rules of the form that it claims.
  private func format(of list: FileList, _ kind: SubjectKind) throws -> Name? {
    guard kind == .model else { return nil }
    let formats = try list.entries.map { entry in
      do { return try ModelInspection.describe(entry, in: blobs).format } catch let error
        as JobError
      {
        guard case .badInput(let words) = error else { throw error }
        throw JobError.badInput("\(words). To keep the file as it is, name its --format")
      }
    }
    return formats.first { $0 != .other }.flatMap { Name($0.rawValue) }
  }

  /// The files of an import: where they are, and what they are called among the artifacts.
  private struct Sources {
    var files: [(location: String, name: String)] = []
    var folder: String?
    var manifestDigest: Digest?
    var code: CodeDigest?
  }

  private func sources(of request: ImportRequest) throws -> Sources {
    switch request.kind {
    case .model: return try modelSources(request.files)
    case .feature: return try featureSources(request.subject)
    }
  }

  private func modelSources(_ files: [String]) throws -> Sources {
    guard !files.isEmpty else { throw JobError.usage("an import takes at least one file") }
    var sources = Sources()
    var taken: Set<Text> = []
    for file in files {
      let name = String(decoding: file.utf8.split(separator: 0x2F).last ?? [], as: UTF8.self)
      guard RelativePath.isSafe(name) else {
        throw JobError.badInput("'\(file)' cannot be kept under its name: give it another")
      }
      guard taken.insert(Text(name)).inserted else {
        throw JobError.badInput("two of the files are named '\(name)': rename one of them")
      }
      sources.files.append((file, name))
    }
    return sources
  }

  private func featureSources(_ task: SubjectID) throws -> Sources {
    let (manifest, folder) = try context.manifest(of: task.project)
    let reference = SubjectReference(kind: .feature, name: task.name)
    let file = "\(folder)/\(Manifest.fileName)"
    let files = try entry(reference, in: manifest.features, file).importFiles
    guard !files.isEmpty else {
      throw JobError.notFound(
        "\(file) tells no files of feature task '\(task.name)': add a line such as "
          + "import: {files: [features.py]}")
    }
    // Kept, since the digest of the manifest is recorded.
    _ = try source(of: reference, in: task.project, manifest, folder)
    for file in files where !RelativePath.isSafe(file) {
      throw JobError.badInput("'\(file)' is no path of a file below \(folder)")
    }
    return Sources(
      files: files.map { ("\(folder)/\($0)", $0) }, folder: folder,
      manifestDigest: manifest.digest,
      code: try CodeDigest.digest(
        projectFolder: folder, globs: manifest.code, environment: JobEnvironment.ofCaller()))
  }

  private func requireSize(_ file: String, atMost limit: UInt64) throws(FilesError) {
    guard let status = statusOfLink(file) else { throw .system("import", file) }
    guard status.st_mode & S_IFMT == S_IFREG, UInt64(status.st_size) > limit else { return }
    throw FilesError(
      .tooMuch, "import", file, "it has \(status.st_size) bytes, and the limit is \(limit)",
      whatNext: "allow more with --limit")
  }

  private func prepare(_ request: ImportRequest, _ sources: Sources) throws -> PreparedJob {
    var fact = JobCreated(kind: .import, trigger: request.settings.trigger)
    fact.commit = sources.code?.commit
    fact.dirty = sources.code?.isDirty
    var paths = JSONObject()
    paths["files"] = .array(sources.files.map { .string($0.location) })
    if let folder = sources.folder { paths["folder"] = .string(folder) }
    var text = EventText([.paths: .object(paths)])
    if let purpose = request.settings.purpose { text[.purpose] = .string(purpose) }
    return PreparedJob(
      create: CreateJob(
        project: request.subject.project,
        subject: SubjectReference(kind: request.kind, name: request.subject.name), fact: fact,
        manifestDigest: sources.manifestDigest, text: text),
      arguments: [], folder: sources.folder ?? "/")
  }
}
