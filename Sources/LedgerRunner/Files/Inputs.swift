// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerCodec
public import LedgerDomain
import LedgerReading

/// What goes into a job: files and folders by their digests, URIs as they are.
public struct Inputs: Equatable, Sendable {
  /// One input.
  public struct Input: Equatable, Sendable {
    /// What was found.
    public enum Content: Equatable, Sendable {
      /// A file.
      case file(bytes: UInt64, digest: Digest)
      /// A folder: the digest of its list, by the rule for artifacts.
      case folder(FilesDigest)
      /// Something elsewhere, not read.
      case uri
    }

    /// Its name in the manifest.
    public var name: Name
    /// As given: a path relative to the project folder, an absolute one, or a URI.
    public var location: String
    /// What the command gets in its variable: an absolute path, or the URI.
    public var value: String
    /// What it was when it was digested.
    public var content: Content
    /// How the file system described it before it was read; nil for a URI.
    var stamp: InputStamp?

    /// Compares what was found, wherever and whenever that was.
    public static func == (left: Input, right: Input) -> Bool {
      left.name == right.name && left.location.utf8.elementsEqual(right.location.utf8)
        && left.value.utf8.elementsEqual(right.value.utf8) && left.content == right.content
    }
  }

  /// The inputs in the order of their names.
  public let inputs: [Input]

  /// No inputs at all.
  static let none = Inputs(inputs: [])

  /// Digests the inputs of a task; `missing` (66) names the first that is not there.
  ///
  /// Cost: reads every file.
  public static func digest(
    _ locations: [Name: String], projectFolder: String
  ) throws(FilesError) -> Inputs {
    var inputs: [Input] = []
    for (name, location) in locations.sorted(by: { $0.key < $1.key }) {
      inputs.append(try input(name, location, projectFolder))
    }
    return Inputs(inputs: inputs)
  }

  /// The canonical list that the count and digest of a job's inputs stand for: an array of
  /// `{"bytes","digest","name","path"}`, for folders with `"files"`, for URIs
  /// `{"name","undigested":true,"uri"}`, sorted by name. Passwords in URIs are `***`.
  public var canonical: [UInt8] {
    let value = JSONValue.array(inputs.map { .object($0.object) })
    // Two levels of strings and whole numbers always have a canonical form.
    return (try? CanonicalJSON.encode(value)) ?? []
  }

  /// Count of inputs, size of what was digested, digest of `canonical`.
  public var summary: FilesDigest {
    let bytes: UInt64 = inputs.reduce(0) { sum, input in
      switch input.content {
      case .file(let bytes, _): sum + bytes
      case .folder(let digest): sum + digest.bytes
      case .uri: sum
      }
    }
    return FilesDigest(
      count: UInt64(inputs.count), bytes: bytes, digest: Hashing.digest(canonical))
  }

  /// What the command's variables hold, by input.
  public var values: [Name: String] {
    Dictionary(inputs.map { ($0.name, $0.value) }) { first, _ in first }
  }

  /// Whether a location is a URI: a scheme of at least two letters, and `:`.
  static func isURI(_ location: String) -> Bool {
    guard let colon = location.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
    let scheme = location.utf8[..<colon]
    guard scheme.count >= 2, scheme.first?.isLetter == true else { return false }
    return scheme.allSatisfy {
      $0.isLetter || $0.isDigit || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E
    } && location.utf8[colon...].starts(with: "://".utf8)
  }

  private static func input(
    _ name: Name, _ location: String, _ projectFolder: String
  ) throws(FilesError) -> Input {
    if isURI(location) {
      return Input(name: name, location: location, value: location, content: .uri)
    }
    let isAbsolute = location.utf8.first == UInt8(ascii: "/")
    let path = isAbsolute ? location : "\(projectFolder)/\(location)"
    var status = stat()
    // Links in the way are followed: an input may well lie on another volume.
    guard stat(path, &status) == 0 else {
      var error = FilesError.system("read the input \(name) at", path)
      error.whatNext = "put it there, or correct where it is said to be"
      throw error
    }
    guard let resolved = realpath(path, nil) else { throw .system("read the input", path) }
    defer { free(resolved) }
    guard let value = String(validatingCString: resolved) else {
      throw FilesError(.unsuitable, "read the input", path, "its path is no UTF-8")
    }
    // Before its bytes are read: what changes from here on has another stamp.
    let stamp = try InputStamp(value)
    if status.st_mode & S_IFMT == S_IFDIR {
      return Input(
        name: name, location: location, value: value,
        content: .folder(try ArtifactFolder.digest(value).summary), stamp: stamp)
    }
    let entry = try ArtifactFolder.entry(AT_FDCWD, value, location, shown: path)
    return Input(
      name: name, location: location, value: value,
      content: .file(bytes: entry.bytes, digest: entry.digest), stamp: stamp)
  }
}

extension Inputs.Input {
  fileprivate var object: JSONObject {
    var object = JSONObject()
    object["name"] = .string(name.string)
    switch content {
    case .file(let bytes, let digest):
      object["path"] = .string(location)
      object["bytes"] = .integer(bytes)
      object["digest"] = .string(digest.description)
    case .folder(let digest):
      object["path"] = .string(location)
      object["bytes"] = .integer(digest.bytes)
      object["digest"] = .string(digest.digest.description)
      object["files"] = .integer(digest.count)
    case .uri:
      object["undigested"] = .bool(true)
      object["uri"] = .string(Redaction.text(location))
    }
    return object
  }
}
