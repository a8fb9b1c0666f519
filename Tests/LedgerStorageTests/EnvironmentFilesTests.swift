// SPDX-License-Identifier: Apache-2.0

import Glibc
import LMDB
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

/// A ledger whose generation is a real environment.
private struct OpenLedger {
  let folder = TemporaryFolder()
  let directory: LedgerDirectory
  let environment: Environment
  let files: EnvironmentFiles
  let door: Door

  init() throws {
    let creation = try LedgerCreation(at: folder.file("ledger"))
    directory = creation.directory
    var options = Environment.Options()
    options.createsFiles = true
    options.mapSizeBytes = 16 << 20
    environment = try Environment.open(
      directory: directory.generationDirectory(1), options: options)
    _ = try environment.openTables(["table"], create: true)
    let identity = try creation.finish(origin: "example.com/log", vkey: "v")
    files = try EnvironmentFiles(directory, identity)
    door = try Door(directory)
  }

  func enter() -> DirectoryError.Code? {
    code { () throws(DirectoryError) in
      try door.enter(within: .zero, guarding: files).leave()
    }
  }
}

@Suite struct EnvironmentFilesTests {
  @Test func `untouched files let a writer in`() throws {
    let ledger = try OpenLedger()
    for _ in 0..<3 { #expect(ledger.enter() == nil) }
  }

  @Test("a file that was deleted or replaced is noticed", arguments: ["data.mdb", "lock.mdb"])
  func deleted(name: String) throws {
    let ledger = try OpenLedger()
    let path = ledger.directory.generationDirectory(1) + "/" + name
    let bytes = try #require(copy(path))
    unlink(path)
    #expect(ledger.enter() == .moved)
    // The same bytes in another file are another file.
    TemporaryFolder.write(bytes, to: path)
    #expect(ledger.enter() == .moved)
  }

  @Test("a file that was cut is noticed", arguments: ["data.mdb", "lock.mdb"])
  func cut(name: String) throws {
    let ledger = try OpenLedger()
    let path = ledger.directory.generationDirectory(1) + "/" + name
    var status = stat()
    stat(path, &status)
    truncate(path, status.st_size - 1)
    #expect(ledger.enter() == .moved)
    // Grown back, so that closing LMDB does not touch a page that is gone.
    truncate(path, status.st_size)
  }

  @Test func `a data file cut to what it was at the start is noticed after it grew`() throws {
    let ledger = try OpenLedger()
    var status = stat()
    stat(ledger.directory.dataFile(1), &status)
    truncate(ledger.directory.dataFile(1), status.st_size + 4096)
    #expect(ledger.enter() == nil)
    truncate(ledger.directory.dataFile(1), status.st_size)
    #expect(ledger.enter() == .moved)
  }

  @Test func `an overwritten lock file is noticed`() throws {
    let ledger = try OpenLedger()
    let path = ledger.directory.lockFile(1)
    let bytes = try #require(copy(path))
    overwrite(path, [UInt8](repeating: 0xA5, count: 8))
    #expect(ledger.enter() == .moved)
    overwrite(path, Array(bytes.prefix(8)))
    #expect(ledger.enter() == nil)
  }

  @Test func `a lock file deleted while inside is noticed before the acknowledgement`() throws {
    let ledger = try OpenLedger()
    let pass = try ledger.door.enter(within: .zero, guarding: ledger.files)
    try pass.recheck()
    unlink(ledger.directory.lockFile(1))
    let after: DirectoryError.Code?
    do throws(DirectoryError) {
      try pass.recheck()
      after = nil
    } catch { after = error.code }
    #expect(after == .moved)
    pass.leave()
  }

  @Test func `another generation or ledger in the same place is noticed`() throws {
    let ledger = try OpenLedger()
    let identity = ledger.files.identity
    var next = identity
    next.generation = 2
    try next.write(ledger.directory)
    #expect(ledger.enter() == .moved)
    var stranger = identity
    stranger.id = String(repeating: "0", count: 32)
    try stranger.write(ledger.directory)
    #expect(ledger.enter() == .moved)
    try identity.write(ledger.directory)
    #expect(ledger.enter() == nil)
  }

  @Test func `files that nobody has open are refused`() throws {
    let sample = try LedgerSample()
    #expect(
      code { () throws(DirectoryError) in
        _ = try EnvironmentFiles(sample.directory, sample.identity)
      } == .moved)
  }

  /// A copy by a child, since closing the lock file here would drop LMDB's own locks.
  private func copy(_ path: String) -> [UInt8]? {
    let folder = TemporaryFolder()
    guard system("cp '\(path)' '\(folder.file("copy"))'") == 0 else { return nil }
    return TemporaryFolder.read(folder.file("copy"))
  }

  private func overwrite(_ path: String, _ bytes: [UInt8]) {
    let folder = TemporaryFolder()
    TemporaryFolder.write(bytes, to: folder.file("bytes"))
    _ = system("dd if='\(folder.file("bytes"))' of='\(path)' conv=notrunc status=none")
  }
}
