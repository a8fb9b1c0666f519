// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerStorage
import LedgerTestSupport
import Testing

@testable import LedgerReading

@Suite struct LedgerFilesTests {
  @Test func `ledger json is canonical and reads back as it was written`() throws {
    let sample = try LedgerSample()
    #expect(try LedgerIdentity.read(sample.directory) == sample.identity)
    let text =
      #"{"format":1,"generation":1,"id":"\#(sample.identity.id)","origin":"example.com/log","#
      + #""vkey":"example.com/log+00000000+AA"}"#
    #expect(TemporaryFolder.read(sample.directory.identityFile) == Array(text.utf8))
    #expect(try LedgerIdentity.decode(Array("\(text)\n".utf8), at: "") == sample.identity)
  }

  static let id = "00112233445566778899aabbccddeeff"
  static let spoiled = [
    "", "{}", "[]", "nothing", "{\"format\":1", "\0\0\0\0",
    #"{"format":1,"generation":1,"id":"\#(id)","origin":"o"}"#,
    #"{"format":1,"generation":1,"id":"\#(id)","origin":"o","vkey":"v","x":1}"#,
    #"{"format":1, "generation":1,"id":"\#(id)","origin":"o","vkey":"v"}"#,
    #"{"generation":1,"format":1,"id":"\#(id)","origin":"o","vkey":"v"}"#,
    #"{"format":1,"generation":0,"id":"\#(id)","origin":"o","vkey":"v"}"#,
    #"{"format":1,"generation":1.5,"id":"\#(id)","origin":"o","vkey":"v"}"#,
    #"{"format":1,"generation":-1,"id":"\#(id)","origin":"o","vkey":"v"}"#,
    #"{"format":1,"generation":"1","id":"\#(id)","origin":"o","vkey":"v"}"#,
    #"{"format":1,"generation":1,"id":"\#(id)0","origin":"o","vkey":"v"}"#,
    #"{"format":1,"generation":1,"id":"\#(id.uppercased())","origin":"o","vkey":"v"}"#,
    #"{"format":1,"generation":1,"id":"\#(id)","origin":"a b","vkey":"v"}"#,
    #"{"format":1,"generation":1,"id":"\#(id)","origin":"","vkey":"v"}"#,
    #"{"format":1,"generation":1,"id":"\#(id)","origin":"o","vkey":""}"#,
    String(repeating: "x", count: 20_000),
  ]

  @Test("a spoiled ledger json is damage", arguments: spoiled)
  func spoiledIdentity(text: String) throws {
    let sample = try LedgerSample()
    TemporaryFolder.write(Array(text.utf8), to: sample.directory.identityFile)
    let error = #expect(throws: DirectoryError.self) { try LedgerIdentity.read(sample.directory) }
    #expect(error == DirectoryError(.damaged, "", sample.directory.identityFile, ""))
  }

