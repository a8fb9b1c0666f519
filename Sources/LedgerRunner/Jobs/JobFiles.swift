// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage

/// The files of a job on their way into the ledger and out of it.
extension JobRunner {
  var blobs: BlobStore { BlobStore(context.directory) }

  /// Copies a version's artifacts into a new folder, every byte verified on the way.
  func copyArtifacts(of version: Version, to folder: String) throws {
    guard let artifacts = version.made?.artifacts else {
      throw JobError.refused(.versionNotBuilt(version.id, version.status))
    }
    do {
      let list = try ArtifactFolder.list(artifacts.digest, in: blobs)
      try ArtifactFolder.materialise(list, from: blobs, into: folder)
    } catch {
      throw BlobErasure(context.ledger.reader).explain(error, of: artifacts.digest)
    }
  }

  /// What a completed command of this job made; its files are on disk when this returns.
  func result(of prepared: PreparedJob, _ job: ActiveJob) throws -> EndJob.Result {
    switch prepared.create.fact.kind {
    case .training:
      let list = try store(job)
      guard !list.entries.isEmpty else {
        throw JobError.badInput(
          "its command wrote no file into the folder JOBLEDGER_OUTPUT, so there is no version")
      }
      return .made(VersionMade(artifacts: list.summary), text: EventText())
    case .evaluation: return try evaluation(prepared, job)
    case .run, .prediction, .batchRun:
      let list = try store(job)
      let outputs = OutputsMade(
        deployment: prepared.create.fact.deployment, rows: try RowCount.rows(of: list, in: blobs),
        outputs: list.summary)
      return .outputs(outputs, drift: try drift(of: prepared, list, job))
    default: return .none
    }
  }

  /// Takes in what the command left in its output folder, unless the job is to stop meanwhile.
  private func store(_ job: ActiveJob) throws(FilesError) -> FileList {
    let folder = statusOfLink(job.workspace.output)
    guard let folder, folder.st_mode & S_IFMT == S_IFDIR else {
      throw FilesError(
        .unsuitable, "take in", job.workspace.output,
        folder == nil ? "its command removed it" : "its command put something else in its place",
        whatNext: "leave the folder JOBLEDGER_OUTPUT where it is, and write files into it")
    }
    return try ArtifactFolder.store(job.workspace.output, in: blobs) { () throws(FilesError) in
      guard job.isToStop() else { return }
      throw FilesError(.stopped, "take in", job.workspace.output, "the job was stopped")
    }
  }

  private func evaluation(_ prepared: PreparedJob, _ job: ActiveJob) throws -> EndJob.Result {
    let metrics: [Metric]?
    do throws(MetricsError) { metrics = try MetricsFile.read(job.workspace.metrics) } catch {
      throw JobError.badInput("its metrics cannot be recorded: \(error)")
    }
    guard let metrics, !metrics.isEmpty else {
      throw JobError.badInput(
        "its command wrote no metrics: it must write a flat JSON object of numbers into the file "
          + "JOBLEDGER_METRICS")
    }
    // Where no input is named, the data is the empty list of inputs.
    let data = try prepared.dataDigest ?? blobs.put(Inputs.none.canonical)
    let outputs = try store(job)
    let report = outputs.entries.first { $0.path.utf8.elementsEqual("report.json".utf8) }
    return .evaluated(
      VersionEvaluated(
        metrics: metrics, dataDigest: data, reportDigest: report?.digest,
        responsible: context.caller.actor.person), text: EventText())
  }
}
