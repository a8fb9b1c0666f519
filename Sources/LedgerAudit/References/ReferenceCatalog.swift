// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// What references are looked up in: the entities as of one size.
public protocol ReferenceCatalog {
  /// Why looking up can fail.
  associatedtype Failure: Error
  /// The size as of which it answers.
  var size: LedgerSize { get }
  /// Whether the entity exists.
  func contains(_ key: EntityKey) throws(Failure) -> Bool
  /// The greatest version number of a subject; nil when there is no such subject.
  func latestNumber(of subject: SubjectID) throws(Failure) -> UInt32?
  /// Calls `body` with every job, deployment, subject, schedule or project, in order of keys.
  func forEach(
    _ kind: ReferentKind, _ body: (Referent) throws(Failure) -> Void
  ) throws(Failure)
}

/// What became of looking a reference up: a reader's failure, or the reference's own.
public enum Resolution: Equatable, Sendable {
  /// It leads here.
  case found(Referent)
  /// It leads nowhere.
  case failed(ReferenceError)

  /// What it leads to.
  public func get() throws(ReferenceError) -> Referent {
    switch self {
    case .found(let referent): return referent
    case .failed(let error): throw error
    }
  }
}

extension Reference {
  /// Looks the reference up: an exact match first, then a unique beginning.
  ///
  /// `kinds` are those that the caller can use, the preferred first: where a job and its
  /// deployment share an identifier, or a subject and a schedule a name, the preferred is meant.
  /// An exact match costs one seek a project; all else reads every key of the kinds.
  public func resolve<Catalog: ReferenceCatalog>(
    _ kinds: [ReferentKind], in catalog: Catalog
  ) throws(Catalog.Failure) -> Resolution {
    switch form {
    case .event(let position):
      guard kinds.contains(.event) else { return notFound(kinds, catalog.size, []) }
      guard catalog.size.includes(position) else { return notFound([.event], catalog.size, []) }
      return .found(.event(position))
    case .name(let project, let name, let number?):
      guard kinds.contains(.version) else {
        return notFound(kinds, catalog.size, try subject(project, name, kinds, catalog))
      }
      return try resolveVersion(project, name, number, catalog)
    case .name(let project, let name, nil):
      return try resolveName(project, name, kinds, catalog)
    }
  }

  private func notFound(
    _ kinds: [ReferentKind], _ size: LedgerSize, _ suggestions: [String]
  ) -> Resolution {
    .failed(.notFound(text, kinds: kinds, asOf: size, suggestions: suggestions))
  }

  private func ambiguous(_ found: [Referent]) -> Resolution {
    let written = found.map(\.written).sorted()
    return .failed(
      .ambiguous(text, candidates: Array(written.prefix(20)), count: written.count))
  }

  private func resolveVersion<Catalog: ReferenceCatalog>(
    _ project: Name?, _ name: Name, _ number: VersionNumber, _ catalog: Catalog
  ) throws(Catalog.Failure) -> Resolution {
    let kinds = [ReferentKind.version]
    let subjects = try resolveName(project, name, [.subject], catalog)
    switch subjects {
    case .found(.subject(let subject)):
      let id = VersionID(subject: subject, number: number)
      if try catalog.contains(.version(id)) { return .found(.version(id)) }
      let latest = try catalog.latestNumber(of: subject) ?? 0
      let near = latest == 0 ? [] : ["\(subject)@\(latest)"]
      return notFound(kinds, catalog.size, near)
    case .failed(.ambiguous(_, let candidates, let count)):
      return .failed(
        .ambiguous(text, candidates: candidates.map { "\($0)@\(number.value)" }, count: count))
    case .failed(.notFound(_, _, _, let suggestions)):
      return notFound(kinds, catalog.size, suggestions.map { "\($0)@\(number.value)" })
    default:
      return notFound(kinds, catalog.size, [])
    }
  }

