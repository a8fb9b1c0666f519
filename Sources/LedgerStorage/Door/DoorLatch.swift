// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerReading

/// The locks behind ``Door``: one writer of one process at a time, in the order of arrival, then
/// the turnstile and the door against other processes.
///
/// flock(2) belongs to the open file, which all threads of this process share; so a queue keeps
/// them apart, and at most one helper thread waits on their behalf.
///
/// `@unchecked`: everything mutable is touched with the monitor's mutex held; the descriptors are
/// never changed.
final class DoorLatch: @unchecked Sendable {
  enum Entry {
    case entered
    case late
    case failed(Int32)
  }

  private enum Helper: Equatable {
    case idle
    case waiting
    case acquired
    case failed(Int32)
  }

  private let turnstile: Descriptor
  private let door: Descriptor
  private let files: (turnstile: FileIdentity, door: FileIdentity)
  private let opener = getpid()
  private let monitor = Monitor()
  private var queue: [UInt64] = []
  private var nextTicket: UInt64 = 0
  private var isOccupied = false
  private var helper = Helper.idle
  /// Whether the one for whom the helper waits has given up.
  private var isGivenUp = false

  init(_ directory: LedgerDirectory) throws(DirectoryError) {
    turnstile = try DoorLatch.open(directory.turnstileFile)
    door = try DoorLatch.open(directory.doorFile)
    guard let first = turnstile.status(), let second = door.status() else {
      throw .system("open", directory.doorFile)
    }
    files = (FileIdentity(first), FileIdentity(second))
  }

  private static func open(_ path: String) throws(DirectoryError) -> Descriptor {
    do throws(DirectoryError) {
      return try Descriptor.open(path, O_RDWR | O_NONBLOCK, for: "open the door of the ledger")
    } catch {
      guard error.systemError == ENOENT else { throw error }
      throw DirectoryError(
        .damaged, "open the door of the ledger", path, "it is missing",
        whatNext: "stop every process that uses the ledger and restore the file from a backup",
        systemError: ENOENT)
    }
  }

  /// Waits until this thread alone holds the door, or `limit` has passed.
  func enter(within limit: Duration) -> Entry {
    let deadline = Monitor.deadline(after: limit)
    monitor.lock()
    defer { monitor.unlock() }
    guard waitForTurn(until: deadline) else { return .late }
    isOccupied = true
    var outcome = Entry.entered
    if helper != .idle || !tryNow(orWait: limit > .zero, &outcome) {
      // Either started just now, or still waiting for somebody who gave up: then it is ours.
      isGivenUp = false
      outcome = waitForHelper(until: deadline)
    }
    if case .entered = outcome { return outcome }
    isOccupied = false
    monitor.wakeAll()
    return outcome
  }

  /// Lets the next one in; in a forked child nothing, since the lock is the parent's too.
  func leave() {
    guard getpid() == opener else { return }
    // Unlocked, never only closed: a child between fork and exec may share the open file.
    _ = door.lock(LOCK_UN)
    monitor.lock()
    isOccupied = false
    monitor.wakeAll()
    monitor.unlock()
  }

  private func waitForTurn(until deadline: timespec) -> Bool {
    let ticket = nextTicket
    nextTicket += 1
    queue.append(ticket)
    while isOccupied || queue.first != ticket {
      if !monitor.wait(until: deadline), isOccupied || queue.first != ticket {
        queue.removeAll { $0 == ticket }
        monitor.wakeAll()
        return false
      }
    }
    queue.removeFirst()
    return true
  }

