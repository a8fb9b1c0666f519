// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Finds which ledger a command means.
public enum LedgerLocator {
  /// The name that is looked for upward.
  public static let name = ".jobledger"

  /// The path given, else that of the environment, else the nearest `.jobledger` upward.
  ///
  /// `environment` is the value of `JOBLEDGER_DIR`; empty counts as absent. Relative paths start
  /// at `workingDirectory`, which is absolute. The result is unchecked: ``LedgerDirectory/open(_:)``.
  public static func find(
    explicit: String?, environment: String?, workingDirectory: String
  ) throws(DirectoryError) -> String {
    for given in [explicit, environment] {
      guard let given, !given.isEmpty else { continue }
      return given.utf8.first == UInt8(ascii: "/") ? given : "\(workingDirectory)/\(given)"
    }
    var directory = workingDirectory
    while true {
      let candidate = directory == "/" ? "/\(name)" : "\(directory)/\(name)"
      if statusOfLink(candidate) != nil { return candidate }
      if directory == "/" || directory == "." { break }
      directory = DurableFile.parent(of: directory)
    }
    throw DirectoryError(
      .notFound, "find a ledger from", workingDirectory,
      "neither it nor any directory above has a '\(name)'",
      whatNext: "make one with 'jobledger init', or name one with --ledger or JOBLEDGER_DIR")
  }
}
