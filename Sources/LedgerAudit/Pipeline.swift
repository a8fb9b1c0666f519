// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Work on two threads: a helper makes batches, the caller uses them in order.
///
/// At most a few batches wait, so memory is bounded by the size of a batch.
enum Pipeline {
  /// How many finished batches may wait.
  static let depth = 4

  /// Runs `produce` on a thread of its own and `consume` here, batch by batch.
  ///
  /// `produce` hands over batches until `emit` answers no, which it does once `consume` has
  /// thrown. What either throws is thrown here, `consume`'s first; the helper has ended by then.
  static func run<Batch: Sendable>(
    produce: @escaping @Sendable (_ emit: (Batch) -> Bool) throws -> Void,
    consume: (Batch) throws -> Void
  ) throws {
    let channel = Channel<Batch>()
    let work = ThreadWork {
      do {
        try produce { channel.put($0) }
        channel.end(nil)
      } catch {
        channel.end(error)
      }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(work)
    let status = pthread_create(
      &thread, nil,
      { argument in
        let work = Unmanaged<ThreadWork>.fromOpaque(argument!).takeRetainedValue()
        clinux_block_signals()
        work.body()
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      box.release()
      throw PipelineFailure(systemError: status)
    }
    defer { pthread_join(thread, nil) }
    do {
      while let batch = try channel.take() { try consume(batch) }
    } catch {
      channel.stop()
      throw error
    }
  }
}

/// The system gave no thread.
struct PipelineFailure: Error, Equatable {
  var systemError: Int32
}

private final class ThreadWork {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A queue between two threads with room for a few batches.
///
/// `@unchecked`: every member but the two constant pointers is touched under the mutex alone.
private final class Channel<Batch: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var waiting: [Batch] = []
  private var isStopped = false
  private var isEnded = false
  private var failure: (any Error)?

  init() {
    precondition(
      pthread_mutex_init(mutex, nil) == 0 && pthread_cond_init(condition, nil) == 0,
      "a mutex and a condition need nothing but memory")
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Waits for room and leaves a batch; false when nobody wants more.
  func put(_ batch: Batch) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while waiting.count >= Pipeline.depth, !isStopped { pthread_cond_wait(condition, mutex) }
    if isStopped { return false }
    waiting.append(batch)
    pthread_cond_broadcast(condition)
    return true
  }

  func end(_ error: (any Error)?) {
    pthread_mutex_lock(mutex)
    isEnded = true
    failure = error
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Waits for a batch; nil after the last one. Throws what ended the making of them.
  func take() throws -> Batch? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while waiting.isEmpty, !isEnded { pthread_cond_wait(condition, mutex) }
    if waiting.isEmpty {
      if let failure { throw failure }
      return nil
    }
    let batch = waiting.removeFirst()
    pthread_cond_broadcast(condition)
    return batch
  }

  func stop() {
    pthread_mutex_lock(mutex)
    isStopped = true
    waiting = []
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }
}
