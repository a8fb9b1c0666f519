// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerReading
import LedgerTestSupport

@testable import LedgerStorage

/// A ledger's directory with stand-ins for the LMDB files.
struct LedgerSample {
  let folder = TemporaryFolder()
  let directory: LedgerDirectory
  let identity: LedgerIdentity

  init(_ sharing: LedgerSharing = .owner, at path: String? = nil) throws {
    let creation = try LedgerCreation(at: path ?? folder.file("ledger"), sharing: sharing)
    directory = creation.directory
    TemporaryFolder.write(Array("data".utf8), to: directory.dataFile(1))
    TemporaryFolder.write(Array("lockfile".utf8), to: directory.lockFile(1))
    identity = try creation.finish(origin: "example.com/log", vkey: "example.com/log+00000000+AA")
  }
}

/// Runs a body on threads of its own and waits for all of them.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let monitor = Monitor()
  let left = Left(count)
  for index in 0..<count {
    let error = HelperThread.start {
      body(index)
      monitor.lock()
      left.count -= 1
      monitor.wakeAll()
      monitor.unlock()
    }
    precondition(error == 0, "a test needs a thread")
  }
  monitor.lock()
  while left.count > 0 { _ = monitor.wait(until: Monitor.deadline(after: .seconds(600))) }
  monitor.unlock()
}

/// `@unchecked`: only touched under the monitor's lock.
private final class Left: @unchecked Sendable {
  var count: Int
  init(_ count: Int) { self.count = count }
}

/// The code of the error that a body throws, or nil.
func code(of body: () throws(DirectoryError) -> Void) -> DirectoryError.Code? {
  do throws(DirectoryError) {
    try body()
    return nil
  } catch { return error.code }
}

/// Adds one to a number in a file by reading and writing it: additions are lost when two overlap.
func addOne(to path: String) {
  let descriptor = open(path, O_RDWR)
  var number: UInt64 = 0
  pread(descriptor, &number, 8, 0)
  sched_yield()
  number += 1
  pwrite(descriptor, &number, 8, 0)
  fdatasync(descriptor)
  close(descriptor)
}

/// The number that ``addOne(to:)`` has counted to.
func count(in path: String) -> UInt64 {
  TemporaryFolder.read(path)?.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } ?? 0
}