  /// Takes both locks if nobody has them. Otherwise starts the helper, or gives up, with `outcome`
  /// told; false when the helper waits now.
  private func tryNow(orWait mayWait: Bool, _ outcome: inout Entry) -> Bool {
    let hasTurnstile = turnstile.lock(LOCK_EX | LOCK_NB)
    if hasTurnstile {
      if door.lock(LOCK_EX | LOCK_NB) {
        _ = turnstile.lock(LOCK_UN)
        return true
      }
    }
    guard errno == EWOULDBLOCK, mayWait else {
      outcome = errno == EWOULDBLOCK ? .late : .failed(errno)
      if hasTurnstile { _ = turnstile.lock(LOCK_UN) }
      return true
    }
    helper = .waiting
    // The helper keeps the turnstile if it is ours already: our place in the queue.
    let error = HelperThread.start { [self] in waitForLocks(hasTurnstile: hasTurnstile) }
    guard error != 0 else { return false }
    helper = .idle
    if hasTurnstile { _ = turnstile.lock(LOCK_UN) }
    outcome = .failed(error)
    return true
  }

  private func waitForHelper(until deadline: timespec) -> Entry {
    while helper == .waiting {
      if !monitor.wait(until: deadline), helper == .waiting {
        isGivenUp = true
        return .late
      }
    }
    let result = helper
    helper = .idle
    if case .failed(let error) = result { return .failed(error) }
    return .entered
  }

  /// The helper's life: blocks for the turnstile, then for the door, and hands the door over, or
  /// lets go at once when nobody wants it any more.
  private func waitForLocks(hasTurnstile: Bool) {
    guard hasTurnstile || turnstile.lock(LOCK_EX) else { return finish(.failed(errno)) }
    monitor.lock()
    if isGivenUp {
      _ = turnstile.lock(LOCK_UN)
      helper = .idle
      monitor.unlock()
      return
    }
    monitor.unlock()
    let isHeld = door.lock(LOCK_EX)
    let error = errno
    _ = turnstile.lock(LOCK_UN)
    finish(isHeld ? .acquired : .failed(error))
  }

  private func finish(_ result: Helper) {
    monitor.lock()
    if isGivenUp {
      if result == .acquired { _ = door.lock(LOCK_UN) }
      helper = .idle
    } else {
      helper = result
      monitor.wakeAll()
    }
    monitor.unlock()
  }
}

extension DoorLatch {
  /// Whether the paths still lead to the open files.
  func isInPlace(_ directory: LedgerDirectory) -> Bool {
    statusOfLink(directory.turnstileFile).map(FileIdentity.init) == files.turnstile
      && statusOfLink(directory.doorFile).map(FileIdentity.init) == files.door
  }

  /// The mark as it is; nil with errno.
  func poisonState() -> PoisonState? { PoisonState.read(door) }

  /// Changes the mark in place and syncs it; false with errno.
  func writeMark(_ mark: [UInt8]) -> Bool {
    door.write(mark, at: DoorLayout.markOffset) && fdatasync(door.number) == 0
  }

  /// Leaves a note of who is inside, for the messages of those who wait. Best effort.
  func noteHolder(_ pid: Int32) {
    // Reading costs less than dirtying a page, and most often the last holder comes again.
    if let bytes = door.read(DoorLayout.holderLength, at: DoorLayout.holderOffset),
      DoorLayout.holder(in: bytes) == pid
    {
      return
    }
    _ = door.write(DoorLayout.holder(pid), at: DoorLayout.holderOffset)
  }

  /// Who went in last, if it still runs.
  func holder() -> (words: String, advice: String, isStopped: Bool)? {
    guard let bytes = door.read(DoorLayout.holderLength, at: DoorLayout.holderOffset),
      let pid = DoorLayout.holder(in: bytes),
      let status = try? DurableFile.read("/proc/\(pid)/stat", limit: 4096)
    else { return nil }
    // proc(5): `pid (name) state …`; the name may hold parentheses, so the last one counts.
    let text = String(decoding: status, as: UTF8.self)
    guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close
    else { return nil }
    let name = text[text.index(after: open)..<close]
    let state = text[text.index(after: close)...].first { $0 != " " }
    if state == "T" || state == "t" {
      return (
        "process \(pid) (\(name)), which is stopped",
        "Let it go on with 'kill -CONT \(pid)', or end it with 'kill -KILL \(pid)'.", true
      )
    }
    return ("process \(pid) (\(name))", "Try again when it has finished.", false)
  }
}
