// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import Testing

@testable import LedgerRunner

@Suite struct InputsTests {
  @Test func `files, folders and URIs are told apart`() throws {
    let folder = try TemporaryFolder()
    try folder.write("data/train.csv", "abc")
    try folder.write("set/a", "1")
    try folder.write("set/b/c", "22")
    let inputs = try Inputs.digest(
      [
        Name(unchecked: "train"): "data/train.csv", Name(unchecked: "set"): "set",
        Name(unchecked: "remote"): "s3://alice:hunter2@bucket/x",
      ], projectFolder: folder.path)
    #expect(inputs.inputs.map(\.name.string) == ["remote", "set", "train"])
    #expect(inputs.inputs[0].content == .uri)
    #expect(inputs.inputs[0].value == "s3://alice:hunter2@bucket/x")
    let set = try ArtifactFolder.digest(folder.file("set")).summary
    #expect(inputs.inputs[1].content == .folder(set))
    #expect(inputs.inputs[2].content == .file(bytes: 3, digest: Hashing.digest(Array("abc".utf8))))
    #expect(inputs.inputs[2].value == folder.file("data/train.csv"))
    #expect(inputs.summary.count == 3)
    #expect(inputs.summary.bytes == 6)
    let digest = Hashing.digest(Array("abc".utf8))
    #expect(
      text(inputs.canonical)
        == "[{\"name\":\"remote\",\"undigested\":true,\"uri\":\"s3://alice:***@bucket/x\"},"
        + "{\"bytes\":3,\"digest\":\"\(set.digest)\",\"files\":2,\"name\":\"set\",\"path\":\"set\"},"
        + "{\"bytes\":3,\"digest\":\"\(digest)\",\"name\":\"train\",\"path\":\"data/train.csv\"}]")
  }

  @Test func `a missing input is named`() throws {
    let folder = try TemporaryFolder()
    do throws(FilesError) {
      _ = try Inputs.digest([Name(unchecked: "train"): "none.csv"], projectFolder: folder.path)
      Issue.record("accepted")
    } catch {
      #expect(error.code == .missing)
      #expect(error.exitCode == 66)
      #expect(error.description.contains("train"))
      // Inputs come from manifests and from options: the advice fits both.
      #expect(!error.whatNext.contains("manifest"))
    }
  }

  @Test func `what became of inputs since is told, and what stayed is not`() throws {
    let folder = try TemporaryFolder()
    for name in ["same", "longer", "other", "back", "gone"] { try folder.write(name, "abc") }
    try folder.write("set/a", "1")
    try folder.write("set/b", "22")
    try folder.write("still/a", "1")
    let names = ["same", "longer", "other", "back", "gone", "set", "still"]
    let inputs = try Inputs.digest(
      Dictionary(uniqueKeysWithValues: names.map { (Name(unchecked: $0), $0) }),
      projectFolder: folder.path)
    #expect(inputs.changes() == [])
    try folder.write("longer", "abcd")
    try folder.write("back", "xyz")
    try folder.write("back", "abc")
    // As large as it was, and as old as it was: only the kernel's own moment tells.
    var status = stat()
    #expect(stat(folder.file("other"), &status) == 0)
    try folder.write("other", "xyz")
    #expect(utimensat(AT_FDCWD, folder.file("other"), [status.st_atim, status.st_mtim], 0) == 0)
    #expect(unlink(folder.file("gone")) == 0)
    #expect(unlink(folder.file("set/a")) == 0)
    try folder.write("set/c", "3")
    #expect(chmod(folder.file("still/a"), 0o400) == 0)
    let changes = inputs.changes()
    #expect(changes.map(\.name.string) == ["back", "gone", "longer", "other", "set", "still"])
    #expect(changes.filter { !$0.isDoubtful }.map(\.name.string) == ["still"])
    let words = changes.map(\.words)
    #expect(words[0].contains("was written to") && words[1].contains("is gone"))
    #expect(words[2].contains("had 3 bytes and now has 4"))
    #expect(words[3].contains("\(Hashing.digest(Array("xyz".utf8))) now"))
    #expect(words[4].contains("a is gone (and 1 more)"))
  }

  @Test(arguments: [
    ("s3://b/x", true), ("https://h/x", true), ("hdfs://n/x", true), ("data/x", false),
    ("a:b", false), ("C://x", false), ("://x", false), ("1a://x", false), ("/a://b", false),
  ])
  func `a URI has a scheme`(location: String, isURI: Bool) {
    #expect(Inputs.isURI(location) == isURI)
  }
}

