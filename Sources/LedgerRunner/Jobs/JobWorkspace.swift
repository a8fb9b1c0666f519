// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading

/// The folder that a running job works with, beside its runner's lock: `runners/<job>.d`.
///
/// On the ledger's own file system, so that outputs become blobs without crossing one.
struct JobWorkspace: Sendable {
  /// The folder.
  let path: String

  /// Where the files are that become artifacts.
  var output: String { path + "/output" }
  /// Where a copy of the version's artifacts is.
  var model: String { path + "/model" }
  /// Where metrics are written by the command.
  var metrics: String { path + "/metrics.json" }
  /// Where the command reads its parameters.
  var parameters: String { path + "/parameters.json" }

  /// Names the folder of a job, making nothing.
  init(_ directory: LedgerDirectory, _ job: JobID) {
    path = directory.runnerFile(job) + ".d"
  }

  /// Makes the folder and its output folder, empty.
  func make() throws(JobError) {
    ArtifactFolder.remove(path)
    for folder in [path, output] where mkdir(folder, 0o700) != 0 {
      throw .inputOutput(
        "the job's folder '\(folder)' could not be made: \(SystemFailure.words(for: errno))")
    }
  }

  /// Writes a file of the job's own.
  func write(_ file: String, _ bytes: [UInt8]) throws(JobError) {
    do throws(DirectoryError) { try DurableFile.create(file, bytes, mode: 0o600) } catch {
      throw .inputOutput("\(error)")
    }
  }

  /// Removes the folder; what cannot be removed stays.
  func remove() { ArtifactFolder.remove(path) }
}
