// SPDX-License-Identifier: Apache-2.0

/// How a command ends (sysexits.h where that has a number).
public enum ExitStatus: Int32, CaseIterable, Sendable {
  /// Done.
  case done = 0
  /// The job ended failed, stopped or lost.
  case jobDidNotComplete = 1
  /// Findings: verify, compare, doctor, ask; also a ledger too damaged to open.
  case findings = 2
  /// Wrong usage of the command.
  case usage = 64
  /// Bad input data.
  case badInput = 65
  /// Something named does not exist.
  case notFound = 66
  /// It cannot run here: a dependency, or a newer program is needed.
  case unavailable = 69
  /// A bug of ours.
  case bug = 70
  /// Something cannot be created.
  case cannotCreate = 73
  /// Input or output failed.
  case inputOutput = 74
  /// Busy or moved: try again.
  case tryAgain = 75
  /// Refused by a rule, role or policy.
  case refused = 77
}
