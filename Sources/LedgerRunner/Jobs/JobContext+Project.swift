// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

extension JobContext {
  /// The folder of a project, from the words of the event that described it last.
  func folder(of project: Name) throws(JobError) -> String {
    let path = try read { (snapshot) throws(ReadingError) -> Text?? in
      guard
        case .project(let state)? = try snapshot.entity(.project(project), asOf: snapshot.size)
      else { return nil }
      let event = try snapshot.event(at: state.described.position)
      return .some(try snapshot.text(of: event).string(.path))
    }
    guard let path else { throw .refused(.projectNotFound(project)) }
    guard let path, !path.string.isEmpty else {
      throw .notFound(
        "the folder of project '\(project)' is not known: tell it with "
          + "'jobledger project update \(project) --path FOLDER'")
    }
    return path.string
  }

  /// The manifest of a project, whose name it must bear, and the project's folder.
  func manifest(of project: Name) throws -> (manifest: Manifest, folder: String) {
    let folder = try folder(of: project)
    let manifest = try Manifest.read(projectFolder: folder)
    guard manifest.project == project else {
      throw JobError.badInput(
        "\(folder)/\(Manifest.fileName) is of project '\(manifest.project)', not '\(project)': "
          + "correct its first lines, or the project's folder with 'jobledger project update'")
    }
    return (manifest, folder)
  }

  /// The words of a job's first event.
  func request(of job: Job) throws(JobError) -> EventText {
    let text = try read { (snapshot) throws(ReadingError) -> DisclosedText in
      try snapshot.text(of: try snapshot.event(at: job.created.position))
    }
    switch text {
    case .values(let values): return values
    case .none: return EventText()
    case .erased:
      throw .notFound("the words of \(job.id) were erased, its command with them")
    }
  }
}
