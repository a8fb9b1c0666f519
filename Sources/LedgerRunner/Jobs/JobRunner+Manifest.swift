// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain

/// From a subject to what its project's manifest says of it.
extension JobRunner {
  /// The command of a subject for a step, and what all its commands share.
  func task(
    of subject: SubjectReference, in project: Name, for step: Manifest.Step
  ) throws -> (Manifest.Task, Source) {
    let (manifest, folder) = try context.manifest(of: project)
    let file = "\(folder)/\(Manifest.fileName)"
    let task: Manifest.Task?
    switch subject.kind {
    case .model: task = try entry(subject, in: manifest.models, file)[step]
    case .feature: task = step == .run ? try entry(subject, in: manifest.features, file).run : nil
    }
    guard let task else {
      throw JobError.notFound(
        "\(file) tells no '\(step.rawValue)' of '\(subject.name)': add a line such as "
          + "\(step.rawValue): {run: [python3, \(step.rawValue).py]}")
    }
    return (task, try source(of: subject, in: project, manifest, folder))
  }

  /// What a manifest says of a subject, or the error that names those it knows.
  func entry<Entry>(
    _ subject: SubjectReference, in entries: [Name: Entry], _ file: String
  ) throws(JobError) -> Entry {
    if let entry = entries[subject.name] { return entry }
    let known = entries.keys.sorted().map(\.string).joined(separator: ", ")
    let kind = subject.kind == .model ? "model" : "feature task"
    throw .notFound(
      "\(file) has no \(kind) '\(subject.name)'" + (known.isEmpty ? "" : " (it has \(known))"))
  }

  /// What all commands of a subject share. The manifest is kept, since its digest is recorded.
  func source(
    of subject: SubjectReference, in project: Name, _ manifest: Manifest, _ folder: String
  ) throws -> Source {
    let file = "\(folder)/\(Manifest.fileName)"
    let kept = try blobs.put(folder: AT_FDCWD, name: file, path: Manifest.fileName)
    guard kept.digest == manifest.digest else {
      throw JobError.badInput("\(file) changed while it was read: try again")
    }
    return Source(
      project: project, subject: subject, folder: folder, variables: manifest.environment,
      code: manifest.code, manifestDigest: manifest.digest)
  }
}
