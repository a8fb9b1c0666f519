// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerDomain
import LedgerReading

/// Which code a job ran: the project folder's files that git tracks or would track, else those
/// that the manifest's `code:` globs name.
public struct CodeDigest: Equatable, Sendable {
  /// The files; a tracked link stands for the words it holds.
  public var files: FileList
  /// The commit that was checked out, 40 or 64 digits; absent without git.
  public var commit: String?
  /// Whether the folder differs from that commit; absent without git.
  public var isDirty: Bool?

  /// Digests the code of a project folder.
  ///
  /// Git is asked with the caller's PATH and HOME; where it is missing, or the folder is no work
  /// tree (or one of somebody else that git does not trust), the globs decide. Nothing below a
  /// `.jobledger` or `.git` folder is code. Cost: two or three runs of git; reads every file.
  public static func digest(
    projectFolder: String, globs: [String], environment: [String: String]
  ) throws(FilesError) -> CodeDigest {
    let git = Git(folder: projectFolder, caller: environment)
    if let paths = git.files() {
      var entries: [FileList.Entry] = []
      for path in paths {
        if let entry = try tracked(path, projectFolder) { entries.append(entry) }
      }
      let commit = git.commit()
      return CodeDigest(
        files: FileList(entries), commit: commit, isDirty: commit == nil ? nil : git.isDirty())
    }
    let patterns = globs.compactMap { Glob($0) }
    var entries: [FileList.Entry] = []
    if !patterns.isEmpty {
      var walk = FolderWalk("digest the code in")
      walk.strangers = .skip
      walk.excluded = { path in isForeign(path) }
      try walk.run(projectFolder) { folder, name, path throws(FilesError) in
        guard patterns.contains(where: { $0.matches(Array(path.utf8)) }) else { return }
        entries.append(
          try ArtifactFolder.entry(folder, name, path, shown: "\(projectFolder)/\(path)"))
      }
    }
    return CodeDigest(files: FileList(entries), commit: nil, isDirty: nil)
  }

  /// Whether a relative path lies in a ledger or in git's own folder.
  private static func isForeign(_ path: [UInt8]) -> Bool {
    path.split(separator: 0x2F).contains {
      $0.elementsEqual(".jobledger".utf8) || $0.elementsEqual(".git".utf8)
    }
  }

  /// The entry of a path that git named; nil for what is gone, a submodule, or not of the project.
  private static func tracked(
    _ path: [UInt8], _ folder: String
  ) throws(FilesError) -> FileList.Entry? {
    if isForeign(path) { return nil }
    guard let name = String(validating: path, as: UTF8.self), !RelativePath.hasControl(name) else {
      throw FilesError(
        .unsuitable, "digest the code", String(decoding: path, as: UTF8.self),
        "its name is no UTF-8 or holds a control character",
        whatNext: "rename it, or have git ignore it")
    }
    let whole = "\(folder)/\(name)"
    guard let status = statusOfLink(whole) else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .system("digest the code", whole)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return try ArtifactFolder.entry(AT_FDCWD, whole, name, shown: whole)
    case S_IFLNK:
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = buffer.withUnsafeMutableBytes {
        readlink(whole, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
      }
      guard count >= 0 else { throw .system("digest the code", whole) }
      return FileList.Entry(
        path: name, bytes: UInt64(count), digest: Hashing.digest(Array(buffer[..<count])))
    default: return nil
    }
  }
}

/// What git says about a folder. Its hooks and monitors are not run, its index is not written.
private struct Git {
  let folder: String
  let environment: [String: String]

  init(folder: String, caller: [String: String]) {
    self.folder = folder
    var environment = [
      "PATH": caller["PATH"] ?? ProgramSearch.standardPath, "GIT_OPTIONAL_LOCKS": "0",
      "LC_ALL": "C",
    ]
    for name in ["HOME", "XDG_CONFIG_HOME"] { environment[name] = caller[name] }
    self.environment = environment
  }

  private func ask(_ arguments: [String]) -> [UInt8]? {
    let output = CommandOutput.run(
      ["git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false"] + arguments,
      folder: folder, environment: environment)
    guard let output, output.exit == 0 else { return nil }
    return output.stdout
  }

  /// Tracked and unignored files, relative to the folder.
  func files() -> [[UInt8]]? {
    guard let output = ask(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]) else {
      return nil
    }
    // A path in conflict is listed once for each side.
    return Array(Set(output.split(separator: 0).map { Array($0) }))
  }

  func commit() -> String? {
    guard let output = ask(["rev-parse", "--verify", "--quiet", "HEAD"]) else { return nil }
    let digits = output.prefix { $0 != 10 }
    guard digits.count == 40 || digits.count == 64,
      digits.allSatisfy({ $0.isDigit || (0x61...0x66).contains($0) })
    else { return nil }
    return String(decoding: digits, as: UTF8.self)
  }

  func isDirty() -> Bool? {
    ask(["status", "--porcelain=v1", "-z", "--", ".", ":(exclude,glob)**/.jobledger/**"])
      .map { !$0.isEmpty }
  }
}
