// SPDX-License-Identifier: Apache-2.0
// LedgerDomain — what may happen to a model, and what follows from what happened.
// Pure: no file, clock, random number, task or Foundation. Everything arrives as a parameter.
// Invariant: `decide` alone may refuse; `evolve` folds whatever history holds, and never skips.
// Start at: Event (Event.swift), then decide (Decide.swift) and fold (Fold.swift).
// Tests: LedgerDomainTests.

/// A place in the whole log: 0-based, gapless, equal to the leaf index in the Merkle tree.
public struct Position: Hashable, Comparable, Sendable {
  /// The 0-based index.
  public var value: UInt64
  /// Wraps an index.
  public init(_ value: UInt64) { self.value = value }
  /// The position after this one.
  public var next: Position { Position(value + 1) }
  /// Orders positions as the log does.
  public static func < (left: Position, right: Position) -> Bool { left.value < right.value }
}

/// A number of events. As of size N means: after the events 0…N−1.
public struct LedgerSize: Hashable, Comparable, Sendable {
  /// The number of events.
  public var value: UInt64
  /// Wraps a count.
  public init(_ value: UInt64) { self.value = value }
  /// The size just after the event at `position`.
  public init(after position: Position) { self.value = position.value + 1 }
  /// Whether the event at `position` is among the first `value` events.
  public func includes(_ position: Position) -> Bool { position.value < value }
  /// Orders by count.
  public static func < (left: LedgerSize, right: LedgerSize) -> Bool { left.value < right.value }
}

/// An event's place among the events of its subject: 0-based, gapless.
public struct Revision: Hashable, Comparable, Sendable {
  /// The 0-based index.
  public var value: UInt64
  /// Wraps an index.
  public init(_ value: UInt64) { self.value = value }
  /// Orders revisions of one subject.
  public static func < (left: Revision, right: Revision) -> Bool { left.value < right.value }
}

/// The number of a version of a subject: 1, 2, 3 …
public struct VersionNumber: Hashable, Comparable, Sendable {
  /// The number, at least 1.
  public var value: UInt32
  /// Wraps a number; the caller has checked that it is at least 1.
  public init(_ value: UInt32) { self.value = value }
  /// Orders by number.
  public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// A name of a project, subject, target, schedule or member: `[A-Za-z0-9][A-Za-z0-9._-]{0,62}`.
///
/// ASCII by construction, so equality and order of the string are those of its bytes.
public struct Name: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The ASCII characters.
  public let string: String

  /// Accepts exactly the names of the grammar above; nil for anything else.
  public init?(_ string: some StringProtocol) {
    var count = 0
    for byte in string.utf8 {
      let isAlphanumeric = Name.isAlphanumeric(byte)
      let isMark = byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
      guard isAlphanumeric || (count > 0 && (isMark || byte == UInt8(ascii: "-"))) else {
        return nil
      }
      count += 1
    }
    guard (1...63).contains(count) else { return nil }
    self.string = String(string)
  }

  /// Takes a string already known to satisfy the grammar, such as a stored one that was checked.
  public init(unchecked string: String) { self.string = string }

  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  /// The name itself.
  public var description: String { string }
  /// Orders by bytes.
  public static func < (left: Name, right: Name) -> Bool { left.string < right.string }
}

/// Who acts: a member's name, or `uid:1000` for a user of the system without a usable login.
public struct ActorID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The ASCII characters.
  public let string: String

  /// Accepts a ``Name``, or `uid:` and decimal digits without leading zeros; nil otherwise.
  public init?(_ string: some StringProtocol) {
    if let name = Name(string) {
      self.string = name.string
      return
    }
    guard string.utf8.starts(with: "uid:".utf8) else { return nil }
    let digits = string.utf8.dropFirst(4)
    guard (1...10).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
      digits.count == 1 || digits.first != 0x30
    else { return nil }
    self.string = String(string)
  }

  /// The identity of a member named `name`.
  public init(_ name: Name) { self.string = name.string }

  /// The identifier itself.
  public var description: String { string }
  /// Orders by bytes.
  public static func < (left: ActorID, right: ActorID) -> Bool { left.string < right.string }
}

/// A job's identifier, such as `train-7k2pqx`: prefix of its kind, `-`, Crockford base32 characters.
public struct JobID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The ASCII characters.
  public let string: String

  /// The characters of Crockford's base32 in lower case: no i, l, o, u.
  public static let alphabet: [UInt8] = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  /// Accepts a known prefix, `-`, and six or seven characters of ``alphabet``; nil otherwise.
  public init?(_ string: some StringProtocol) {
    let string = String(string)
    let bytes = string.utf8
    guard let dash = bytes.lastIndex(of: UInt8(ascii: "-")) else { return nil }
    let tail = bytes[bytes.index(after: dash)...]
    guard tail.count == 6 || tail.count == 7, tail.allSatisfy(JobID.alphabet.contains),
      JobKind.all.contains(where: { bytes[..<dash].elementsEqual($0.prefix.utf8) })
    else { return nil }
    self.string = string
  }

  /// Takes characters already known to satisfy the grammar.
  init(written string: String) { self.string = string }

  /// Makes the identifier of a job of `kind` from random bits: five bits a character.
  public init(kind: JobKind, bits: UInt64, characters: Int = 6) {
    var string = kind.prefix
    string += "-"
    for index in 0..<characters {
      let five = Int((bits >> UInt64(5 * index)) & 31)
      string.unicodeScalars.append(Unicode.Scalar(JobID.alphabet[five]))
    }
    self.string = string
  }

  /// The identifier itself.
  public var description: String { string }
  /// Orders by bytes.
  public static func < (left: JobID, right: JobID) -> Bool { left.string < right.string }
}

/// A deployment is named by the job that made it.
public typealias DeploymentID = JobID

/// A model or feature task of a project. Both kinds share the names of a project.
public struct SubjectID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The project that the subject belongs to.
  public var project: Name
  /// Its name within the project.
  public var name: Name
  /// Names a subject of a project.
  public init(project: Name, name: Name) {
    self.project = project
    self.name = name
  }
  /// `project/name`.
  public var description: String { "\(project.string)/\(name.string)" }
  /// Orders by project, then name.
  public static func < (left: SubjectID, right: SubjectID) -> Bool {
    (left.project, left.name) < (right.project, right.name)
  }
}

/// One version of a subject.
public struct VersionID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The model or feature task.
  public var subject: SubjectID
  /// Its number.
  public var number: VersionNumber
  /// Names a version of a subject.
  public init(subject: SubjectID, number: VersionNumber) {
    self.subject = subject
    self.number = number
  }
  /// `project/name@3`.
  public var description: String { "\(subject)@\(number.value)" }
  /// Orders by subject, then number.
  public static func < (left: VersionID, right: VersionID) -> Bool {
    (left.subject, left.number) < (right.subject, right.number)
  }
}
