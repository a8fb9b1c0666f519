// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// What a reference can lead to.
public enum ReferentKind: String, CaseIterable, Sendable {
  /// A job.
  case job
  /// A version.
  case version
  /// A deployment.
  case deployment
  /// A model or feature task.
  case subject
  /// A schedule.
  case schedule
  /// A project.
  case project
  /// An event.
  case event
}

/// What a reference led to.
public enum Referent: Hashable, Sendable {
  /// A job.
  case job(JobID)
  /// A version.
  case version(VersionID)
  /// A deployment.
  case deployment(DeploymentID)
  /// A model or feature task.
  case subject(SubjectID)
  /// A schedule.
  case schedule(project: Name, name: Name)
  /// A project.
  case project(Name)
  /// An event.
  case event(Position)

  /// The full written form, such as `churn/churn-lr@3`, `train-7k2pqx`, `#41`.
  public var written: String {
    switch self {
    case .job(let id), .deployment(let id): id.string
    case .version(let id): id.description
    case .subject(let id): id.description
    case .schedule(let project, let name): "\(project)/\(name)"
    case .project(let name): name.string
    case .event(let position): "#\(position.value)"
    }
  }

  /// What it is.
  public var kind: ReferentKind {
    switch self {
    case .job: .job
    case .version: .version
    case .deployment: .deployment
    case .subject: .subject
    case .schedule: .schedule
    case .project: .project
    case .event: .event
    }
  }
}

/// A reference as it was written (REF), before anything was looked up.
///
/// `#41`, `name@3`, `project/name@3`, `project/name`, or a word: an identifier of a job or
/// deployment, or a name; words and names may be cut short where they stay unique.
public struct Reference: Equatable, Sendable {
  /// The forms.
  enum Form: Equatable, Sendable {
    case event(Position)
    case name(project: Name?, name: Name, number: VersionNumber?)
  }

  /// As it was written.
  public let text: String
  let form: Form

  /// Reads a reference.
  public init(_ text: String) throws(ReferenceError) {
    self.text = text
    let bytes = text.utf8
    if bytes.first == UInt8(ascii: "#") {
      guard let position = Reference.number(bytes.dropFirst()), position < .max else {
        throw .malformed(text)
      }
      form = .event(Position(position))
      return
    }
    var rest = bytes[...]
    var number: VersionNumber?
    if let at = rest.firstIndex(of: UInt8(ascii: "@")) {
      guard let digits = Reference.number(rest[rest.index(after: at)...]),
        let value = UInt32(exactly: digits), value > 0
      else { throw .malformed(text) }
      number = VersionNumber(value)
      rest = rest[..<at]
    }
    var project: Name?
    if let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
      guard let name = Name(Substring(rest[..<slash])) else { throw .malformed(text) }
      project = name
      rest = rest[rest.index(after: slash)...]
    }
    guard let name = Name(Substring(rest)) else { throw .malformed(text) }
    form = .name(project: project, name: name, number: number)
  }

  /// Digits without sign or leading zeros.
  private static func number(_ digits: Substring.UTF8View) -> UInt64? {
    guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1,
      digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return UInt64(Substring(digits))
  }
}

/// Why a reference leads nowhere.
public enum ReferenceError: Error, Equatable, Sendable {
  /// It has none of the forms.
  case malformed(String)
  /// It can mean several things; their full written forms, at most 20, and how many there are.
  case ambiguous(String, candidates: [String], count: Int)
  /// It means nothing, as of that size; what was looked for, and what could have been meant.
  case notFound(String, kinds: [ReferentKind], asOf: LedgerSize, suggestions: [String])
}
