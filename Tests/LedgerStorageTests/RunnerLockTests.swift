// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing

@testable import LedgerStorage

@Suite struct RunnerLockTests {
  let job = JobID("train-7k2pqx")!
  static let record = RunnerRecord(
    boot: "0a1b", guardProcess: .init(pid: 12, startTicks: 345),
    child: .init(pid: 13, startTicks: .max))

  @Test func `a runner's lock cannot be taken while it lives, and can afterwards`() throws {
    let sample = try LedgerSample()
    #expect(try RunnerLock.canBeTaken(sample.directory, job))
    let lock = try RunnerLock(sample.directory, job)
    #expect(try !RunnerLock.canBeTaken(sample.directory, job))
    #expect(
      code { () throws(DirectoryError) in _ = try RunnerLock(sample.directory, job) } == .busy)
    #expect(try !RunnerLock.canBeTaken(sample.directory, job))
    lock.release()
    #expect(try RunnerLock.canBeTaken(sample.directory, job))
    try RunnerLock(sample.directory, job).remove()
    #expect(TemporaryFolder.names(in: sample.directory.runnersDirectory) == [])
    #expect(try RunnerLock.canBeTaken(sample.directory, job))
  }

  @Test func `a runner that is killed can be found lost`() async throws {
    let sample = try LedgerSample()
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = sample.directory.path as String] in
      let lock = try RunnerLock(LedgerDirectory.open(path), JobID("train-7k2pqx")!)
      try lock.write(RunnerLockTests.record)
      kill(getpid(), SIGKILL)
      lock.release()
    }
    #expect(try RunnerLock.canBeTaken(sample.directory, job))
    #expect(try RunnerLock.record(sample.directory, job) == Self.record)
  }

  @Test func `what is written of the processes reads back, shorter after longer`() throws {
    let sample = try LedgerSample()
    #expect(try RunnerLock.record(sample.directory, job) == nil)
    let lock = try RunnerLock(sample.directory, job)
    #expect(try RunnerLock.record(sample.directory, job) == nil)
    for child in [RunnerRecord.Process(pid: 9, startTicks: 1), nil] {
      var record = Self.record
      record.child = child
      try lock.write(record)
      #expect(try RunnerLock.record(sample.directory, job) == record)
    }
    lock.release()
  }

  @Test func `a record cut or spoiled anywhere is none`() {
    let bytes = Self.record.encoded
    #expect(RunnerRecord(bytes) == Self.record)
    for count in 0..<bytes.count { #expect(RunnerRecord(Array(bytes.prefix(count))) == nil) }
    for text in [
      "runner 1\nboot \nguard 1 2\nend\n", "runner 1\nboot b\nguard 0 2\nend\n",
      "runner 1\nboot b\nguard -5 2\nend\n", "runner 2\nboot b\nguard 1 2\nend\n",
      "runner 1\nboot b\nguard 1 2\nchild x 2\nend\n", "runner 1\nboot b\nguard 1 2\nend\nend\n",
      "runner 1\nboot b\nguard 1 2 3\nend\n", "end\n", "\n", "runner 1\nend\n",
    ] { #expect(RunnerRecord(Array(text.utf8)) == nil, "\(text)") }
  }

  @Test func `a link in place of a lock file is refused and its target untouched`() throws {
    let sample = try LedgerSample()
    let victim = sample.folder.file("victim")
    TemporaryFolder.write(Array("mine".utf8), to: victim, mode: 0o644)
    symlink(victim, sample.directory.runnerFile(job))
    #expect(
      code { () throws(DirectoryError) in _ = try RunnerLock(sample.directory, job) } == .unsafe)
    #expect(
      code { () throws(DirectoryError) in
        _ = try RunnerLock.canBeTaken(sample.directory, job)
      } == .unsafe)
    var status = stat()
    stat(victim, &status)
    #expect(status.st_mode & 0o777 == 0o644)
    #expect(TemporaryFolder.read(victim) == Array("mine".utf8))
  }
}
