// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why a command could not be started. Nothing of it ran.
public enum CommandError: Error, Equatable, Sendable {
  /// The argument vector is empty, or its program has no name.
  case empty
  /// An argument, the folder or a variable holds a NUL byte.
  case nul
  /// A variable's name is empty or holds `=`.
  case variable(String)
  /// No such program: not at that path, or nowhere on the command's PATH.
  case notFound
  /// It exists, but cannot be executed; the errno value says why (ENOEXEC: no program format and
  /// no `#!` line).
  case notExecutable(code: Int32)
  /// The interpreter that its first line or its header names does not exist.
  case interpreterMissing
  /// The working folder cannot be entered.
  case folder(code: Int32)
  /// Arguments and environment together are longer than the system takes.
  case tooLong
  /// The guard could not be started or broke off before the command ran.
  case guardFailed(String)
  /// A system call failed.
  case system(SystemFailure)

  init(_ stage: GuardProtocol.Stage, _ code: Int32) {
    self =
      switch stage {
      case .folder: .folder(code: code)
      case .notFound: .notFound
      case .notExecutable: .notExecutable(code: code)
      case .interpreter: .interpreterMissing
      case .tooLong: .tooLong
      case .fork: .system(SystemFailure(operation: "start a process", code: code))
      case .request, .guardSetup: .guardFailed("request")
      }
  }

  /// One sentence on what went wrong with `plan` and what to do next; shows the program's name
  /// and the folder, never arguments or values.
  public func explanation(for plan: CommandPlan) -> String {
    let program = plan.arguments.first ?? ""
    switch self {
    case .empty:
      return "the command is empty: name a program to run"
    case .nul:
      return "an argument or variable of \(program) holds a NUL byte, which no program can receive"
    case .variable(let name):
      return "the variable name \"\(name)\" cannot be set: use letters, digits and _"
    case .notFound:
      if program.utf8.contains(UInt8(ascii: "/")) {
        return "\(program) does not exist (looked in \(plan.folder)): correct the path"
      }
      let path = plan.environment["PATH"] ?? ProgramSearch.standardPath
      return "\(program) is not on the PATH (\(path)): install it or give its path"
    case .notExecutable(ENOEXEC):
      return "\(program) is no program: give it a first line such as #!/bin/sh, "
        + "or name its interpreter"
    case .notExecutable(EISDIR):
      return "\(program) is a folder, not a program"
    case .notExecutable(let code):
      return "\(program) cannot be executed (\(SystemFailure.words(for: code))): "
        + "chmod +x it, or name its interpreter"
    case .interpreterMissing:
      return "\(program) exists, but the interpreter that its first line names does not: install "
        + "it or correct the line"
    case .folder(let code):
      return "the folder \(plan.folder) cannot be entered (\(SystemFailure.words(for: code)))"
    case .tooLong:
      return "arguments and environment of \(program) are too long for this system: pass them in "
        + "a file"
    case .guardFailed(let name):
      return "the guard process (\(name)) ended before \(program) could start"
    case .system(let failure):
      return failure.description
    }
  }
}

extension CommandError: CustomStringConvertible {
  /// The explanation without names.
  public var description: String {
    explanation(
      for: CommandPlan(arguments: ["the program"], folder: "its folder", environment: [:]))
  }
}