  private func resolveName<Catalog: ReferenceCatalog>(
    _ project: Name?, _ name: Name, _ kinds: [ReferentKind], _ catalog: Catalog
  ) throws(Catalog.Failure) -> Resolution {
    for kind in kinds {
      let exact = try self.exact(kind, project, name, catalog)
      if exact.count > 1 { return ambiguous(exact) }
      if let only = exact.first { return .found(only) }
    }
    var found: [Referent] = []
    var identifiers: Set<String> = []
    var known: [String] = []
    for kind in kinds where kind != .event && kind != .version {
      try catalog.forEach(kind) { (referent) throws(Catalog.Failure) in
        let (itsProject, itsName) = referent.parts
        let matches = itsName.utf8.starts(with: name.string.utf8)
        if let project {
          guard let itsProject else { return }
          if matches, itsProject == project.string {
            if identifiers.insert(referent.written).inserted { found.append(referent) }
          }
          known.append(referent.written)
        } else {
          // A job and its deployment share an identifier: the preferred kind came first.
          if matches, identifiers.insert(referent.written).inserted { found.append(referent) }
          known.append(itsName)
        }
      }
    }
    if found.count > 1 { return ambiguous(found) }
    if let only = found.first { return .found(only) }
    let near = EditDistance.suggestions(
      for: project.map { "\($0)/\(name)" } ?? name.string, among: known)
    if near.isEmpty, kinds.contains(.version), !kinds.contains(.subject),
      case .found(.subject(let subject)) = try resolveName(project, name, [.subject], catalog),
      let latest = try catalog.latestNumber(of: subject), latest > 0
    {
      return notFound(kinds, catalog.size, ["\(subject)@\(latest)"])
    }
    return notFound(kinds, catalog.size, near)
  }

  /// The subject of a version that was named where a subject was wanted, to be suggested.
  private func subject<Catalog: ReferenceCatalog>(
    _ project: Name?, _ name: Name, _ kinds: [ReferentKind], _ catalog: Catalog
  ) throws(Catalog.Failure) -> [String] {
    guard kinds.contains(.subject),
      case .found(let subject) = try resolveName(project, name, [.subject], catalog)
    else { return [] }
    return [subject.written]
  }

  /// What has exactly this name; of a subject or schedule without project, in every project.
  private func exact<Catalog: ReferenceCatalog>(
    _ kind: ReferentKind, _ project: Name?, _ name: Name, _ catalog: Catalog
  ) throws(Catalog.Failure) -> [Referent] {
    switch kind {
    case .event, .version: return []
    case .job, .deployment:
      guard project == nil, let id = JobID(name.string) else { return [] }
      let referent: Referent = kind == .job ? .job(id) : .deployment(id)
      let key: EntityKey = kind == .job ? .job(id) : .deployment(id)
      return try catalog.contains(key) ? [referent] : []
    case .project:
      guard project == nil else { return [] }
      return try catalog.contains(.project(name)) ? [.project(name)] : []
    case .subject, .schedule:
      var projects = project.map { [$0] } ?? []
      if project == nil {
        try catalog.forEach(.project) { (referent) throws(Catalog.Failure) in
          if case .project(let name) = referent { projects.append(name) }
        }
      }
      var found: [Referent] = []
      for project in projects {
        let subject = SubjectID(project: project, name: name)
        let (key, referent): (EntityKey, Referent) =
          kind == .subject
          ? (.subject(subject), .subject(subject))
          : (.schedule(project: project, name: name), .schedule(project: project, name: name))
        if try catalog.contains(key) { found.append(referent) }
      }
      return found
    }
  }
}

extension Referent {
  /// The project, where it has one, and the name that a reference cuts short.
  fileprivate var parts: (project: String?, name: String) {
    switch self {
    case .job(let id), .deployment(let id): (nil, id.string)
    case .subject(let id): (id.project.string, id.name.string)
    case .version(let id): (id.subject.project.string, id.subject.name.string)
    case .schedule(let project, let name): (project.string, name.string)
    case .project(let name): (nil, name.string)
    case .event: (nil, written)
    }
  }
}