  @Test func `every cut of ledger json is damage`() throws {
    let sample = try LedgerSample()
    let bytes = try #require(TemporaryFolder.read(sample.directory.identityFile))
    for count in 0..<bytes.count {
      let error = #expect(throws: DirectoryError.self) {
        try LedgerIdentity.decode(Array(bytes.prefix(count)), at: "")
      }
      #expect(error?.code == .damaged)
    }
  }

  @Test func `a newer format asks for a newer program`() throws {
    let error = #expect(throws: DirectoryError.self) {
      try LedgerIdentity.decode(Array(#"{"format":2,"shards":[]}"#.utf8), at: "")
    }
    #expect(error?.code == .unsupported)
    #expect(error?.code.exitCode == 69)
  }

  @Test func `a checkpoint is never replaced by one that the caller finds behind`() throws {
    let sample = try LedgerSample()
    #expect(try CheckpointFile.read(sample.directory) == nil)
    for size in [3, 5, 5] as [UInt8] {
      try CheckpointFile.replace(sample.directory, with: [size]) {
        $0.map { $0[0] <= size } ?? true
      }
    }
    let error = #expect(throws: DirectoryError.self) {
      try CheckpointFile.replace(sample.directory, with: [4]) { $0.map { $0[0] <= 4 } ?? true }
    }
    #expect(error?.code == .behind)
    #expect(try CheckpointFile.read(sample.directory) == [5])
    #expect(!TemporaryFolder.names(in: sample.directory.path).contains { $0.hasSuffix(".new") })
  }

  @Test func `a link planted beside a file is removed, and what it leads to left alone`() throws {
    let sample = try LedgerSample()
    let victim = sample.folder.file("victim")
    TemporaryFolder.write(Array("mine".utf8), to: victim)
    symlink(victim, sample.directory.checkpointFile + ".new")
    try CheckpointFile.replace(sample.directory, with: [1]) { _ in true }
    #expect(TemporaryFolder.read(victim) == Array("mine".utf8))
    #expect(try CheckpointFile.read(sample.directory) == [1])
  }

  @Test func `a link or FIFO in place of a file is neither followed nor waited for`() throws {
    let sample = try LedgerSample()
    let path = sample.directory.checkpointFile
    symlink("/etc/passwd", path)
    var error = #expect(throws: DirectoryError.self) { try CheckpointFile.read(sample.directory) }
    #expect(error?.code == .unsafe)
    unlink(path)
    mkfifo(path, 0o600)
    error = #expect(throws: DirectoryError.self) { try CheckpointFile.read(sample.directory) }
    #expect(error?.code == .damaged)
  }

  @Test func `keys have 32 bytes`() throws {
    let sample = try LedgerSample()
    let path = sample.directory.logKeyFile
    #expect(try sample.directory.key(path).count == 32)
    for bytes in [[], [UInt8](repeating: 1, count: 31), [UInt8](repeating: 1, count: 33)] {
      TemporaryFolder.write(bytes, to: path)
      let error = #expect(throws: DirectoryError.self) { try sample.directory.key(path) }
      #expect(error?.code == .damaged)
    }
  }
}

@Suite struct NamespaceLockTests {
  private func lock(_ sample: LedgerSample, _ name: String) throws -> NamespaceLock {
    try NamespaceLock(sample.directory, namespace: name, attempts: 3)
  }

  @Test func `openers of one namespace share the ledger`() throws {
    let sample = try LedgerSample()
    let first = try lock(sample, "pid:[1]")
    let second = try lock(sample, "pid:[1]")
    let areHeld = (first.isHeld, second.isHeld)
    #expect(areHeld == (true, true))
    first.release()
    let third = try lock(sample, "pid:[1]")
    second.release()
    third.release()
  }

  @Test func `another namespace waits until the first one has left`() throws {
    let sample = try LedgerSample()
    let first = try lock(sample, "pid:[1]")
    let second = try lock(sample, "pid:[1]")
    first.release()
    let error = #expect(throws: DirectoryError.self) { _ = try lock(sample, "pid:[22]") }
    #expect(error?.code == .otherNamespace)
    #expect(error?.code.exitCode == 69)
    second.release()
    let other = try lock(sample, "pid:[22]")
    let late = #expect(throws: DirectoryError.self) { _ = try lock(sample, "pid:[1]") }
    #expect(late?.code == .otherNamespace)
    other.release()
  }

  @Test func `somebody who keeps the lock alone makes it busy`() throws {
    let sample = try LedgerSample()
    let descriptor = open(sample.directory.namespaceFile, O_RDWR)
    defer { close(descriptor) }
    flock(descriptor, LOCK_EX)
    let error = #expect(throws: DirectoryError.self) { _ = try lock(sample, "pid:[1]") }
    #expect(error?.code == .busy)
  }

  @Test func `what a crash left in the file is overwritten by whoever comes alone`() throws {
    let sample = try LedgerSample()
    TemporaryFolder.write([0xFF, 0, 0x20], to: sample.directory.namespaceFile)
    let lock = try NamespaceLock(sample.directory)
    let isHeld = lock.isHeld
    #expect(isHeld)
    let line = try #require(TemporaryFolder.read(sample.directory.namespaceFile))
    #expect(line.starts(with: try NamespaceLock.current().utf8))
    #expect(line.count == 64)
    lock.release()
  }
}
