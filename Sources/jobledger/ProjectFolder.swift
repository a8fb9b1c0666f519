// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerConsole

/// The folder of a project, as the ledger remembers it.
enum ProjectFolder {
  /// The absolute path without links; 66 when there is no such folder.
  static func resolve(_ path: String) throws -> String {
    guard let resolved = realpath(path, nil) else {
      let error = errno
      throw Failure(
        error == ENOENT || error == ENOTDIR ? .notFound : .inputOutput,
        code: "folder-not-found", what: "use the folder", on: "'\(path)'",
        why: String(cString: strerror(error)), next: "name the folder that has a jobledger.yaml")
    }
    defer { free(resolved) }
    var status = stat()
    guard stat(resolved, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      let folder = String(validatingCString: resolved)
    else {
      throw Failure(
        .badInput, code: "not-a-folder", what: "use the folder", on: "'\(path)'",
        why: "it is no folder with a UTF-8 name",
        next: "name the folder that has a jobledger.yaml")
    }
    return folder
  }
}
