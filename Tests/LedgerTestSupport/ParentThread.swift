// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// What a test does about the child of an exit test, on a thread of its own.
///
/// An exit test holds one of the few threads that tests share until its child ends. Where the child
/// waits to be ended, whoever ends it must not need one of them: two such tests would wait for ever.
public final class ParentThread<Success: Sendable>: Sendable {
  private let outcome = Mutex<Result<Success, any Error>?>(nil)
  private let body: @Sendable () throws -> Success
  private let thread = Mutex<pthread_t>(0)

  /// Starts at once.
  public init(_ body: @escaping @Sendable () throws -> Success) {
    self.body = body
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { box in
        guard let box else { return nil }
        Unmanaged<AnyRunning>.fromOpaque(box).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(AnyRunning { self.run() }).toOpaque())
    precondition(code == 0, "no thread can be made")
    self.thread.withLock { [thread] in $0 = thread }
  }

  /// Waits for its end; what it threw is thrown here.
  public func join() throws -> Success {
    pthread_join(thread.withLock { $0 }, nil)
    guard let outcome = outcome.withLock({ $0 }) else { preconditionFailure("it has not run") }
    return try outcome.get()
  }

  private func run() {
    let result = Result { try body() }
    outcome.withLock { $0 = result }
  }
}

private final class AnyRunning {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

/// Leaves the number of this process in a file, whole from its first moment.
public func writePID(to file: String) {
  TemporaryFolder.write(Array("\(getpid())".utf8), to: file + ".new")
  rename(file + ".new", file)
}

/// Waits for the number that a child leaves in a file.
public func awaitPID(_ file: String) -> Int32 {
  while access(file, F_OK) != 0 { sched_yield() }
  let words = String(decoding: TemporaryFolder.read(file) ?? [], as: UTF8.self)
  guard let pid = Int32(words), pid > 1 else { preconditionFailure("\(file) holds no number") }
  return pid
}
