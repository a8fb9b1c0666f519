// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

@Suite struct GenerationSwapTests {
  @Test func `a committed generation is the ledger's, and the old one goes when asked`() throws {
    let sample = try LedgerSample()
    let door = try Door(sample.directory)
    let reader = open(sample.directory.dataFile(1), O_RDONLY)
    defer { close(reader) }
    let pass = try door.enter(within: .zero)
    let swap = try GenerationSwap(door, pass)
    #expect(TemporaryFolder.names(in: sample.directory.generationDirectory(2)) == [])
    TemporaryFolder.write(Array("better".utf8), to: sample.directory.dataFile(2))
    let identity = try swap.commit(pass)
    #expect(identity.generation == 2)
    #expect(identity.id == sample.identity.id)
    #expect(try LedgerIdentity.read(sample.directory) == identity)
    #expect(TemporaryFolder.names(in: sample.directory.databaseDirectory) == ["1", "2"])
    try GenerationSwap.removeOthers(door, pass)
    pass.leave()
    #expect(TemporaryFolder.names(in: sample.directory.databaseDirectory) == ["2"])
    try sample.directory.checkGeneration(2)
    var byte: UInt8 = 0
    #expect(read(reader, &byte, 1) == 1)
    #expect(byte == UInt8(ascii: "d"))
  }

  @Test func `a swap that is given up leaves the ledger as it was`() throws {
    let sample = try LedgerSample()
    let door = try Door(sample.directory)
    let pass = try door.enter(within: .zero)
    do {
      let swap = try GenerationSwap(door, pass)
      TemporaryFolder.write([1], to: sample.directory.dataFile(swap.generation))
    }
    #expect(TemporaryFolder.names(in: sample.directory.databaseDirectory) == ["1"])
    #expect(try LedgerIdentity.read(sample.directory) == sample.identity)
    pass.leave()
  }

  @Test func `an empty generation is not committed`() throws {
    let sample = try LedgerSample()
    let door = try Door(sample.directory)
    let pass = try door.enter(within: .zero)
    for bytes in [nil, []] as [[UInt8]?] {
      let swap = try GenerationSwap(door, pass)
      if let bytes { TemporaryFolder.write(bytes, to: sample.directory.dataFile(2)) }
      do throws(DirectoryError) {
        _ = try swap.commit(pass)
        Issue.record("committed an empty generation")
      } catch {}
      #expect(try LedgerIdentity.read(sample.directory) == sample.identity)
      #expect(TemporaryFolder.names(in: sample.directory.databaseDirectory) == ["1"])
    }
    pass.leave()
  }

  @Test func `what a crash left of a swap is removed by the next one`() async throws {
    let sample = try LedgerSample()
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = sample.directory.path as String] in
      let door = try Door(LedgerDirectory.open(path))
      let pass = try door.enter(within: .zero)
      let swap = try GenerationSwap(door, pass)
      TemporaryFolder.write([1, 2, 3], to: swap.path + "/data.mdb")
      kill(getpid(), SIGKILL)
      _ = consume swap
      pass.leave()
    }
    #expect(TemporaryFolder.names(in: sample.directory.databaseDirectory) == ["1", "2"])
    #expect(try LedgerIdentity.read(sample.directory) == sample.identity)
    let door = try Door(sample.directory)
    let pass = try door.enter(within: .zero)
    let swap = try GenerationSwap(door, pass)
    #expect(TemporaryFolder.names(in: sample.directory.generationDirectory(2)) == [])
    TemporaryFolder.write([4], to: sample.directory.dataFile(2))
    _ = try swap.commit(pass)
    pass.leave()
  }

  @Test func `a writer with the old generation open is told that it moved`() throws {
    let sample = try LedgerSample()
    let door = try Door(sample.directory)
    let paths: [String] = [sample.directory.dataFile(1), sample.directory.lockFile(1)]
    let descriptors = paths.map { open($0, O_RDWR) }
    defer { for descriptor in descriptors { close(descriptor) } }
    let files = try EnvironmentFiles(sample.directory, sample.identity)
    try door.enter(within: .zero, guarding: files).leave()
    let other = try Door(sample.directory)
    let pass = try other.enter(within: .zero)
    let swap = try GenerationSwap(other, pass)
    TemporaryFolder.write([1], to: sample.directory.dataFile(2))
    _ = try swap.commit(pass)
    pass.leave()
    #expect(
      code { () throws(DirectoryError) in
        _ = try door.enter(within: .zero, guarding: files)
      } == .moved)
  }
}
