// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

@Suite struct DoorTests {
  @Test func `threads that share a door are inside one at a time`() throws {
    let sample = try LedgerSample()
    let door = try Door(sample.directory)
    let counter = sample.folder.file("counter")
    TemporaryFolder.write(Array(repeating: 0, count: 8), to: counter)
    onThreads(6) { _ in
      for _ in 0..<50 {
        guard let pass = try? door.enter(within: .seconds(300)) else { continue }
        addOne(to: counter)
        pass.leave()
      }
    }
    #expect(count(in: counter) == 300)
  }

  @Test func `two doors of one process exclude each other`() throws {
    let sample = try LedgerSample()
    let doors = [try Door(sample.directory), try Door(sample.directory)]
    let counter = sample.folder.file("counter")
    TemporaryFolder.write(Array(repeating: 0, count: 8), to: counter)
    onThreads(6) { index in
      for _ in 0..<50 {
        guard let pass = try? doors[index % 2].enter(within: .seconds(300)) else { continue }
        addOne(to: counter)
        pass.leave()
      }
    }
    #expect(count(in: counter) == 300)
  }

  @Test func `a door that is held is busy, and says by whom`() throws {
    let sample = try LedgerSample()
    let first = try Door(sample.directory)
    let second = try Door(sample.directory)
    for limit in [Duration.zero, .milliseconds(20), .seconds(-1)] {
      let pass = try first.enter(within: .zero)
      for door in [first, second] {
        do throws(DirectoryError) {
          _ = try door.enter(within: limit)
          Issue.record("entered a door that is held")
        } catch {
          #expect(error.code == .busy)
          #expect(error.code.exitCode == 75)
          #expect(error.reason.contains("process \(getpid()) "))
        }
      }
      pass.leave()
      try second.enter(within: .seconds(300)).leave()
    }
  }

  @Test func `a helper that was given up lets go of both locks as soon as it has them`() throws {
    let sample = try LedgerSample()
    let first = try Door(sample.directory)
    let impatient = try Door(sample.directory)
    let third = try Door(sample.directory)
    for _ in 0..<20 {
      let pass = try first.enter(within: .seconds(300))
      #expect(
        code { () throws(DirectoryError) in _ = try impatient.enter(within: .milliseconds(1)) }
          == .busy)
      pass.leave()
      // If the helper kept the turnstile or the door, the others would never get in.
      try third.enter(within: .seconds(300)).leave()
      try first.enter(within: .seconds(300)).leave()
    }
    try impatient.enter(within: .seconds(300)).leave()
  }

  @Test func `who comes after one that gave up inherits its waiting helper`() throws {
    let sample = try LedgerSample()
    let first = try Door(sample.directory)
    let second = try Door(sample.directory)
    let pass = try first.enter(within: .seconds(300))
    for _ in 0..<50 {
      #expect(
        code { () throws(DirectoryError) in _ = try second.enter(within: .milliseconds(1)) }
          == .busy)
    }
    // One helper at most, however many gave up.
    let threads = TemporaryFolder.names(in: "/proc/self/task").count
    #expect(threads < 50)
    pass.leave()
    try second.enter(within: .seconds(300)).leave()
    try first.enter(within: .seconds(300)).leave()
  }

  @Test func `a door outlived by its helper lets go of everything`() throws {
    let sample = try LedgerSample()
    let first = try Door(sample.directory)
    let pass = try first.enter(within: .seconds(300))
    do {
      let gone = try Door(sample.directory)
      #expect(
        code { () throws(DirectoryError) in _ = try gone.enter(within: .milliseconds(1)) } == .busy)
    }
    pass.leave()
    try first.enter(within: .seconds(300)).leave()
  }

  @Test func `a pass that goes out of scope has left`() throws {
    let sample = try LedgerSample()
    let door = try Door(sample.directory)
    func enterAndForget() throws { _ = try door.enter(within: .zero) }
    try enterAndForget()
    try enterAndForget()
    try Door(sample.directory).enter(within: .zero).leave()
  }

  @Test("a turnstile or door that was replaced is noticed", arguments: ["turnstile", "door"])
  func replacedDoor(name: String) throws {
    let sample = try LedgerSample()
    let door = try Door(sample.directory)
    let path = "\(sample.directory.path)/\(name)"
    let bytes = try #require(TemporaryFolder.read(path))
    unlink(path)
    #expect(code { () throws(DirectoryError) in _ = try door.enter(within: .zero) } == .moved)
    // A file in its place is made before the first is freed, so that it has another inode.
    TemporaryFolder.write(bytes, to: path)
    #expect(code { () throws(DirectoryError) in _ = try door.enter(within: .zero) } == .moved)
    try Door(sample.directory).enter(within: .zero).leave()
  }

  @Test func `a missing door is damage`() throws {
    let sample = try LedgerSample()
    unlink(sample.directory.doorFile)
    #expect(code { () throws(DirectoryError) in _ = try Door(sample.directory) } == .damaged)
  }

  @Test func `the identity inside is the one on disk, even when it changed`() throws {
    let sample = try LedgerSample()
    let door = try Door(sample.directory)
    var identity = sample.identity
    for generation in 2...5 as ClosedRange<UInt64> {
      identity.generation = generation
      try identity.write(sample.directory)
      let pass = try door.enter(within: .zero)
      let found = pass.identity
      #expect(found == identity)
      pass.leave()
    }
    TemporaryFolder.write([], to: sample.directory.identityFile)
    #expect(code { () throws(DirectoryError) in _ = try door.enter(within: .zero) } == .damaged)
  }
}

@Suite struct SpaceCheckTests {
  @Test func `a batch needs four times its size, and 64 MiB at least`() {
    #expect(SpaceCheck.need(batchBytes: 0) == 64 << 20)
    #expect(SpaceCheck.need(batchBytes: 16 << 20) == 64 << 20)
    #expect(SpaceCheck.need(batchBytes: (16 << 20) + 1) == (64 << 20) + 4)
    #expect(SpaceCheck.need(batchBytes: .max) == .max)
  }

  @Test func `too little space is refused, enough is not`() throws {
    let sample = try LedgerSample()
    try SpaceCheck.check(100, free: 100, sample.directory)
    #expect(
      code { () throws(DirectoryError) in try SpaceCheck.check(100, free: 99, sample.directory) }
        == .noSpace)
    #expect(
      code { () throws(DirectoryError) in
        try SpaceCheck.require(batchBytes: .max, in: sample.directory)
      } == .noSpace)
  }
}
