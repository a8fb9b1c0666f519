// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerReading
import LedgerTestSupport
import Synchronization
import Testing

@testable import LedgerStorage

@Suite struct LedgerCreationTests {
  @Test func `a new ledger opens, with keys and identifiers of its own`() throws {
    let first = try LedgerSample()
    let second = try LedgerSample()
    #expect(try LedgerDirectory.open(first.directory.path) == first.directory)
    #expect(try LedgerIdentity.read(first.directory) == first.identity)
    #expect(first.identity.id != second.identity.id)
    let keys = try [first, second].flatMap {
      [
        try $0.directory.key($0.directory.logKeyFile),
        try $0.directory.key($0.directory.requestKeyFile),
      ]
    }
    #expect(Set(keys).count == 4)
    #expect(
      TemporaryFolder.names(in: first.directory.path) == [
        "blobs", "db", "deployments", "door", "keys", "ledger.json", "namespace", "runners",
        "turnstile",
      ])
  }

  @Test("modes do not depend on the umask", arguments: [0o000, 0o022, 0o777])
  func modes(mask: Int) async {
    await #expect(processExitsWith: .success) { [mask = mask as Int] in
      umask(mode_t(mask))
      for sharing in [LedgerSharing.owner, .group(getegid())] {
        let isShared = sharing != .owner
        let sample = try LedgerSample(sharing)
        try CheckpointFile.replace(sample.directory, with: [1]) { _ in true }
        let path = sample.directory.path
        func mode(_ part: String) -> mode_t {
          var status = stat()
          return lstat(path + part, &status) == 0 ? status.st_mode & 0o7777 : 0
        }
        for part in ["", "/db", "/db/1", "/keys", "/blobs", "/runners", "/deployments"] {
          guard mode(part) == (isShared ? 0o2770 : 0o700) else { exit(1) }
        }
        for part in [
          "/ledger.json", "/checkpoint", "/door", "/turnstile", "/namespace", "/db/1/data.mdb",
          "/db/1/lock.mdb",
        ] {
          guard mode(part) == (isShared ? 0o660 : 0o600) else { exit(2) }
        }
        for part in ["/keys/log", "/keys/request"] {
          guard mode(part) == (isShared ? 0o640 : 0o600) else { exit(3) }
        }
        guard try LedgerDirectory.open(path).sharing == sharing else { exit(4) }
      }
    }
  }

  @Test func `an empty directory is used, anything else is left alone`() throws {
    let folder = TemporaryFolder()
    mkdir(folder.file("empty"), 0o755)
    let sample = try LedgerSample(at: folder.file("empty"))
    #expect(try LedgerDirectory.open(sample.directory.path).sharing == .owner)

    mkdir(folder.file("full"), 0o755)
    TemporaryFolder.write(Array("mine".utf8), to: folder.file("full/file"))
    TemporaryFolder.write([], to: folder.file("file"))
    symlink(folder.file("elsewhere"), folder.file("dangling"))
    mkdir(folder.file("elsewhere"), 0o755)
    symlink(folder.file("elsewhere"), folder.file("link"))
    for name in ["full", "file", "link", "dangling", "missing/ledger", "empty"] {
      do throws(DirectoryError) {
        _ = try LedgerCreation(at: folder.file(name))
        Issue.record("made a ledger at \(name)")
      } catch {
        #expect(error.code == .cannotCreate, "\(name)")
        #expect(error.code.exitCode == 73)
      }
    }
    #expect(TemporaryFolder.names(in: folder.file("full")) == ["file"])
    #expect(TemporaryFolder.names(in: folder.file("elsewhere")) == [])
    #expect(try LedgerIdentity.read(sample.directory) == sample.identity)
  }

  @Test func `a creation that is given up leaves nothing behind`() throws {
    let folder = TemporaryFolder()
    mkdir(folder.file("empty"), 0o700)
    for name in ["new", "empty"] {
      let creation = try LedgerCreation(at: folder.file(name))
      #expect(access(creation.directory.doorFile, F_OK) == 0)
      TemporaryFolder.write([1], to: creation.directory.dataFile(1))
      _ = consume creation
    }
    #expect(TemporaryFolder.names(in: folder.path) == ["empty"])
    #expect(TemporaryFolder.names(in: folder.file("empty")) == [])
  }

  @Test func `a directory in which another begins to make a ledger is left alone`() throws {
    let folder = TemporaryFolder()
    let path = folder.file("ledger")
    mkdir(path, 0o700)
    let other = try Descriptor.open(path, O_RDONLY | O_DIRECTORY, for: "test")
    let isLocked = other.lock(LOCK_EX | LOCK_NB)
    #expect(isLocked)
    #expect(code { () throws(DirectoryError) in _ = try LedgerCreation(at: path) } == .cannotCreate)
    #expect(TemporaryFolder.names(in: folder.path) == ["ledger"])
    _ = consume other
    #expect(code { () throws(DirectoryError) in _ = try LedgerCreation(at: path) } == nil)
  }

  @Test func `of many who make a ledger at one place one does`() throws {
    let folder = TemporaryFolder()
    let codes = Mutex<[DirectoryError.Code?]>([])
    for round in 0..<20 {
      let path = folder.file("\(round)")
      if round % 2 == 0 { mkdir(path, 0o700) }
      codes.withLock { $0 = [] }
      onThreads(4) { _ in
        let result = code { () throws(DirectoryError) in
          let creation = try LedgerCreation(at: path)
          TemporaryFolder.write([1], to: creation.directory.dataFile(1))
          _ = try creation.finish(origin: "o", vkey: "v")
        }
        codes.withLock { $0.append(result) }
      }
      #expect(codes.withLock { $0.count { $0 == nil } } == 1)
      #expect(codes.withLock { $0.count { $0 == .cannotCreate } } == 3)
      #expect(access(path + "/keys/request", F_OK) == 0)
    }
  }

  @Test func `a creation that crashed is refused by every command, and by the next init`()
    async throws
  {
    let folder = TemporaryFolder()
    let path = folder.file("ledger")
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let creation = try LedgerCreation(at: path)
      kill(getpid(), SIGKILL)
      _ = consume creation
    }
    #expect(code { () throws(DirectoryError) in _ = try LedgerDirectory.open(path) } == .damaged)
    #expect(code { () throws(DirectoryError) in _ = try LedgerCreation(at: path) } == .cannotCreate)
  }

  @Test func `a ledger without a database is not finished`() throws {
    let folder = TemporaryFolder()
    let creation = try LedgerCreation(at: folder.file("ledger"))
    do throws(DirectoryError) {
      _ = try creation.finish(origin: "o", vkey: "v")
      Issue.record("finished without a database")
    } catch { #expect(error.code == .damaged) }
    #expect(TemporaryFolder.names(in: folder.path) == [])
  }
}