@Suite struct CodeDigestTests {
  private let folder: TemporaryFolder
  private let environment = [
    "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
  ]

  init() throws { folder = try TemporaryFolder() }

  private func digest(_ globs: [String] = []) throws -> CodeDigest {
    try CodeDigest.digest(projectFolder: folder.path, globs: globs, environment: environment)
  }

  private func git(_ commands: String) throws {
    var plan = script(
      "set -e; git() { command git -c user.name=a -c user.email=a@b -c init.defaultBranch=main "
        + "\"$@\"; }; " + commands, in: folder.path)
    plan.environment["HOME"] = folder.path
    var run = try Run(plan)
    let (_, stderr, result) = run.finish()
    try #require(result.succeeded, "\(text(stderr))")
  }

  @Test func `git's tracked and unignored files count, with commit and dirt`() throws {
    try folder.write("train.py", "print(1)")
    try folder.write("lib/util.py", "x")
    try folder.write(".gitignore", "*.csv\n")
    try folder.write("data.csv", "1,2")
    try folder.write(".jobledger/ledger.json", "{}")
    try git("git init -q; git add train.py lib .gitignore; git commit -qm first")
    var code = try digest()
    #expect(code.files.entries.map(\.path) == [".gitignore", "lib/util.py", "train.py"])
    #expect(code.commit?.utf8.count == 40)
    #expect(code.isDirty == false)
    let clean = code.files.summary
    try folder.write("new.py", "y")
    #expect(symlinkTo("train.py", at: folder.file("link.py")))
    code = try digest()
    #expect(
      code.files.entries.map(\.path)
        == [".gitignore", "lib/util.py", "link.py", "new.py", "train.py"])
    #expect(code.isDirty == true)
    #expect(code.files.entries[2].digest == Hashing.digest(Array("train.py".utf8)))
    #expect(code.files.summary != clean)
    unlink(folder.file("train.py"))
    #expect(try !digest().files.entries.contains { $0.path == "train.py" })
  }

  @Test func `a project within a repository counts only its own files`() throws {
    try folder.write("other/x.py", "x")
    try folder.write("project/train.py", "y")
    try git("git init -q; git add .; git commit -qm first; echo z > other/x.py")
    let code = try CodeDigest.digest(
      projectFolder: folder.file("project"), globs: [], environment: environment)
    #expect(code.files.entries.map(\.path) == ["train.py"])
    #expect(code.isDirty == false)
  }

  @Test func `before the first commit there is none`() throws {
    try folder.write("train.py", "x")
    try git("git init -q")
    let code = try digest()
    #expect(code.files.entries.map(\.path) == ["train.py"])
    #expect(code.commit == nil)
    #expect(code.isDirty == nil)
  }

  @Test func `without git the globs decide`() throws {
    try folder.write("train.py", "x")
    try folder.write("lib/deep/util.py", "y")
    try folder.write("data.csv", "z")
    try folder.write(".jobledger/x.py", "q")
    #expect(symlinkTo("train.py", at: folder.file("link.py")))
    let code = try digest(["**/*.py"])
    #expect(code.files.entries.map(\.path) == ["lib/deep/util.py", "train.py"])
    #expect(code.commit == nil)
    #expect(try digest().files.entries.isEmpty)
  }

  @Test func `without a git program the globs decide`() throws {
    try folder.write("train.py", "x")
    let code = try CodeDigest.digest(
      projectFolder: folder.path, globs: ["*.py"], environment: ["PATH": "/nonexistent"])
    #expect(code.files.entries.map(\.path) == ["train.py"])
  }
}

@Suite struct CommandOutputTests {
  private let environment = ["PATH": "/usr/bin:/bin"]

  @Test func `a helper's output and exit code are returned`() {
    let output = CommandOutput.run(
      ["sh", "-c", "echo out; echo err >&2; exit 3"], folder: "/", environment: environment)
    #expect(output?.stdout == Array("out\n".utf8))
    #expect(output?.exit == 3)
  }

  @Test func `one that is missing, floods or hangs gives nothing`() {
    #expect(
      CommandOutput.run(["no-such"], folder: "/", environment: environment) == nil)
    #expect(
      CommandOutput.run(["yes"], folder: "/", environment: environment, limit: 10_000) == nil)
    #expect(
      CommandOutput.run(
        ["sleep", "1000"], folder: "/", environment: environment, patience: .milliseconds(20))
        == nil)
  }
}
