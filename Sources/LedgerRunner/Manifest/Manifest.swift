// SPDX-License-Identifier: Apache-2.0
import Glibc
public import LedgerDomain
import LedgerReading

/// What a project wants run: the contents of `jobledger.yaml`, checked.
public struct Manifest: Equatable, Sendable {
  /// The file's name within a project folder.
  public static let fileName = "jobledger.yaml"
  /// The most bytes that are read.
  public static let sizeLimit = 1024 * 1024

  /// The project's name.
  public var project: Name
  /// Variables that every command gets.
  public var environment: Variables
  /// Globs of the files that the code digest covers where git does not say.
  public var code: [String]
  /// The models by name, in the order of their names.
  public var models: [Name: Model]
  /// The feature tasks by name.
  public var features: [Name: Feature]
  /// SHA-256 of the file's bytes.
  public var digest: Digest

  /// Variables that a command gets beside the standard ones.
  public struct Variables: Equatable, Sendable {
    /// Names of variables passed on from whoever starts the job, where set.
    public var pass: [String] = []
    /// Variables with their values.
    public var set: [String: String] = [:]
  }

  /// The commands of a model; absent ones were not given.
  public struct Model: Equatable, Sendable {
    /// Makes a version.
    public var train: Task?
    /// Measures a version.
    public var evaluate: Task?
    /// Scores a batch with a deployed version.
    public var predict: Task?
    /// A hook that puts a version into production.
    public var deploy: Task?
    /// A hook that takes it out again.
    public var retire: Task?

    /// The command of a step; nil where it was not given, or is none of a model's.
    public subscript(step: Step) -> Task? {
      switch step {
      case .train: train
      case .evaluate: evaluate
      case .predict: predict
      case .deploy: deploy
      case .retire: retire
      case .run: nil
      }
    }
  }

  /// The commands of a feature task.
  public struct Feature: Equatable, Sendable {
    /// The files that its import takes in.
    public var importFiles: [String] = []
    /// Runs it.
    public var run: Task?
  }

  /// What a command is for: its key in the manifest.
  public enum Step: String, Sendable {
    /// Makes a version of a model.
    case train = "train"
    /// Measures a version of a model.
    case evaluate = "evaluate"
    /// Scores a batch with a deployed version of a model.
    case predict = "predict"
    /// Puts a version of a model into production.
    case deploy = "deploy"
    /// Takes it out again.
    case retire = "retire"
    /// Runs a version of a feature task.
    case run = "run"
  }

  /// One command with what goes in.
  public struct Task: Equatable, Sendable {
    /// The argument vector; never empty, and its program is not.
    public var run: [String]
    /// Paths relative to the project folder, or URIs, by the input's name.
    public var inputs: [Name: String] = [:]
    /// Any JSON members.
    public var parameters: JSONObject = JSONObject()
    /// Of a prediction: the column that each column of its outputs predicts, as data sets with known
    /// outcomes name it.
    public var predicts: [Text: Text] = [:]
  }

  /// Reads `jobledger.yaml` of a project folder.
  public static func read(projectFolder: String) throws(ManifestError) -> Manifest {
    let path = projectFolder + "/" + fileName
    let bytes: [UInt8]
    do throws(DirectoryError) {
      bytes = try DurableFile.read(path, limit: sizeLimit, for: "read the manifest")
    } catch {
      if error.code == .notFound {
        throw ManifestError(
          kind: .missing, file: path, what: "there is no manifest",
          whatNext: "write one that names the project and its commands, or name another folder")
      }
      throw ManifestError(
        kind: error.code == .damaged || error.systemError == ELOOP ? .unsuitable : .unreadable,
        file: path, what: "it cannot be read: \(error.reason)",
        whatNext: "it must be a regular file of at most \(sizeLimit) bytes that you may read")
    }
    return try parse(bytes, file: path)
  }

  /// Parses a manifest's bytes; `file` is named in errors.
  public static func parse(_ bytes: [UInt8], file: String) throws(ManifestError) -> Manifest {
    let root = try ManifestNode.root(bytes, file: file)
    var reader = ManifestReader(file: file)
    var manifest = try reader.manifest(root)
    manifest.digest = Hashing.digest(bytes)
    return manifest
  }
}

/// Why a manifest is refused.
public struct ManifestError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds that callers tell apart.
  public enum Kind: Equatable, Sendable {
    /// There is no such file.
    case missing
    /// It is no regular file, or too large.
    case unsuitable
    /// The system does not let it be read.
    case unreadable
    /// It is no YAML, or YAML of a kind that is not taken.
    case syntax
    /// It is YAML, but says what a manifest cannot say.
    case content
  }

  /// What kind of error it is.
  public var kind: Kind
  /// The file.
  public var file: String
  /// The line, from 1, where one is to blame.
  public var line: Int?
  /// The column, from 1, in characters.
  public var column: Int?
  /// What is wrong.
  public var what: String
  /// What to do next.
  public var whatNext: String

  init(
    kind: Kind, file: String, line: Int? = nil, column: Int? = nil, what: String, whatNext: String
  ) {
    self.kind = kind
    self.file = file
    self.line = line
    self.column = column
    self.what = what
    self.whatNext = whatNext
  }

  /// `jobledger.yaml:3:7: what is wrong; what to do next`.
  public var description: String {
    var place = file
    if let line { place += ":\(line)" }
    if let column { place += ":\(column)" }
    return "\(place): \(what); \(whatNext)"
  }

  /// Compares kind and place, never the words.
  public static func == (left: ManifestError, right: ManifestError) -> Bool {
    left.kind == right.kind && left.file == right.file && left.line == right.line
      && left.column == right.column
  }
}
