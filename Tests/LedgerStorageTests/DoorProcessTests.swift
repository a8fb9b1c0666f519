// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

/// The door between processes; each exit test is a process of its own.
@Suite struct DoorProcessTests {
  static let rounds = 15

  @Test func `three writers get in every time beside one that never pauses`() async throws {
    let sample = try LedgerSample()
    let path = sample.directory.path
    let counter = sample.folder.file("counter")
    TemporaryFolder.write(Array(repeating: 0, count: 8), to: counter)
    TemporaryFolder.write(Array(repeating: 0, count: 8), to: counter + "-flood")
    async let flood = #expect(processExitsWith: .success) {
      [path = path as String, counter = counter as String] in
      let door = try Door(LedgerDirectory.open(path))
      // Goes on until the three others are through.
      while (1...3).contains(where: { access("\(counter)-\($0)", F_OK) != 0 }) {
        let pass = try door.enter(within: .seconds(300))
        addOne(to: counter)
        addOne(to: counter + "-flood")
        pass.leave()
      }
    }
    async let first: Void = writer(1, path, counter)
    async let second: Void = writer(2, path, counter)
    async let third: Void = writer(3, path, counter)
    _ = await (flood, first, second, third)
    let flooded = count(in: counter + "-flood")
    #expect(count(in: counter) == flooded + UInt64(3 * Self.rounds))
  }

  private func writer(_ number: Int, _ path: String, _ counter: String) async {
    await #expect(processExitsWith: .success) {
      [number = number as Int, path = path as String, counter = counter as String] in
      let door = try Door(LedgerDirectory.open(path))
      for _ in 0..<DoorProcessTests.rounds {
        let pass = try door.enter(within: .seconds(300))
        addOne(to: counter)
        pass.leave()
      }
      TemporaryFolder.write([], to: "\(counter)-\(number)")
    }
    // So that a writer that failed does not leave the flood running for ever.
    if access("\(counter)-\(number)", F_OK) != 0 {
      TemporaryFolder.write([], to: "\(counter)-\(number)")
    }
  }

  @Test func `a holder that is killed leaves the door open`() async throws {
    let sample = try LedgerSample()
    let path = sample.directory.path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let door = try Door(LedgerDirectory.open(path))
      let pass = try door.enter(within: .zero)
      kill(getpid(), SIGKILL)
      pass.leave()
    }
    try Door(sample.directory).enter(within: .zero).leave()
  }

  @Test func `a child that was forked inside does not hold or open the door`() async throws {
    let sample = try LedgerSample()
    let path = sample.directory.path
    await #expect(processExitsWith: .success) { [path = path as String] in
      let door = try Door(LedgerDirectory.open(path))
      let pass = try door.enter(within: .zero)
      // A program that is executed has none of the ledger's files open.
      let listing = "\(path)/listing"
      let status = system("ls -l /proc/self/fd > '\(listing)'")
      let text = String(decoding: TemporaryFolder.read(listing) ?? [], as: UTF8.self)
      guard status == 0, !text.contains("/door"), !text.contains("/turnstile") else { exit(1) }
      // It is still held here.
      guard
        code(of: { () throws(DirectoryError) in
          _ = try Door(LedgerDirectory.open(path)).enter(within: .zero)
        }) == .busy
      else { exit(2) }
      pass.leave()
      try Door(LedgerDirectory.open(path)).enter(within: .zero).leave()
    }
  }

  @Test func `a stopped holder is named, and makes others busy instead of hanging them`()
    async throws
  {
    let sample = try LedgerSample()
    let path = sample.directory.path
    let note = sample.folder.file("pid")
    let parent = ParentThread { () -> (pid: Int32, error: DirectoryError?) in
      let pid = awaitPID(note)
      defer { kill(pid, SIGKILL) }
      // Until the kernel has really stopped it.
      while !(TemporaryFolder.read("/proc/\(pid)/stat").map {
        String(decoding: $0, as: UTF8.self).contains(") T ")
      } ?? true) { sched_yield() }
      do throws(DirectoryError) {
        _ = try Door(LedgerDirectory.open(path)).enter(within: .milliseconds(10))
        return (pid, nil)
      } catch {
        return (pid, error)
      }
    }
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, note = note as String] in
      let door = try Door(LedgerDirectory.open(path))
      let pass = try door.enter(within: .zero)
      writePID(to: note)
      kill(getpid(), SIGSTOP)
      // Another thread may take the signal; this one waits to be stopped with the rest.
      while access(note, F_OK) == 0 { pause() }
      pass.leave()
    }
    let (pid, error) = try parent.join()
    let refused = try #require(error, "entered a door that is held")
    #expect(refused.code == .busy)
    #expect(refused.reason.contains("process \(pid) "))
    #expect(refused.whatNext.contains("kill -CONT \(pid)"))
    try Door(sample.directory).enter(within: .seconds(300)).leave()
  }
}
