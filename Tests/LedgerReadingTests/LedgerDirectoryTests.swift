// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerDomain
import LedgerStorage
import LedgerTestSupport
import Testing

@testable import LedgerReading

@Suite struct LedgerDirectoryTests {
  @Test func `a ledger opens under every spelling of its path`() throws {
    let sample = try LedgerSample()
    let path = sample.directory.path
    symlink(sample.folder.path, sample.folder.path + "-link")
    defer { unlink(sample.folder.path + "-link") }
    for spelling in [
      path, path + "/", path + "//", path + "/.", sample.folder.path + "/./ledger",
      path + "/db/..", sample.folder.path + "-link/ledger",
    ] {
      #expect(try LedgerDirectory.open(spelling) == sample.directory, "\(spelling)")
    }
    try sample.directory.checkGeneration(1)
  }

  @Test func `what is no ledger is not found`() throws {
    let folder = TemporaryFolder()
    TemporaryFolder.write([], to: folder.file("file"))
    for path in [
      folder.path, folder.file("missing"), folder.file("missing/ledger"), folder.file("file"),
      folder.file("file/ledger"), "",
    ] {
      let error = #expect(throws: DirectoryError.self) { try LedgerDirectory.open(path) }
      #expect(error?.code == .notFound, "\(path)")
      #expect(error?.code.exitCode == 66)
    }
  }

  static let parts = [
    "ledger.json", "turnstile", "door", "namespace", "checkpoint", "keys/log", "keys/request",
    "db", "keys", "blobs", "runners", "deployments",
  ]

