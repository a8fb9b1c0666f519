// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerCodec
public import LedgerDomain
import LedgerReading
import LedgerStatistics

extension JobRunner {
  /// Checks a version of a model against a data set and computes the set's statistics, which later
  /// scorings are compared with.
  ///
  /// `data` is an absolute path of a CSV file. What the model wants and the data do not have stands
  /// in the job's log; where it prevents scoring, the job fails and there are no statistics. Errors:
  /// `JobError`; then nothing is recorded of it.
  public func statistics(
    _ version: VersionID, data: String, _ settings: RunSettings = RunSettings()
  ) throws(JobError) -> JobReport {
    try wrapping {
      let state = try context.state(of: version)
      guard state.kind == .model else {
        throw JobError.usage("there are no statistics of a feature, which \(version) is")
      }
      let prepared = try prepare(state, data, settings)
      return try withJob(prepared, settings) { job in
        do {
          return try describe(state, data, prepared, job)
        } catch {
          return job.fail("\(error)")
        }
      }
    }
  }

  // MARK: Parts

  private static let inputName = Name("data")!

  private func prepare(
    _ version: Version, _ data: String, _ settings: RunSettings
  ) throws -> PreparedJob {
    var prepared = PreparedJob(
      create: CreateJob(
        project: version.id.subject.project, subject: version.reference,
        number: version.id.number,
        fact: JobCreated(kind: .statistics, trigger: settings.trigger)),
      arguments: [], folder: "/")
    let locations = [JobRunner.inputName: data]
    try describeInputs(locations, &prepared)
    prepared.create.text = EventText([
      .inputs: .object(
        JSONObject(sorted: [
          JSONObject.Member(name: Text(JobRunner.inputName.string), value: .string(data))
        ]))
    ])
    if let purpose = settings.purpose { prepared.create.text[.purpose] = .string(purpose) }
    return prepared
  }

  private func describe(
    _ version: Version, _ data: String, _ prepared: PreparedJob, _ job: ActiveJob
  ) throws -> JobReport {
    let model = try model(of: version)
    guard let statistics = try compute(data, prepared.dataDigest, job) else {
      return job.endUnsuccessful(ActiveJob.CommandOutcome(stop: job.stopCause()))
    }
    let validation = model.validate(against: statistics)
    try job.log(
      [statistics.size]
        + statistics.oddities.lines + validation.lines)
    let errors = validation.findings.filter { $0.severity == .error }
    if let first = errors.first {
      let more = errors.count > 1 ? " (and \(errors.count - 1) more in its log)" : ""
      throw JobError.badInput("the data do not fit the model: \(first.detail.string)\(more)")
    }
    let columns = try blobs.put(try CanonicalJSON.encode(statistics.columnsJSON))
    let fact = StatisticsComputed(
      dataDigest: prepared.dataDigest ?? columns, rows: statistics.rows,
      columns: ListDigest(count: UInt64(statistics.columns.count), digest: columns),
      validation: validation.verdict)
    return job.end(
      EndJob(
        job: job.id, status: .completed, ending: job.ending(nil), result: .statistics(fact)))
  }

  /// What the first of a version's files that has a known form says of itself.
  func model(of version: Version) throws -> ModelDescription {
    guard let artifacts = version.made?.artifacts else {
      throw JobError.refused(.versionNotBuilt(version.id, version.status))
    }
    let list = try ArtifactFolder.list(artifacts.digest, in: blobs)
    for entry in list.entries {
      let description = try ModelInspection.describe(entry, in: blobs)
      if description.format != .other { return description }
    }
    return ModelDescription(format: .other, details: .other("a form that is not known"))
  }

  /// The statistics of the file that was digested; nil when the job is to stop.
  private func compute(
    _ data: String, _ digest: Digest?, _ job: ActiveJob
  ) throws -> DataStatistics? {
    var builder = StatisticsBuilder()
    let isWhole = try DataFile.read(data, digest, for: job) { bytes throws(DataError) in
      try builder.consume(bytes)
    }
    guard isWhole else { return nil }
    do throws(DataError) { return try builder.finish() } catch {
      throw JobError.badInput("\(data): \(error)")
    }
  }
}

/// Looking into stored model files, by the room that knows their forms.
enum ModelInspection {
  /// What a stored file says of itself; an error for one that breaks the rules of the form that it
  /// claims.
  static func describe(
    _ entry: FileList.Entry, in blobs: BlobStore
  ) throws -> ModelDescription {
    let number = clinux_openat(AT_FDCWD, blobs.path(entry.digest), O_RDONLY | O_NOFOLLOW, 0)
    guard number >= 0 else { throw FilesError.system("read the blob of", entry.path) }
    let file = Descriptor(owning: number)
    do throws(ModelError) {
      return try ModelFile.inspect(readingFrom: file.number, name: entry.path)
    } catch {
      throw JobError.badInput("\(entry.path): \(error)")
    }
  }
}

extension ModelValidation.Finding.Severity {
  fileprivate var level: LogLevel {
    switch self {
    case .error: .error
    case .warning: .warning
    case .note: .info
    }
  }
}

extension ModelValidation {
  /// The findings, one line each; columns that the model does not look at share one.
  fileprivate var lines: [(LogLevel, Text)] {
    var lines: [(LogLevel, Text)] = []
    var unused: [String] = []
    for finding in findings {
      if finding.code == .extraColumn, let field = finding.field {
        unused.append(field.string)
      } else {
        lines.append((finding.severity.level, finding.detail))
      }
    }
    if !unused.isEmpty {
      let more = unused.count > 10 ? " and \(unused.count - 10) more" : ""
      let names = unused.prefix(10).joined(separator: ", ")
      lines.append((.info, Text("the model does not look at \(names)\(more)")))
    }
    return lines
  }
}

extension DataStatistics {
  /// How much there is; data without a row describe nothing.
  fileprivate var size: (LogLevel, Text) {
    let rows = rows == 1 ? "1 row" : "\(rows) rows"
    let columns = columns.count == 1 ? "1 column" : "\(columns.count) columns"
    let words = "\(rows), \(columns)"
    return self.rows == 0
      ? (.warning, Text("\(words): there is a header and nothing else")) : (.info, Text(words))
  }
}

extension DataOddities {
  /// What is odd about a file, one warning each.
  fileprivate var lines: [(LogLevel, Text)] {
    var lines: [(LogLevel, Text)] = []
    func note(_ notes: LineNotes, _ what: String) {
      guard notes.count > 0 else { return }
      let first = notes.lines.map(String.init).joined(separator: ", ")
      let more = notes.count > UInt64(notes.lines.count) ? " and others" : ""
      lines.append((.warning, Text("\(notes.count) \(what), on line \(first)\(more)")))
    }
    note(ragged, "rows have another number of fields than the header")
    note(invalidUTF8, "rows hold bytes that are no UTF-8")
    note(looseQuotes, "fields go on after their closing quote")
    if !duplicateNames.isEmpty {
      let names = duplicateNames.map(\.string).joined(separator: ", ")
      lines.append((.warning, Text("the header gives a name more than once: \(names)")))
    }
    if emptyNames > 0 { lines.append((.warning, Text("\(emptyNames) columns have no name"))) }
    return lines
  }
}
