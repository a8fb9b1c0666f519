// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
public import LedgerDomain

/// The clean environment of a command: a few variables of the caller's, the manifest's, and ours.
public struct JobEnvironment: Equatable, Sendable {
  /// Variables passed on from the caller where set, because programs expect them.
  public static let standard = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE",
    "LC_MESSAGES", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "TZ", "TMPDIR",
  ]

  /// All variables that the command gets, secrets included.
  public private(set) var variables: [String: String]
  /// The values that must not be stored or shown, by name.
  public private(set) var secrets: [String: String]
  /// SHA-256 of the canonical JSON object of the variables that describe the environment: not the
  /// job's own `JOBLEDGER_` ones; a secret counts by its name, with `null` for its value.
  public private(set) var digest: Digest

  /// Builds the environment of one job.
  ///
  /// - `caller`: the variables to choose from; `manifest`: what to pass and set; `secretNames`:
  ///   variables of the caller to pass by `--secret`; `job`: our own variables without their
  ///   prefix, such as `JOB`; `inputs`: what each input's variable holds.
  ///
  /// Python's output is unbuffered unless the manifest says otherwise, so that lines are seen when
  /// they are printed.
  public init(
    caller: [String: String], manifest: Manifest.Variables, secretNames: [String] = [],
    job: [String: String], inputs: [Name: String] = [:]
  ) throws(EnvironmentError) {
    var variables = ["PATH": ProgramSearch.standardPath, "PYTHONUNBUFFERED": "1"]
    for name in Self.standard + manifest.pass {
      if let value = caller[name] { variables[name] = value }
    }
    for (name, value) in manifest.set { variables[name] = value }
    var secrets: [String: String] = [:]
    for name in secretNames {
      guard Self.isVariable(name), !Self.isReserved(name) else { throw .badSecretName(name) }
      guard let value = caller[name], !value.isEmpty else { throw .secretNotSet(name) }
      secrets[name] = value
      variables[name] = value
    }
    digest = Self.digest(variables, secrets)
    for (name, value) in job { variables["JOBLEDGER_\(name)"] = value }
    var owners: [String: Name] = [:]
    for (name, value) in inputs {
      let variable = Self.inputVariable(name)
      if let other = owners[variable] {
        throw .inputsCollide(min(name, other), max(name, other), variable)
      }
      owners[variable] = name
      variables[variable] = value
    }
    self.variables = variables
    self.secrets = secrets
  }

  /// The values to mask in what the command prints.
  public var secretValues: [[UInt8]] { secrets.values.map { Array($0.utf8) } }

  /// The variables of the calling process. Those whose name or value is not UTF-8 are left out.
  public static func ofCaller() -> [String: String] {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      if let text = String(validatingCString: entry), let equals = text.utf8.firstIndex(of: 0x3D) {
        variables[String(text[..<equals])] = String(text[text.utf8.index(after: equals)...])
      }
      next += 1
    }
    return variables
  }

  /// `JOBLEDGER_INPUT_` and the name in capitals, other characters than letters and digits as `_`.
  public static func inputVariable(_ name: Name) -> String {
    let letters = name.string.utf8.map { byte in
      byte.isLetter ? byte & 0xDF : (byte.isDigit ? byte : UInt8(ascii: "_"))
    }
    return "JOBLEDGER_INPUT_" + String(decoding: letters, as: UTF8.self)
  }

  /// Whether a variable can have this name: letters, digits and `_`, not first a digit.
  static func isVariable(_ name: String) -> Bool {
    guard let first = name.utf8.first, !first.isDigit, name.utf8.count <= 255 else { return false }
    return name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == 0x5F }
  }

  /// Whether the name is ours to set.
  static func isReserved(_ name: String) -> Bool { name.utf8.starts(with: "JOBLEDGER_".utf8) }

  private static func digest(
    _ variables: [String: String], _ secrets: [String: String]
  ) -> Digest {
    let members = variables.map { name, value in
      JSONObject.Member(
        name: Text(name), value: secrets[name] == nil ? .string(value) : .null)
    }
    // Names of a dictionary are unique, and strings always have a canonical form.
    let bytes = JSONObject(members).flatMap { try? CanonicalJSON.encode(.object($0)) } ?? []
    return Hashing.digest(bytes)
  }
}

/// Why an environment cannot be built.
public enum EnvironmentError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A secret's name cannot be a variable's, or is one of ours.
  case badSecretName(String)
  /// A secret's variable is not set where the job is started, or empty.
  case secretNotSet(String)
  /// Two inputs would have the same variable.
  case inputsCollide(Name, Name, String)

  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .badSecretName(let name):
      "--secret \(name): this cannot be the name of a variable to pass; use letters, digits and _"
    case .secretNotSet(let name):
      "--secret \(name): the variable is not set here; export it before starting the job"
    case .inputsCollide(let one, let other, let variable):
      "the inputs \(one) and \(other) would both be \(variable); rename one of them"
    }
  }
}