  @Test("a symbolic link in place of a part is refused and its target untouched", arguments: parts)
  func linkedPart(part: String) throws {
    let sample = try LedgerSample()
    let path = "\(sample.directory.path)/\(part)"
    let victim = sample.folder.file("victim")
    if rename(path, victim) != 0 { TemporaryFolder.write(Array("mine".utf8), to: victim) }
    let before = (TemporaryFolder.read(victim), TemporaryFolder.names(in: victim))
    symlink(victim, path)
    let error = #expect(throws: DirectoryError.self) {
      try LedgerDirectory.open(sample.directory.path)
    }
    #expect(error == DirectoryError(.unsafe, "", path, "", systemError: ELOOP))
    #expect(TemporaryFolder.read(victim) == before.0)
    #expect(TemporaryFolder.names(in: victim) == before.1)
  }

  @Test("a symbolic link in db/1 is refused", arguments: ["", "/data.mdb", "/lock.mdb"])
  func linkedGeneration(part: String) throws {
    let sample = try LedgerSample()
    let path = sample.directory.generationDirectory(1) + part
    rename(path, sample.folder.file("victim"))
    symlink(sample.folder.file("victim"), path)
    let error = #expect(throws: DirectoryError.self) { try sample.directory.checkGeneration(1) }
    #expect(error == DirectoryError(.unsafe, "", path, "", systemError: ELOOP))
  }

  @Test("a ledger that is a link itself is refused", arguments: ["", "/", "/."])
  func linkedLedger(ending: String) throws {
    let sample = try LedgerSample()
    let link = sample.folder.file("link")
    symlink(sample.directory.path, link)
    let error = #expect(throws: DirectoryError.self) { try LedgerDirectory.open(link + ending) }
    #expect(error?.code == .unsafe)
  }

  @Test func `a data file with a second name is refused`() throws {
    let sample = try LedgerSample()
    link(sample.directory.dataFile(1), sample.folder.file("copy"))
    let error = #expect(throws: DirectoryError.self) { try sample.directory.checkGeneration(1) }
    #expect(error?.code == .unsafe)
  }

  @Test("a part that strangers may write is refused", arguments: ["", "/ledger.json", "/db"])
  func writableByStrangers(part: String) throws {
    let sample = try LedgerSample()
    let path = sample.directory.path + part
    for mode: mode_t in [0o720, 0o702, 0o722] {
      chmod(path, mode)
      let error = #expect(throws: DirectoryError.self) {
        try LedgerDirectory.open(sample.directory.path)
      }
      #expect(error?.code == .unsafe)
    }
    chmod(path, 0o700)
    _ = try LedgerDirectory.open(sample.directory.path)
  }

  @Test(
    "a part of another user is refused", .enabled(if: geteuid() == 0, "only root can give it away"),
    arguments: ["", "/door", "/keys/log"])
  func foreignOwner(part: String) throws {
    let sample = try LedgerSample()
    chown(sample.directory.path + part, 12_345, gid_t.max)
    let error = #expect(throws: DirectoryError.self) {
      try LedgerDirectory.open(sample.directory.path)
    }
    #expect(error?.code == .unsafe)
    #expect(error?.path == sample.directory.path + part)
  }

  @Test("a missing part is damage", arguments: parts.prefix(4) + ["db"])
  func missingPart(part: String) throws {
    let sample = try LedgerSample()
    TemporaryFolder.remove("\(sample.directory.path)/\(part)")
    let error = #expect(throws: DirectoryError.self) {
      try LedgerDirectory.open(sample.directory.path)
    }
    #expect(
      error
        == DirectoryError(
          .damaged, "", "\(sample.directory.path)/\(part)", "", systemError: ENOENT))
    #expect(error?.code.exitCode == 2)
  }

  @Test("a part of another kind is damage", arguments: ["door", "ledger.json", "db", "keys"])
  func wrongKind(part: String) throws {
    let sample = try LedgerSample()
    let path = "\(sample.directory.path)/\(part)"
    let isDirectory = part == "db" || part == "keys"
    TemporaryFolder.remove(path)
    if isDirectory { TemporaryFolder.write([], to: path) } else { mkfifo(path, 0o600) }
    let error = #expect(throws: DirectoryError.self) {
      try LedgerDirectory.open(sample.directory.path)
    }
    #expect(error == DirectoryError(.damaged, "", path, ""))
  }

  @Test func `a missing generation is damage, a missing lock file is not`() throws {
    let sample = try LedgerSample()
    unlink(sample.directory.lockFile(1))
    try sample.directory.checkGeneration(1)
    unlink(sample.directory.dataFile(1))
    for generation in [1, 2] as [UInt64] {
      let error = #expect(throws: DirectoryError.self) {
        try sample.directory.checkGeneration(generation)
      }
      #expect(error?.code == .damaged)
    }
  }

  @Test func `the mount table tells network drivers of FUSE from local ones`() {
    let table = Array(
      """
      22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw
      31 22 0:45 / /mnt/a\\040b rw,nosuid shared:7 - fuse.sshfs host:/dir rw,user_id=0
      32 22 0:46 / /mnt/c rw - fuse /dev/fuse rw

      """.utf8)
    #expect(FileSystemKind.mountType(inTable: table, major: 0, minor: 45) == "fuse.sshfs")
    #expect(FileSystemKind.mountType(inTable: table, major: 254, minor: 1) == "ext4")
    #expect(FileSystemKind.mountType(inTable: table, major: 0, minor: 46) == "fuse")
    #expect(FileSystemKind.mountType(inTable: table, major: 0, minor: 4) == nil)
  }

  @Test func `a ledger is looked for in the argument, the environment, then upward`() throws {
    let folder = TemporaryFolder()
    let deep = folder.file("a/b/c")
    for path in ["a", "a/b", "a/b/c", "a/.jobledger"] { mkdir(folder.file(path), 0o700) }
    func find(_ explicit: String?, _ environment: String?, _ from: String) throws -> String {
      try LedgerLocator.find(
        explicit: explicit, environment: environment, workingDirectory: from)
    }
    #expect(try find("/x/y", "/z", deep) == "/x/y")
    #expect(try find("x", nil, deep) == deep + "/x")
    #expect(try find(nil, "/z", deep) == "/z")
    #expect(try find(nil, "", deep) == folder.file("a/.jobledger"))
    #expect(try find(nil, nil, folder.file("a")) == folder.file("a/.jobledger"))
    let error = #expect(throws: DirectoryError.self) { try find(nil, nil, folder.path) }
    #expect(error?.code == .notFound)
  }
}
